extern RequestParser parser;
extern HeadStorage storage;
void keep(std::string_view input);
void serve(const RequestHead& head);
void refuse(int status, std::string_view reason);
