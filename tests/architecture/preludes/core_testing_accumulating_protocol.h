extern AccumulatingProtocol peer;
