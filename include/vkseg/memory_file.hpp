#pragma once

#include "vkseg/status.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>

/// Files in memory, such as an Android app's assets, which have no path.
namespace vkseg {

/// The bytes of a file. They must not change while anything that was read from them lives.
struct MemoryFile
{
    std::span<const std::byte> bytes;
    /// Keeps the bytes alive, and is held as long as anything that was read from them lives. If it is null, the caller
    /// must do so.
    std::shared_ptr<const void> owner = nullptr;
};

/// Gives the file of external data that an ONNX model names `location`, a relative path such as "model.onnx.data".
/// Called once for each location, on the thread that loads the model.
using ExternalData = std::function<Result<MemoryFile>(const std::string& location)>;

} // namespace vkseg
