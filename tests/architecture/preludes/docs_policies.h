struct Room {};
struct Chatter : rw::Protocol {
  void dataReceived(std::string_view data) override;
  explicit Chatter(Room& room);
};
extern Room room;
