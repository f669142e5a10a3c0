struct Here : LineReceiver {
  Context context_;
};
