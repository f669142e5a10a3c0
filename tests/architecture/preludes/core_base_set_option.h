template <class Options>
Deferred<std::string> fetch(std::string url, Options options);
