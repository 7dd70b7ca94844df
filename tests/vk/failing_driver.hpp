#pragma once

#include <cstddef>

#include "vk/functions.hpp"
#include "vk/physical_device.hpp"

/// Stands between the library and the system's Vulkan loader: makes a chosen call fail, and counts live objects.
/// For one thread's tests at a time.
namespace vkseg::vk::failing_driver {

/// For Device::create(); forgets the counts and plans no failure. The library is null if there is no Vulkan loader.
LoaderOptions install();

/// The call after the next `calls` ones that can fail gives `result` instead of being made.
void fail_after(size_t calls, VkResult result);

/// Every call of the function gives `result`, as in always_fail("vkQueueSubmit", VK_ERROR_DEVICE_LOST).
void always_fail(const char* function, VkResult result);

/// How many calls that can fail were made since install().
size_t call_count();

/// The function that the planned failure hit, or "".
const char* failed_function();

/// Objects made and not destroyed, of all kinds.
ptrdiff_t live_objects();

} // namespace vkseg::vk::failing_driver
