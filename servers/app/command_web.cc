// ropewalk web: a directory as a web site.

#include <unistd.h>

#include <filesystem>
#include <iostream>

#include "commands.h"
#include "ropewalk/clients/app/command_line.h"
#include "ropewalk/clients/app/exit_code.h"
#include "ropewalk/clients/app/line_queue.h"
#include "ropewalk/core/base/errno_text.h"
#include "ropewalk/core/base/format.h"
#include "ropewalk/core/net/reactor.h"
#include "ropewalk/servers/http/http.h"
#include "ropewalk/ssl/development.h"
#include "ropewalk/ssl/tls.h"
#include "server_tls.h"
#include "serving.h"

namespace ropewalk::app {

namespace {

struct WebOptions {
  Serving serving;
  ServerTls tls;
  std::string directory = ".";
  std::string accessLog = "combined";
  std::string index;
  std::string symlinks = "beneath";
  http::FilesOptions files;
};

http::AccessLog accessLog(const std::string& format, const std::shared_ptr<LineQueue>& lines) {
  if (format == "combined")
    return [lines](const http::AccessEntry& entry) { lines->add(combinedLine(entry) + '\n'); };
  if (format == "json")
    return [lines](const http::AccessEntry& entry) { lines->add(jsonLine(entry) + '\n'); };
  return {};
}

/// Who serves a directory without an index gets 404 for it: a surprise, when one meant to show it.
void hintAtBrowse(const std::filesystem::path& directory, const http::FilesOptions& files) {
  if (files.browse || !files.fallback.empty()) return;
  std::error_code error;
  for (const std::string& index : files.index) {
    if (std::filesystem::exists(directory / index, error)) return;
  }
  const std::string first = files.index.empty() ? "index" : files.index.front();
  std::cerr << format("{} has no {}: add --browse to show what is in it\n", directory.string(),
                      first);
}

int serveSite(WebOptions& options, const std::shared_ptr<http::Site>& site,
              const std::string& what) {
  const std::optional<ssl::Context> context = options.tls.context({"http/1.1"});
  if (!context) return options.serving.run(site, what, "http");
  const auto fresh = keepFresh(*context);
  std::cerr << bannerOf(*context) << '\n';
  if (options.tls.development)
    std::cerr << format("clients trust it by {}\n", ssl::developmentCertificate().authority);
  return options.serving.run(ssl::wrap(*context, site), what, "https");
}

/// The directory by the name that it was given, from the root down: a link stays one, so that what
/// it leads to later (the next release) is what is served then.
std::filesystem::path directoryOf(const std::string& given) {
  std::error_code error;
  const auto real = std::filesystem::canonical(given, error);
  if (error || !std::filesystem::is_directory(real)) {
    throw CommandError(kConfiguration,
                       format("cannot serve '{}': {}", given,
                              error ? errnoText(error.value()) : "it is no directory"));
  }
  auto named = std::filesystem::absolute(given).lexically_normal();
  if (!named.has_filename() && named.has_relative_path()) named = named.parent_path();  // "dir/"
  // Behind a link ".." is not what it looks like.
  return std::filesystem::equivalent(named, real, error) ? named : real;
}

int serveWeb(WebOptions& options) {
  const std::filesystem::path directory = directoryOf(options.directory);
  if (!options.index.empty()) options.files.index = {options.index};
  if (options.symlinks == "never") options.files.symlinks = http::Symlinks::never;
  if (options.symlinks == "anywhere") options.files.symlinks = http::Symlinks::anywhere;
  http::SiteOptions siteOptions;
  const auto lines =
      std::make_shared<LineQueue>(reactor(), STDOUT_FILENO, "standard output", "access log");
  siteOptions.accessLog = accessLog(options.accessLog, lines);
  auto site = std::make_shared<http::Site>(std::move(siteOptions));
  site->files("/", directory.string(), options.files);
  hintAtBrowse(directory, options.files);
  const int status = serveSite(options, site, format("serving {}", directory.string()));
  lines->finish();
  return status == kOk && lines->failed() ? kFailed : status;
}

}  // namespace

UniqueFunction<int()> prepareWeb(CommandLine& /*line*/, CLI::App& parser) {
  const auto options = std::make_shared<WebOptions>();
  addExamples(parser,
              {"ropewalk web                        this directory, on http://127.0.0.1:8080/",
               "ropewalk web public --browse        with pages of names where there is no index",
               "ropewalk web dist --spa index.html --public -l :80",
               "ropewalk web --dev-cert             on https://127.0.0.1:8080/"});
  parser.add_option("DIR", options->directory, "The directory (.)");
  options->serving.addOptions(parser, ":8080");
  options->tls.addOptions(parser);
  parser.add_flag("--browse", options->files.browse,
                  "Show the names in directories without an index");
  parser.add_option("--index", options->index, "The index file (index.html, index.htm)")
      ->type_name("NAME");
  parser.add_option("--spa", options->files.fallback, "Served where nothing is found")
      ->type_name("NAME");
  parser
      .add_option("--cache-control", options->files.cacheControl, "Of that field: \"max-age=3600\"")
      ->type_name("TEXT");
  parser.add_flag("--dotfiles", options->files.dotfiles, "Serve names that begin with a dot");
  parser
      .add_option("--symlinks", options->symlinks,
                  "Follow those that stay beneath (default), never, anywhere")
      ->type_name("POLICY")
      ->check(oneOf({"beneath", "never", "anywhere"}));
  parser
      .add_option("--access-log", options->accessLog,
                  "combined (default), json or off; on standard output")
      ->type_name("FORMAT")
      ->check(oneOf({"combined", "json", "off"}));
  return [options] { return serveWeb(*options); };
}

}  // namespace ropewalk::app
