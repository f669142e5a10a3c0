std::string upperCase(std::string_view text);
