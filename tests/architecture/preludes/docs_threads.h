int countPrimes(int below);
struct Journal {
  void append(std::string line);
  std::size_t size();
};
extern std::shared_ptr<Journal> journal;
