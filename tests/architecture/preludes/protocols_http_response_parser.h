extern ResponseParser parser;
extern HeadStorage storage;
extern BodyDecoder decoder;
