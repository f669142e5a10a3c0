void load();
Deferred<void> save();
extern std::shared_ptr<Factory> echo;
