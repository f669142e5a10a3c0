void print(std::string_view name, std::string_view value);
