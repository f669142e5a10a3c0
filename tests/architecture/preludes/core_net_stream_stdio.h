struct Cat : Protocol {
  void dataReceived(std::string_view data) override;
};
