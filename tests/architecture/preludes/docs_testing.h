struct Timestamp : rw::LineReceiver {
  void lineReceived(std::string_view line) override;
};
extern rw::LineReceiver& server;
extern rw::LineReceiver& client;
extern rw::testing::AccumulatingProtocol peer;
rw::Deferred<std::string> ask(rw::Clock& clock);
struct Echo : rw::Protocol {
  void dataReceived(std::string_view data) override;
};
struct Asker : rw::Protocol {
  void dataReceived(std::string_view data) override;
};
