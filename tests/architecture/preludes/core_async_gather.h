using dns::lookupMailExchange;
using http::getPage;
using http::Page;
extern std::string name;
extern std::string primary;
extern std::string secondary;
extern std::vector<Deferred<Page>> downloads;
