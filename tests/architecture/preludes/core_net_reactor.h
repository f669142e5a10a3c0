extern std::string host;
