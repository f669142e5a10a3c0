extern RequestHead head;
void show(std::string_view page);
