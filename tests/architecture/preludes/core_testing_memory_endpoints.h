struct Asker : Protocol {
  void dataReceived(std::string_view data) override;
};
