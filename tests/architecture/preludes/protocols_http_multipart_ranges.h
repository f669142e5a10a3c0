extern std::uint64_t size;
extern std::string out;
void write(std::string_view text);
void writeFile(int fd, std::uint64_t offset, std::uint64_t length);
