extern Answerer answerer;
