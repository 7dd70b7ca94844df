#pragma once

#include "vkseg/graph.hpp"

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>

namespace vkseg {

/// Reads an ONNX file. Constants point into the file, which stays mapped as long as any constant lives. Fails with
/// invalid_model if the file is damaged or contradicts itself, and with unsupported and the list of all nodes in
/// question if it needs something that vkseg does not support.
Result<Graph> read_onnx(const std::filesystem::path& path);

/// Reads an ONNX model from memory that `owner` keeps alive (if null, the caller must). External data is searched for
/// in the directory only.
Result<Graph> read_onnx(std::span<const std::byte> bytes, const std::filesystem::path& directory_for_external_data,
                        std::shared_ptr<const void> owner);

} // namespace vkseg
