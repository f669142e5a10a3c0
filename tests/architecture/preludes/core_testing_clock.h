Deferred<std::string> ask(ropewalk::Clock& clock);
