#pragma once

#include "vkseg/status.hpp"

#include <cstddef>
#include <filesystem>
#include <initializer_list>
#include <span>

namespace vkseg {

/// Writes the parts one after the other to a temporary file beside `path` and renames it, so that no reader ever sees
/// half a file. Creates the folder if needed.
Status write_file(const std::filesystem::path& path, std::initializer_list<std::span<const std::byte>> parts);

} // namespace vkseg
