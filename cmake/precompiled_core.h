// What everything above core starts with, read once for our own build (see precompiled_std.h).
#pragma once

#include "precompiled_std.h"

#include "ropewalk/core/core.h"
