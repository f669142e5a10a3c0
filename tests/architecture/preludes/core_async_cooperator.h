struct Lines {
  explicit Lines(const std::string& file);
  bool next();
  std::string_view current() const;
};
extern std::string file;
void index(std::string_view line);
