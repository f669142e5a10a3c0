struct Echo : rw::Protocol {
  void dataReceived(std::string_view data) override;
};
struct Client : rw::Protocol {
  void dataReceived(std::string_view data) override;
};
