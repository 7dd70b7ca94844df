#pragma once

#include <cstdint>

// Vulkan handles that the headers of this folder use, declared as in vulkan_core.h, so that including these headers
// does not include vulkan.h.
#if defined(__LP64__) || defined(_WIN64) || (defined(__x86_64__) && !defined(__ILP32__)) || defined(_M_X64) ||         \
    defined(__ia64) || defined(_M_IA64) || defined(__aarch64__) || defined(__powerpc64__) ||                           \
    (defined(__riscv) && __riscv_xlen == 64)
#define VKSEG_VULKAN_HANDLE(name) typedef struct name##_T* name
#else
#define VKSEG_VULKAN_HANDLE(name) typedef uint64_t name
#endif

VKSEG_VULKAN_HANDLE(VkBuffer);
VKSEG_VULKAN_HANDLE(VkDeviceMemory);
VKSEG_VULKAN_HANDLE(VkSemaphore);

#undef VKSEG_VULKAN_HANDLE
