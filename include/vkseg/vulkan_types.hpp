#pragma once

#include <array>
#include <cstdint>

// The handles of Vulkan that vkseg's headers use, declared as vulkan_core.h declares them: including vkseg does not
// include Vulkan, and both can be included in any order.
#define VKSEG_DISPATCHABLE_HANDLE(name) typedef struct name##_T* name
#if defined(__LP64__) || defined(_WIN64) || (defined(__x86_64__) && !defined(__ILP32__)) || defined(_M_X64) ||         \
    defined(__ia64) || defined(_M_IA64) || defined(__aarch64__) || defined(__powerpc64__) ||                           \
    (defined(__riscv) && __riscv_xlen == 64)
#define VKSEG_VULKAN_HANDLE(name) typedef struct name##_T* name
#else
#define VKSEG_VULKAN_HANDLE(name) typedef uint64_t name
#endif

VKSEG_DISPATCHABLE_HANDLE(VkCommandBuffer);
VKSEG_DISPATCHABLE_HANDLE(VkDevice);
VKSEG_DISPATCHABLE_HANDLE(VkInstance);
VKSEG_DISPATCHABLE_HANDLE(VkPhysicalDevice);
VKSEG_DISPATCHABLE_HANDLE(VkQueue);
VKSEG_VULKAN_HANDLE(VkBuffer);
VKSEG_VULKAN_HANDLE(VkDeviceMemory);
VKSEG_VULKAN_HANDLE(VkImage);
VKSEG_VULKAN_HANDLE(VkImageView);
VKSEG_VULKAN_HANDLE(VkSampler);
VKSEG_VULKAN_HANDLE(VkSemaphore);

#undef VKSEG_DISPATCHABLE_HANDLE
#undef VKSEG_VULKAN_HANDLE

namespace vkseg {

/// A semaphore of the app. With a value other than 0 it is a timeline semaphore.
struct VulkanSemaphore
{
    VkSemaphore semaphore = {};
    uint64_t value = 0;
};

/// Conversion of Y'CbCr images to RGB by the device's samplers (VkSamplerYcbcrConversionCreateInfo). The feature
/// samplerYcbcrConversion must be enabled.
struct YcbcrConversion
{
    uint32_t model = 2;                          ///< VkSamplerYcbcrModelConversion; 2: BT.709
    uint32_t range = 1;                          ///< VkSamplerYcbcrRange; 1: 16 … 235
    std::array<uint32_t, 4> components = {};     ///< VkComponentSwizzle of r, g, b, a
    std::array<uint32_t, 2> chroma_offsets = {}; ///< VkChromaLocation, horizontal and vertical
    uint64_t external_format = 0;                ///< Android: VkExternalFormatANDROID, if the image's format is 0.
};

} // namespace vkseg
