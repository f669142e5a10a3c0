extern Deferred<Page> page;
