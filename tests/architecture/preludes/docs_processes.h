extern std::string image;
