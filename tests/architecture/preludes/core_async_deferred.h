extern Deferred<std::string> d;
