extern std::vector<Address> addresses;
Deferred<UniqueFd> connectTo(const Address& to);
