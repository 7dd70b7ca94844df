#pragma once

#include "base/mapped_file.hpp"
#include "vkseg/weights.hpp"

namespace vkseg {

/// Reads the weights from the bytes of a safetensors file.
Result<WeightFile> parse_safetensors(const FileBytes& file);

} // namespace vkseg
