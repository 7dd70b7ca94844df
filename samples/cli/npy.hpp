#pragma once

#include "vkseg/tensor.hpp"

#include <filesystem>

/// NumPy's .npy files, versions 1 to 3, of little-endian f32, f16, u8, i8, i32, i64 and bool in C order
/// (numpy.lib.format).
namespace vkseg::cli {

Tensor read_npy(const std::filesystem::path& path);
Tensor parse_npy(std::vector<std::byte> bytes, const std::string& who);
void write_npy(const std::filesystem::path& path, const Tensor& tensor);

} // namespace vkseg::cli
