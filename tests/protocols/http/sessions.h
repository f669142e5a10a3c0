// Connections without a network, for tests and fuzzers: they take bytes in pieces and write down
// what a codec made of them.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ropewalk/protocols/http/body_decoder.h"
#include "ropewalk/protocols/http/request_parser.h"
#include "ropewalk/protocols/http/response_parser.h"

namespace ropewalk::http::testing {

/// Keeps what a codec did not consume and shows it again with more behind it, as a connection does.
/// Each time in a block of exactly its size, so that AddressSanitizer sees a read one byte past it.
class Unconsumed {
 public:
  std::string_view with(std::string_view more) {
    const std::size_t size = size_ + more.size();
    auto block = std::make_unique<char[]>(size);
    if (size_ > 0) std::memcpy(block.get(), bytes_.get() + at_, size_);
    if (!more.empty()) std::memcpy(block.get() + size_, more.data(), more.size());
    bytes_ = std::move(block);
    at_ = 0;
    size_ = size;
    return {bytes_.get(), size_};
  }
  void consume(std::size_t count) {
    at_ += count;
    size_ -= count;
  }
  std::string_view rest() const { return {bytes_.get() + at_, size_}; }

 private:
  std::unique_ptr<char[]> bytes_;
  std::size_t at_ = 0;
  std::size_t size_ = 0;
};

inline void describe(std::string& out, const FieldLines& fields) {
  for (const FieldLine& line : fields)
    out.append("  ").append(line.name).append("=").append(line.value).append("\n");
}

/// Writes down the pieces of a body as one: how they are cut is not an event.
class BodyTranscript {
 public:
  enum class Outcome { more, ended, broken };

  Outcome run(BodyDecoder& decoder, HeadStorage& storage, Unconsumed& bytes, std::string& out) {
    while (true) {
      const auto step = decoder.decode(bytes.rest(), storage);
      switch (step.kind) {
        case BodyDecoder::Step::Kind::data:
          body_.append(step.data);
          break;
        case BodyDecoder::Step::Kind::done:
          return finish(step, bytes, out), Outcome::ended;
        case BodyDecoder::Step::Kind::needMore:
          bytes.consume(step.consumed);
          return Outcome::more;
        case BodyDecoder::Step::Kind::error:
          flush(out);
          out.append("error ")
              .append(std::to_string(step.status))
              .append(" ")
              .append(step.reason)
              .append("\n");
          return Outcome::broken;
      }
      bytes.consume(step.consumed);
    }
  }
  void flush(std::string& out) {
    if (!body_.empty()) out.append("body ").append(body_).append("\n");
    body_.clear();
  }

 private:
  void finish(const BodyDecoder::Step& step, Unconsumed& bytes, std::string& out) {
    flush(out);
    if (!step.trailers.empty()) out.append("trailers\n");
    describe(out, step.trailers);
    out.append("end\n");
    bytes.consume(step.consumed);
  }

  std::string body_;
};

/// The server's side of a connection.
class RequestSession {
 public:
  explicit RequestSession(const Limits& limits = {}) : storage_(limits) {}

  void feed(std::string_view piece) {
    if (failed_) return;
    bytes_.with(piece);
    while (inBody_ ? readBody() : readHead()) {
    }
  }
  /// What came of the bytes so far, one event a line.
  std::string transcript() {
    body_.flush(out_);
    return out_;
  }
  bool failed() const { return failed_; }

 private:
  bool readHead() {
    const auto step = parser_.parse(bytes_.rest(), storage_);
    if (step.kind == RequestParser::Step::Kind::error) {
      out_.append("error ")
          .append(std::to_string(step.status))
          .append(" ")
          .append(step.reason)
          .append("\n");
      failed_ = true;
      return false;
    }
    if (step.kind == RequestParser::Step::Kind::needMore)
      return bytes_.consume(step.consumed), false;
    describeHead(*step.head);
    decoder_ = BodyDecoder(*step.head);
    inBody_ = true;
    bytes_.consume(step.consumed);
    return true;
  }
  bool readBody() {
    const auto outcome = body_.run(decoder_, storage_, bytes_, out_);
    inBody_ = outcome != BodyTranscript::Outcome::ended;
    failed_ = outcome == BodyTranscript::Outcome::broken;
    return !inBody_;
  }
  void describeHead(const RequestHead& head) {
    out_.append(head.methodText).append(" ").append(head.target);
    out_.append(head.version == Version::http10 ? " 1.0" : " 1.1");
    out_.append(" path=")
        .append(head.path)
        .append(" query=")
        .append(head.query)
        .append(" host=")
        .append(head.host);
    if (head.contentLength) out_.append(" length=").append(std::to_string(*head.contentLength));
    if (head.chunked) out_.append(" chunked");
    out_.append(head.keepAlive ? " keep" : " close");
    if (head.expectContinue) out_.append(" expect");
    if (!head.upgrade.empty()) out_.append(" upgrade=").append(head.upgrade);
    out_.append("\n");
    describe(out_, head.fields);
  }

  HeadStorage storage_;
  RequestParser parser_;
  BodyDecoder decoder_;
  BodyTranscript body_;
  Unconsumed bytes_;
  std::string out_;
  bool inBody_ = false;
  bool failed_ = false;
};

/// The client's side of a connection on which the same method was sent again and again.
class ResponseSession {
 public:
  explicit ResponseSession(Method method = Method::get, const Limits& limits = {})
      : method_(method), storage_(limits) {}

  void feed(std::string_view piece) {
    if (failed_) return;
    bytes_.with(piece);
    while (inBody_ ? readBody() : readHead()) {
    }
  }
  /// The server closed its side.
  void close() {
    body_.flush(out_);
    if (!inBody_ || failed_) return;
    const auto step = decoder_.finish();
    out_.append(step.kind == BodyDecoder::Step::Kind::done ? "end\n" : "truncated\n");
  }
  std::string transcript() {
    body_.flush(out_);
    return out_;
  }

 private:
  bool readHead() {
    const auto step = parser_.parse(bytes_.rest(), method_, storage_);
    if (step.kind == ResponseParser::Step::Kind::error) {
      out_.append("error ").append(step.reason).append("\n");
      failed_ = true;
      return false;
    }
    if (step.kind == ResponseParser::Step::Kind::needMore) return false;
    describeHead(*step.head);
    decoder_ = step.head->interim() ? BodyDecoder() : BodyDecoder(*step.head);
    inBody_ = true;
    bytes_.consume(step.consumed);
    return true;
  }
  bool readBody() {
    const auto outcome = body_.run(decoder_, storage_, bytes_, out_);
    inBody_ = outcome != BodyTranscript::Outcome::ended;
    failed_ = outcome == BodyTranscript::Outcome::broken;
    return !inBody_;
  }
  void describeHead(const ResponseHead& head) {
    out_.append(std::to_string(head.status)).append(" [").append(head.reason).append("]");
    if (head.contentLength) out_.append(" length=").append(std::to_string(*head.contentLength));
    constexpr std::string_view kFramings[] = {" none", " length", " chunked", " untilClose"};
    out_.append(kFramings[static_cast<std::size_t>(head.framing)]);
    out_.append(head.keepAlive ? " keep" : " close");
    if (!head.upgrade.empty()) out_.append(" upgrade=").append(head.upgrade);
    out_.append("\n");
    describe(out_, head.fields);
  }

  Method method_;
  HeadStorage storage_;
  ResponseParser parser_;
  BodyDecoder decoder_;
  BodyTranscript body_;
  Unconsumed bytes_;
  std::string out_;
  bool inBody_ = false;
  bool failed_ = false;
};

}  // namespace ropewalk::http::testing
