#pragma once

#include "report.hpp"

#include <filesystem>

namespace vkseg::benchmark {

/// Writes a PNG with one bar per row for each device and precision. A bar shows the median time on the device (from
/// host to host if there are no timestamps) on a logarithmic scale, with a line from the shortest to the longest time.
void write_chart(const std::filesystem::path& path, const std::vector<DeviceReport>& devices);

} // namespace vkseg::benchmark
