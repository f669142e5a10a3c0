void lineReceived(std::string_view line);
