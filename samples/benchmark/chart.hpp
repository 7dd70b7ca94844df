#pragma once

#include "report.hpp"

#include <filesystem>

namespace vkseg::benchmark {

/// Draws a bar a row for each device and precision, as long as the logarithm of its median time on the device (from
/// host to host where there are no timestamps), with a line from the shortest to the longest; writes it as PNG.
void write_chart(const std::filesystem::path& path, const std::vector<DeviceReport>& devices);

} // namespace vkseg::benchmark
