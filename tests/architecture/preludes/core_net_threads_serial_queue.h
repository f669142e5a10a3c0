struct JournalFile {
  void append(std::string line);
};
