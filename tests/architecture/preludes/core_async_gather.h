using http::Page;
extern std::vector<Deferred<Page>> downloads;
