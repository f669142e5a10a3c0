extern std::shared_ptr<ZoneHistory> history;
