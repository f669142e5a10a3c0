struct Here : Transport {
  Outflow outflow_;
  std::string queue_;
};
