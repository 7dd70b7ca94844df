// The code of docs/use_in/vulkan_renderer.md, in an app that has Vulkan's headers; it is compiled, not run.
#include <vulkan/vulkan_core.h>

#include <vkseg/vulkan.hpp>

vkseg::Status show_frame(VkInstance instance, VkPhysicalDevice gpu, VkDevice vulkan_device, VkQueue queue,
                         uint32_t queue_family, std::span<const char* const> extensions, const void* features,
                         VkImage scene, VkImage mask_image, uint32_t width, uint32_t height, VkSemaphore scene_drawn,
                         VkSemaphore mask_ready)
{
#include "vulkan_renderer.inc"
}
