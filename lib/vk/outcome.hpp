#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "vk/functions.hpp"
#include "vkseg/status.hpp"

namespace vkseg::vk {

/// "VK_ERROR_DEVICE_LOST", or the number of a result that is not known here.
std::string to_string(VkResult result);

/// ok for VK_SUCCESS, else the status that fits, which tells that `function` failed and with what.
Status to_status(VkResult result, std::string_view function);

/// "392.0 MiB"
std::string bytes_to_string(size_t bytes);

} // namespace vkseg::vk
