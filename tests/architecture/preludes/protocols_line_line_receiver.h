struct Here : LineReceiver {
  std::size_t missing_;
  std::string body_;
};
std::size_t parseLength(std::string_view line);
