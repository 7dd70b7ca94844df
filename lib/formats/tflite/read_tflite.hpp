#pragma once

#include "vkseg/graph.hpp"
#include "vkseg/memory_file.hpp"

#include <cstring>
#include <filesystem>
#include <string_view>

namespace vkseg {

/// True if the bytes begin as a TensorFlow Lite file does; eight are enough.
inline bool is_tflite(std::span<const std::byte> bytes)
{
    constexpr std::string_view identifier = "TFL3";
    return bytes.size() >= 8 && std::memcmp(bytes.data() + 4, identifier.data(), identifier.size()) == 0;
}

/// Reads a TensorFlow Lite file. Inputs and outputs keep their shapes, with channels last; constants point into the
/// file, which stays mapped as long as any constant lives. Fails with invalid_model if the file is damaged or
/// contradicts itself, and with unsupported and the list of all nodes in question if it needs something that vkseg does
/// not support.
Result<Graph> read_tflite(const std::filesystem::path& path);

/// Reads a TensorFlow Lite model from memory.
Result<Graph> read_tflite(const MemoryFile& file);

} // namespace vkseg
