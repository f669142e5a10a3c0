extern Resolver& resolver;
extern Question question;
extern std::map<std::string, std::shared_ptr<SharedResult<Message>>> underWay;
extern std::string key;
