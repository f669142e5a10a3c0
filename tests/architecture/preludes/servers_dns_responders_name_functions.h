extern std::shared_ptr<NameFunctions> answers;
Deferred<std::string> ask(Name name);
