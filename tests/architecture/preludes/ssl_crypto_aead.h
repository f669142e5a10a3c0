extern std::string secret;
extern std::string nonce;
