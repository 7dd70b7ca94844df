#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "vk/functions.hpp"
#include "vkseg/status.hpp"

namespace vkseg::vk {

/// "VK_ERROR_DEVICE_LOST", or the number of a result whose name is unknown.
std::string to_string(VkResult result);

/// ok for VK_SUCCESS, otherwise the matching status with a message that names `function` and the result.
Status to_status(VkResult result, std::string_view function);

/// "392.0 MiB"
std::string bytes_to_string(size_t bytes);

} // namespace vkseg::vk
