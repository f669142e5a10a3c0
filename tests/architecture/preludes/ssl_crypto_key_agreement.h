extern std::string theirs;
void send(std::string_view bytes);
