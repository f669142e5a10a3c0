extern std::size_t bytes;
