extern std::shared_ptr<Answers> answers;
Deferred<std::string> ask(Name name);
