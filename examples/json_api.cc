// A JSON API over a map in memory: list, read, write, delete.
//
//   curl -X PUT -d '{"text":"milk"}' http://127.0.0.1:8081/notes/1
//   curl http://127.0.0.1:8081/notes
//   curl http://127.0.0.1:8081/notes/1
//   curl -X DELETE http://127.0.0.1:8081/notes/1
#include <ropewalk/servers/http/http.h>

#include <cstdio>
#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>

namespace rw = ropewalk;
using rw::http::Request;
using rw::http::RequestError;
using rw::http::Response;

namespace {

std::map<std::string, std::string> notes;

std::string& noteOf(Request& r) {
  const auto found = notes.find(std::string(r.param("id")));
  if (found == notes.end()) throw RequestError(404, "no such note");
  return found->second;
}

/// The text of {"text": "..."}; anything else is the client's fault.
std::string textOf(const std::string& body) {
  const auto parsed = nlohmann::json::parse(body, nullptr, false);
  if (!parsed.is_object() || !parsed.contains("text") || !parsed["text"].is_string()) {
    throw RequestError(422, "send an object with a text: {\"text\": \"milk\"}");
  }
  return parsed["text"];
}

}  // namespace

int main(int argc, char** argv) {
  const auto port = static_cast<std::uint16_t>(argc > 1 ? std::atoi(argv[1]) : 8081);

  auto site = std::make_shared<rw::http::Site>();
  site->get("/notes", [](Request&) {
    auto list = rw::http::JsonValue::emptyArray();
    for (const auto& [id, text] : notes) list.push({{"id", id}, {"text", text}});
    return rw::http::json(list);
  });
  site->get("/notes/:id", [](Request& r) {
    return rw::http::json({{"id", r.param("id")}, {"text", noteOf(r)}});
  });
  site->put("/notes/:id", [](Request& r, std::string body) {
    const bool created = notes.insert_or_assign(std::string(r.param("id")), textOf(body)).second;
    return Response(created ? 201 : 200).json({{"id", r.param("id")}});
  });
  site->del("/notes/:id", [](Request& r) {
    noteOf(r);
    notes.erase(std::string(r.param("id")));
    return Response(204);
  });
  // Errors are JSON, too.
  site->errorPage([](Request& r, int status, std::string_view message) {
    return Response(status).json({{"status", status}, {"error", message}, {"request", r.id()}});
  });

  const auto listening = rw::reactor().listenTCP(port, site, {.interface = "127.0.0.1"});
  std::printf("listening on 127.0.0.1:%u\n", static_cast<unsigned>(listening.port()));
  std::fflush(stdout);
  rw::reactor().run({.installSignalHandlers = true});
}
