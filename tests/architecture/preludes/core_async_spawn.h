struct Here {
  Deferred<void> save();
};
