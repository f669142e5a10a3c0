extern TransferReader reader;
extern std::string_view wire;
extern TransferReader::Sink sink;
