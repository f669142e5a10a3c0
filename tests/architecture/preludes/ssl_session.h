struct Here : Protocol {
  void greet(std::string_view name);
};
