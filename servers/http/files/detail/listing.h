// The page that shows what is in a directory.
#pragma once

#include "ropewalk/core/base/fd.h"
#include "ropewalk/core/files/beneath.h"
#include "ropewalk/servers/http/response.h"

namespace ropewalk::http {

class Request;

struct ListingOptions {
  bool dotfiles = false;  ///< shows names that begin with a dot, too
  Symlinks symlinks = Symlinks::beneath;
};

/// A page of names, sizes and dates, directories first; `?sort=size` and `?sort=date` sort
/// otherwise. For browsers in light and in dark, and for lynx: no script, no image. Names are
/// escaped. Where JSON is asked for (Accept: application/json), an array. The first 10,000 in that
/// order (by name where there are more than 100,000) are shown, and how many there are: on the
/// page, and in X-Total-Count of an array.
/// @param directory  opened for reading
[[nodiscard]] Response listDirectory(Request& request, UniqueFd directory,
                                     const ListingOptions& options);

}  // namespace ropewalk::http
