extern ClientRequest request;
extern StreamHandle stream;
