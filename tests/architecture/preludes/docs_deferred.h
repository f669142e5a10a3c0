struct Here {
  rw::Deferred<void> save();
};
