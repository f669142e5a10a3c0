struct Here : rw::LineReceiver {};
