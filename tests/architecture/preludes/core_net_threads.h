struct Here : Protocol {};
extern std::string path;
std::string readWholeFile(const std::string& path);
