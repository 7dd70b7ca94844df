#pragma once

#include "report.hpp"

#include <filesystem>
#include <nlohmann/json.hpp>

namespace vkseg::benchmark {

using Json = nlohmann::ordered_json;

Json as_json(const Row& row);
Row row_from(const Json& json);

Json as_json(const DeviceReport& device); ///< without its rows
DeviceReport device_from(const Json& json);

/// Writes everything, derived figures included. The file appears under `path` only when it is complete.
void write_report(const std::filesystem::path& path, const std::vector<DeviceReport>& devices);

} // namespace vkseg::benchmark
