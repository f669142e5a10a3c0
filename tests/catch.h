// Catch2 for our tests: v2 (Debian 12) or v3, whichever is there.
#pragma once

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>  // IWYU pragma: export
using Catch::Approx;             // NOLINT(misc-unused-using-decls)
#else
#include <catch2/catch.hpp>  // IWYU pragma: export
#endif
