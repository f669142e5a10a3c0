extern Deferred<Page> page;
void retryLater();
