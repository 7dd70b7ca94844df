#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "vkseg/status.hpp"

namespace vkseg::vk {

/// The driver that made a pipeline cache; no other driver can use the cache.
struct PipelineCacheOwner
{
    uint32_t vendor_id = 0;
    uint32_t device_id = 0;
    uint32_t driver_version = 0;
    std::array<uint8_t, 16> driver_uuid = {};
    std::array<uint8_t, 16> pipeline_cache_uuid = {};
};

/// The folder vkseg in the user's cache folder; empty if the environment names none.
std::filesystem::path default_cache_directory();

/// The cache file of this owner in `directory`.
std::filesystem::path pipeline_cache_path(const std::filesystem::path& directory, const PipelineCacheOwner& owner);

/// The bytes for vkCreatePipelineCache inside those of a cache file; empty if the file is damaged, truncated, or from
/// another driver.
std::span<const std::byte> cached_pipelines(std::span<const std::byte> file, const PipelineCacheOwner& owner);

/// A copy of the same bytes, read from a file; empty if the file cannot be read.
std::vector<std::byte> read_pipeline_cache(const std::filesystem::path& path, const PipelineCacheOwner& owner);

/// Writes beside `path` and renames, so that no reader ever sees a partial file. Creates the folder if needed.
Status write_pipeline_cache(const std::filesystem::path& path, const PipelineCacheOwner& owner,
                            std::span<const std::byte> data);

} // namespace vkseg::vk
