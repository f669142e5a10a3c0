struct Server {
  void refuse(const rw::Address& peer);
};
extern Server server;
extern rw::Address peer;
extern std::string order;
extern int pence;
extern int warnings;
