#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace vkseg::onnx {

/// Names the format of a file that is known not to be ONNX, and says what to do about it; empty for any other file.
std::string foreign_format(std::span<const std::byte> bytes);

} // namespace vkseg::onnx
