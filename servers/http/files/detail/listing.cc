// Names read and sorted, sizes and dates looked up only where they are shown; HTML and JSON.
#include "listing.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <system_error>
#include <vector>

#include "ropewalk/core/base/text.h"
#include "ropewalk/core/base/timestamp.h"
#include "ropewalk/protocols/http/field_values.h"
#include "ropewalk/protocols/http/uri.h"
#include "ropewalk/servers/http/request.h"

namespace ropewalk::http {

namespace {

// A page that a browser can still show; how many more there are is said.
constexpr std::size_t kMostEntries = 10'000;
constexpr std::size_t kMostLookedAt = 100'000;  // for their sizes and dates: about 0.1 s

struct Entry {
  std::string name;
  bool directory = false;
  std::uint64_t size = 0;
  std::int64_t modified = 0;
};

constexpr std::string_view kHead =
    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width\">\n";
constexpr std::string_view kStyle =
    "<style>\n"
    ":root { color-scheme: light dark; --line: #8884; --dim: #777; --link: #0b57d0; }\n"
    "@media (prefers-color-scheme: dark) { :root { --dim: #999; --link: #8ab4f8; } }\n"
    "body { font: 15px/1.5 system-ui, sans-serif; margin: 2em auto; max-width: 60em; padding: 0 "
    "1em; }\n"
    "h1 { font-size: 1.25em; font-weight: 600; overflow-wrap: anywhere; }\n"
    "table { border-collapse: collapse; width: 100%; }\n"
    "th { text-align: left; font-weight: 500; color: var(--dim); }\n"
    "td, th { padding: .3em .5em; border-bottom: 1px solid var(--line); }\n"
    "td:first-child { overflow-wrap: anywhere; }\n"
    ".size, .date { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; "
    "color: var(--dim); }\n"
    "a { color: var(--link); text-decoration: none; } a:hover { text-decoration: underline; }\n"
    "p { color: var(--dim); }\n"
    "@media (max-width: 32em) { .date { display: none; } }\n"
    "</style>\n";

/// Looks at what has entry.name. @return false when it is not to be shown
bool look(int directory, Symlinks symlinks, Entry& entry) {
  struct stat status {};
  if (fstatat(directory, entry.name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) return false;
  if (S_ISLNK(status.st_mode)) {  // what it would lead to, if anywhere
    const OpenedFile target = openBeneath(directory, entry.name, symlinks);
    if (!target.fd || fstat(target.fd.get(), &status) != 0) return false;
  }
  if (!S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode)) return false;
  entry.directory = S_ISDIR(status.st_mode);
  entry.size = static_cast<std::uint64_t>(status.st_size);
  entry.modified = status.st_mtim.tv_sec;
  return true;
}

/// All names that may be shown. Nothing is looked up that the names do not need: with a hundred
/// thousand of them that counts.
std::vector<Entry> read(const UniqueFd& directory, const ListingOptions& options) {
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(
      fdopendir(::fcntl(directory.get(), F_DUPFD_CLOEXEC, 0)), closedir);
  if (!stream) throw std::system_error(errno, std::generic_category(), "cannot list a directory");
  std::vector<Entry> entries;
  while (const dirent* item = readdir(stream.get())) {
    Entry entry{.name = item->d_name, .directory = item->d_type == DT_DIR};
    if (entry.name == "." || entry.name == "..") continue;
    if (entry.name.starts_with('.') && !options.dotfiles) continue;
    const bool known = item->d_type == DT_DIR || item->d_type == DT_REG;
    if (!known && !look(directory.get(), options.symlinks, entry)) continue;
    entries.push_back(std::move(entry));
  }
  return entries;
}

bool byName(const Entry& a, const Entry& b) {
  if (a.directory != b.directory) return a.directory;
  const auto less = [](char x, char y) { return lowerCase(x) < lowerCase(y); };
  const bool before = std::lexicographical_compare(a.name.begin(), a.name.end(), b.name.begin(),
                                                   b.name.end(), less);
  const bool after = std::lexicographical_compare(b.name.begin(), b.name.end(), a.name.begin(),
                                                  a.name.end(), less);
  return before || (!after && a.name < b.name);
}

bool bySize(const Entry& a, const Entry& b) {
  return a.size != b.size ? a.size > b.size : byName(a, b);
}

bool byDate(const Entry& a, const Entry& b) {
  return a.modified != b.modified ? a.modified > b.modified : byName(a, b);
}

/// The first kMostEntries, in order.
void sortAndCut(std::vector<Entry>& entries, std::string_view by) {
  const auto order = by == "size" ? bySize : by == "date" ? byDate : byName;
  const std::size_t shown = std::min(entries.size(), kMostEntries);
  const auto end = entries.begin() + static_cast<std::ptrdiff_t>(shown);
  std::partial_sort(entries.begin(), end, entries.end(), order);
  entries.erase(end, entries.end());
}

std::string dateText(std::int64_t modified) {
  std::string text = toTextUTC(Timestamp::fromUnix(std::chrono::seconds(modified)));
  text.resize(std::min<std::size_t>(text.size(), 16));  // 2026-11-20T10:11
  std::replace(text.begin(), text.end(), 'T', ' ');
  return text;
}

void appendRow(std::string& page, const Entry& entry) {
  const std::string_view slash = entry.directory ? "/" : "";
  page.append("<tr><td><a href=\"./").append(percentEncode(entry.name)).append(slash).append("\">");
  page.append(htmlEscape(entry.name)).append(slash).append("</a></td><td class=\"size\">");
  page.append(entry.directory ? "-" : humanBytes(entry.size)).append("</td><td class=\"date\">");
  page.append(dateText(entry.modified)).append("</td></tr>\n");
}

Response jsonListing(const std::vector<Entry>& entries) {
  JsonValue list = JsonValue::emptyArray();
  for (const Entry& entry : entries) {
    list.push({{"name", entry.name},
               {"type", entry.directory ? "directory" : "file"},
               {"size", entry.size},
               {"modified", entry.modified}});
  }
  return json(list);
}

Response htmlListing(Request& request, const std::vector<Entry>& entries, std::size_t all) {
  const std::string path =
      htmlEscape(percentDecode(request.path()).value_or(std::string(request.path())));
  std::string page;
  page.reserve(2048 + entries.size() * 160);
  page.append(kHead).append("<title>Index of ").append(path).append("</title>\n").append(kStyle);
  page.append("</head>\n<body>\n<h1>Index of ").append(path).append("</h1>\n<table>\n");
  page.append(
      "<tr><th><a href=\"?\">Name</a></th><th class=\"size\"><a href=\"?sort=size\">Size</a></th>"
      "<th class=\"date\"><a href=\"?sort=date\">Modified (UTC)</a></th></tr>\n");
  if (request.path() != "/")
    page.append("<tr><td><a href=\"../\">../</a></td><td></td><td></td></tr>\n");
  for (const Entry& entry : entries) appendRow(page, entry);
  page.append("</table>\n");
  if (entries.empty()) page.append("<p>This directory is empty.</p>\n");
  if (all > kMostEntries)
    page.append(format("<p>The first {} of {} are shown.</p>\n", kMostEntries, all));
  page.append("</body>\n</html>\n");
  return Response().html(std::move(page));
}

}  // namespace

Response listDirectory(Request& request, UniqueFd directory, const ListingOptions& options) {
  const auto lookAtAll = [&](std::vector<Entry>& some) {
    std::erase_if(some,
                  [&](Entry& entry) { return !look(directory.get(), options.symlinks, entry); });
  };
  std::vector<Entry> entries = read(directory, options);
  const std::size_t all = entries.size();
  // The loop waits: of very many, the names alone must do.
  const std::string by(all <= kMostLookedAt ? request.arg("sort").value_or("") : "");
  const bool whole = by == "size" || by == "date";
  if (whole) lookAtAll(entries);
  sortAndCut(entries, by);
  if (!whole) lookAtAll(entries);
  const bool wantsJson = prefers(request.headers(), "application/json", "text/html");
  Response response = wantsJson ? jsonListing(entries) : htmlListing(request, entries, all);
  if (wantsJson) response.header("X-Total-Count", format("{}", all));
  response.header("X-Content-Type-Options", "nosniff");
  response.header("Content-Security-Policy",
                  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'");
  return std::move(response.header("Vary", "Accept"));
}

}  // namespace ropewalk::http
