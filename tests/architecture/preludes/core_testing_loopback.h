extern LineReceiver& server;
extern LineReceiver& client;
