extern std::string_view buffered;
extern std::size_t limit;
void parse(std::string_view head);
