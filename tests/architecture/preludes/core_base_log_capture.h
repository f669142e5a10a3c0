struct Server {
  void refuse(const Address& peer);
};
extern Server server;
extern Address peer;
