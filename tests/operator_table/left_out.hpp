#pragma once

#include <filesystem>

namespace vkseg::test {

/// Prints how many of ONNX's node tests in `data` are run, and those of accepted operators that are not, with the
/// reason. False if the directory holds none.
bool print_left_out(const std::filesystem::path& data);

} // namespace vkseg::test
