#include "vk/outcome.hpp"

#include <cstdio>

namespace vkseg::vk {

std::string to_string(VkResult result)
{
#define VKSEG_CASE(name)                                                                                               \
    case name:                                                                                                         \
        return #name
    switch (result)
    {
        VKSEG_CASE(VK_SUCCESS);
        VKSEG_CASE(VK_NOT_READY);
        VKSEG_CASE(VK_TIMEOUT);
        VKSEG_CASE(VK_INCOMPLETE);
        VKSEG_CASE(VK_ERROR_OUT_OF_HOST_MEMORY);
        VKSEG_CASE(VK_ERROR_OUT_OF_DEVICE_MEMORY);
        VKSEG_CASE(VK_ERROR_INITIALIZATION_FAILED);
        VKSEG_CASE(VK_ERROR_DEVICE_LOST);
        VKSEG_CASE(VK_ERROR_MEMORY_MAP_FAILED);
        VKSEG_CASE(VK_ERROR_LAYER_NOT_PRESENT);
        VKSEG_CASE(VK_ERROR_EXTENSION_NOT_PRESENT);
        VKSEG_CASE(VK_ERROR_FEATURE_NOT_PRESENT);
        VKSEG_CASE(VK_ERROR_INCOMPATIBLE_DRIVER);
        VKSEG_CASE(VK_ERROR_TOO_MANY_OBJECTS);
        VKSEG_CASE(VK_ERROR_FRAGMENTED_POOL);
        VKSEG_CASE(VK_ERROR_OUT_OF_POOL_MEMORY);
        VKSEG_CASE(VK_ERROR_INVALID_EXTERNAL_HANDLE);
        VKSEG_CASE(VK_ERROR_INVALID_SHADER_NV);
        VKSEG_CASE(VK_ERROR_UNKNOWN);
    default:
        return "VkResult " + std::to_string(int(result));
    }
#undef VKSEG_CASE
}

Status to_status(VkResult result, std::string_view function)
{
    if (result == VK_SUCCESS)
        return {};
    const std::string message = std::string(function) + ": expected VK_SUCCESS, got " + to_string(result);
    switch (result)
    {
    case VK_ERROR_DEVICE_LOST:
        return Status(StatusCode::device_lost, message);
    case VK_ERROR_OUT_OF_HOST_MEMORY:
    case VK_ERROR_OUT_OF_DEVICE_MEMORY:
    case VK_ERROR_OUT_OF_POOL_MEMORY:
    case VK_ERROR_FRAGMENTED_POOL:
    case VK_ERROR_TOO_MANY_OBJECTS:
    case VK_ERROR_MEMORY_MAP_FAILED:
        return Status(StatusCode::out_of_memory, message);
    case VK_ERROR_INITIALIZATION_FAILED:
    case VK_ERROR_INCOMPATIBLE_DRIVER:
    case VK_ERROR_LAYER_NOT_PRESENT:
        return Status(StatusCode::no_device, message);
    default:
        return Status(StatusCode::unsupported, message);
    }
}

std::string bytes_to_string(size_t bytes)
{
    constexpr const char* units[] = {"bytes", "KiB", "MiB", "GiB", "TiB"};
    double value = double(bytes);
    size_t unit = 0;
    while (value >= 1024 && unit + 1 < std::size(units))
    {
        value /= 1024;
        unit++;
    }
    char text[64];
    std::snprintf(text, sizeof text, unit == 0 ? "%.0f %s" : "%.1f %s", value, units[unit]);
    return text;
}

} // namespace vkseg::vk
