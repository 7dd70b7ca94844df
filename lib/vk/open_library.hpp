#pragma once

namespace vkseg::vk {

/// Opens a shared library by its name or path (UTF-8) and finds a function in it; null if either is missing. The
/// library is never closed: drivers leave threads and exit handlers, whose code must stay loaded.
void (*find_in_library(const char* library, const char* function))();

} // namespace vkseg::vk
