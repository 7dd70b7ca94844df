#pragma once

#include "vkseg/status.hpp"

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>

namespace vkseg {

/// The bytes of a file, valid as long as `owner` lives.
struct FileBytes
{
    std::span<const std::byte> bytes;
    std::shared_ptr<const void> owner; // shared: every tensor that points into the file keeps it mapped
};

/// Maps a regular file into memory, or reads it where it cannot be mapped. The file must not shrink meanwhile.
Result<FileBytes> map_file(const std::filesystem::path& path);

} // namespace vkseg
