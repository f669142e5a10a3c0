extern std::shared_ptr<Resolver> hosts;
extern std::shared_ptr<Resolver> cache;
