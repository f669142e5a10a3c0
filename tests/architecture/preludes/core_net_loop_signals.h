struct Settings {
  void reload();
};
extern std::shared_ptr<Settings> site;
