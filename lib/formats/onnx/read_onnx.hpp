#pragma once

#include "vkseg/graph.hpp"
#include "vkseg/memory_file.hpp"

#include <filesystem>

namespace vkseg {

/// Reads an ONNX file. Constants point into the file, which stays mapped as long as any constant lives. Fails with
/// invalid_model if the file is damaged or contradicts itself, and with unsupported and the list of all nodes in
/// question if it needs something that vkseg does not support.
Result<Graph> read_onnx(const std::filesystem::path& path);

/// Reads an ONNX model from memory. Without `external_data`, external data fails with io_error.
Result<Graph> read_onnx(const MemoryFile& file, const ExternalData& external_data = nullptr);

} // namespace vkseg
