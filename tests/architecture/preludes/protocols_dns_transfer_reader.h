extern TransferReader reader;
extern std::string_view wire;
extern std::uint64_t now;
extern TransferReader::Sink sink;
