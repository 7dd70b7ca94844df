#pragma once

namespace vkseg::vk {

/// Opens a shared library by its name or path (UTF-8) and finds a function in it; null if either is missing. The
/// library is never closed: drivers leave threads and exit handlers, whose code must stay loaded.
void (*find_in_library(const char* library, const char* function))();

/// False in programs that are statically linked to a C library that opens no libraries then, such as musl.
bool can_open_libraries();

} // namespace vkseg::vk
