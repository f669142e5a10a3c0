struct Hash {
  void update(std::string_view piece);
};
extern Hash hash;
extern ClientResponse response;
