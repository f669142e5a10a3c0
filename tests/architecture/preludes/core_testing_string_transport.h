struct Timestamp : LineReceiver {
  void lineReceived(std::string_view line) override;
};
