extern std::string patch;
