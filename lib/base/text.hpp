#pragma once

#include <string>
#include <string_view>

namespace vkseg {

/// `text` from a file as a message may show it: control characters and bytes that are not UTF-8 become \xNN, and what
/// is longer than `max_length` bytes is cut.
std::string printable(std::string_view text, size_t max_length = 200);

} // namespace vkseg
