extern ServerCookies cookies;
extern std::string_view client;
extern const Query& query;
