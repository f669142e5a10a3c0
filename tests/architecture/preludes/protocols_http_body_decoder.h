extern RequestHead head;
extern HeadStorage storage;
void bodyReceived(std::string_view piece);
