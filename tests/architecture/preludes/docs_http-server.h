extern rw::http::Request& r;
extern std::size_t size;
extern rw::SharedFd file;
extern std::uint64_t offset;
extern std::uint64_t length;
