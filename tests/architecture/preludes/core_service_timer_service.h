struct Cache {
  void expire();
};
extern Cache cache;
extern MultiService program;
