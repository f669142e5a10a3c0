extern Deferred<std::string> download;
void tryAgain();
