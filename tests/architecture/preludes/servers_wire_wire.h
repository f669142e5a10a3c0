extern std::map<std::string, std::string> plans;
