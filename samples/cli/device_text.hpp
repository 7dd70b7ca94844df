#pragma once

#include "common.hpp"

#include <nlohmann/json_fwd.hpp>

/// A device as `devices` and `pipelines` tell of it.
namespace vkseg::cli {

std::string device_text(const DeviceDescription& device); ///< lines that begin with three blanks
nlohmann::ordered_json device_json(const DeviceDescription& device);

} // namespace vkseg::cli
