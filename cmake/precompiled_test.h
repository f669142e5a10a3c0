// What every test starts with, read once for our own build (see precompiled_std.h). Catch2 v2 is the slowest of all.
#pragma once

#include "precompiled_std.h"

#include "../tests/catch.h"
#include "ropewalk/core/core.h"
