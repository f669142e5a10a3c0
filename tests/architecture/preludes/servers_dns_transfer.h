struct Here : NetstringReceiver {};
extern std::size_t limit;
extern std::shared_ptr<TransferOut> transfer;
