using http::getPage;
using http::Page;
struct Document {};
struct Id {
  static Id none();
};
Document parse(const Page& page);
Deferred<Id> store(Document document);
struct Here : LineReceiver {};
extern Deferred<std::string> d;
