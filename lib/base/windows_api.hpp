#pragma once

// windows.h without its rarely used parts and without macros named min and max. To be included last, and only by
// sources that unity builds leave alone: it has many other macros.
#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#ifndef NOMINMAX
#define NOMINMAX
#endif
#include <windows.h>
