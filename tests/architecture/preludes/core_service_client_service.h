struct Feed : Protocol {
  void dataReceived(std::string_view data) override;
  Deferred<void> logIn();
};
