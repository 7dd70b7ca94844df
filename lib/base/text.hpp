#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace vkseg {

/// Makes `text` from a file safe to show in a message: control characters and bytes that are not UTF-8 become \xNN, and
/// text longer than `max_length` bytes is cut.
std::string printable(std::string_view text, size_t max_length = 200);
std::string printable_path(const std::filesystem::path& path);

/// The path that UTF-8 text names, and the other way round, on every system; elsewhere than on Windows, paths are any
/// bytes, and stay as they are.
std::filesystem::path path_of(std::string_view text);
std::string text_of(const std::filesystem::path& path);

/// "1 input", "2 inputs".
std::string counted(size_t count, std::string_view noun);

/// Message about a count of things, such as "expected at most 1 input, got 2"; empty if it is from `min` to `max`.
std::string wrong_count(size_t count, size_t min, size_t max, std::string_view noun);

} // namespace vkseg
