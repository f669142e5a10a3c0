extern Dispatcher dispatcher;
