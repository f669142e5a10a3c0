extern std::span<char> room;
extern std::uint16_t id;
extern std::string_view name;
extern std::string_view data;
void send(std::string_view message);
