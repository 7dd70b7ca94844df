#pragma once

#include "common.hpp"

#include <nlohmann/json_fwd.hpp>

/// Descriptions of a device, as `devices` and `pipelines` print them.
namespace vkseg::cli {

std::string device_text(const DeviceDescription& device); ///< lines indented by three spaces
nlohmann::ordered_json device_json(const DeviceDescription& device);

} // namespace vkseg::cli
