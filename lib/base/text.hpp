#pragma once

#include <string>
#include <string_view>

namespace vkseg {

/// Makes `text` from a file safe to show in a message: control characters and bytes that are not UTF-8 become \xNN, and
/// text longer than `max_length` bytes is cut.
std::string printable(std::string_view text, size_t max_length = 200);

/// "1 input", "2 inputs".
std::string counted(size_t count, std::string_view noun);

/// Message about a count of things, such as "expected at most 1 input, got 2"; empty if it is from `min` to `max`.
std::string wrong_count(size_t count, size_t min, size_t max, std::string_view noun);

} // namespace vkseg
