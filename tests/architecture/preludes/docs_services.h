struct Echo : rw::Protocol {
  void dataReceived(std::string_view data) override;
};
struct Feed : rw::Protocol {
  void dataReceived(std::string_view data) override;
  rw::Deferred<void> logIn();
};
struct Cache {
  void expire();
};
extern Cache cache;
