struct Here : LineReceiver {};
extern std::string_view line;
