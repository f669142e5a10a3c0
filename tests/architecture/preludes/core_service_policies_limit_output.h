extern std::shared_ptr<Factory> chat;
