void readTables();
