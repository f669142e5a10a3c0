extern std::string text;
