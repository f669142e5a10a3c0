extern std::vector<std::string> backEnds;
