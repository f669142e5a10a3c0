extern std::shared_ptr<Responder> inside;
extern std::shared_ptr<Responder> outside;
