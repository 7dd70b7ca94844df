#pragma once

#include <cstdint>

// The handles of Vulkan that the headers of this folder mention, declared as vulkan_core.h declares them, so that
// whoever includes these headers does not see vulkan.h.
#if defined(__LP64__) || defined(_WIN64) || (defined(__x86_64__) && !defined(__ILP32__)) || defined(_M_X64) ||         \
    defined(__ia64) || defined(_M_IA64) || defined(__aarch64__) || defined(__powerpc64__) ||                           \
    (defined(__riscv) && __riscv_xlen == 64)
#define VKSEG_VULKAN_HANDLE(name) typedef struct name##_T* name
#else
#define VKSEG_VULKAN_HANDLE(name) typedef uint64_t name
#endif

VKSEG_VULKAN_HANDLE(VkBuffer);
VKSEG_VULKAN_HANDLE(VkDeviceMemory);

#undef VKSEG_VULKAN_HANDLE
