extern TransferOut transfer;
void send(std::string_view message);
