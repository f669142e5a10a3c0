struct Pong : DatagramProtocol {};
