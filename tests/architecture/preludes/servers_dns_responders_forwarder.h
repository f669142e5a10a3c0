extern std::shared_ptr<Server> server;
