extern bool found;
