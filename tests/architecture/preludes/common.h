// What many examples use: one declaration a line, and an example sees those that it names (examples.py).
extern ropewalk::Reactor& reactor;
extern std::string url;
extern std::shared_ptr<ropewalk::http::Site> site;
extern std::shared_ptr<ropewalk::Factory> factory;
extern std::string_view input;
extern ropewalk::ssl::Context context;
extern ropewalk::http::Agent agent;
extern std::shared_ptr<ropewalk::dns::Authority> authority;
