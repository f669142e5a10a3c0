extern std::string hello;
