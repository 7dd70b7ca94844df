#pragma once

#include "vkseg/graph.hpp"

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>

namespace vkseg {

/// Reads an ONNX file. Constants point into the mapped file, which lives as long as they do.
/// Fails with invalid_model when the file is damaged or contradicts itself, and with unsupported and the list of all
/// nodes in question when it asks for something that vkseg does not do.
Result<Graph> read_onnx(const std::filesystem::path& path);

/// The same from memory that `owner` keeps alive (null: the caller does). External data is looked for in the
/// directory and nowhere else.
Result<Graph> read_onnx(std::span<const std::byte> bytes, const std::filesystem::path& directory_for_external_data,
                        std::shared_ptr<const void> owner);

} // namespace vkseg
