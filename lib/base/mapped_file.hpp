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
    bool is_mapped = false;

    /// Returns a part of the bytes. When the last owner of a mapped part is destroyed, the pages of the part leave
    /// memory, but the file stays mapped.
    FileBytes part(size_t offset, size_t size) const;
};

/// Maps a regular file into memory, or reads it if it cannot be mapped. The file must not shrink while it is in use. On
/// Windows it cannot be removed or replaced while it is mapped.
Result<FileBytes> map_file(const std::filesystem::path& path);

/// Drops the pages that lie completely inside these bytes of a mapped file from memory; the system reads them again
/// when they are used.
void release_pages(std::span<const std::byte> bytes);

} // namespace vkseg
