struct Echo : Protocol {
  void dataReceived(std::string_view data) override;
};
