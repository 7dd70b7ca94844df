#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/limits.hpp"
#include "vkseg/status.hpp"

namespace vkseg::vk {

/// Source of the Vulkan functions.
struct LoaderOptions
{
    /// File name or path of the library to open; empty: the system's Vulkan loader.
    std::string library = {};
    /// A PFN_vkGetInstanceProcAddr to use instead of opening a library: for programs with a loader of their own, and
    /// for tests.
    void* get_instance_proc_addr = nullptr;
};

enum class DeviceType
{
    discrete,
    integrated,
    virtual_gpu,
    software, ///< The processor itself: lavapipe, SwiftShader.
    other,
};

/// "discrete", "integrated", ...
std::string_view to_string(DeviceType type);

struct MemoryHeap
{
    size_t bytes = 0;
    bool is_device_local = false;
};

/// Something that the library would use: an extension, a feature, or both.
struct Wish
{
    std::string extension; ///< empty: the feature is part of Vulkan 1.1
    std::string feature;   ///< empty: the extension only
    std::string purpose;
};

/// A Vulkan device as the driver describes it, with its limits sanitised.
struct PhysicalDeviceDescription
{
    std::string name;
    std::string driver_name;                  ///< "llvmpipe", "NVIDIA", ...; empty if the driver does not report it.
    std::string driver_version;               ///< The driver's own text, or the number in hexadecimal.
    std::array<uint32_t, 3> api_version = {}; ///< major, minor, patch
    DeviceType type = DeviceType::other;
    uint32_t vendor_id = 0;
    uint32_t device_id = 0;
    std::array<uint8_t, 16> driver_uuid = {};
    std::array<uint8_t, 16> pipeline_cache_uuid = {};
    std::vector<MemoryHeap> heaps;
    Limits limits;
    bool is_memory_unified = false; ///< Device memory is the processor's memory.
    bool has_timestamps = false;
    bool has_memory_budget = false;
    bool has_cooperative_matrix = false; ///< VK_KHR_cooperative_matrix is offered.
    bool is_portability_subset = false;  ///< Not a fully conformant Vulkan, such as MoltenVK.
    std::string unusable_because;        ///< Empty if the device can be used.

    bool is_usable() const { return unusable_because.empty(); }
};

/// All Vulkan devices known to the loader, in order of preference: discrete, integrated, virtual, software, other;
/// unusable devices come last. Fails with no_device if there is no loader; an empty list is not a failure.
Result<std::vector<PhysicalDeviceDescription>> list_devices(const LoaderOptions& loader = {});

/// Index in `devices` of the device that `wanted` names: an index, or a case-insensitive part of the name; empty: the
/// first usable device. Fails with no_device, listing the devices.
Result<size_t> select_device(std::span<const PhysicalDeviceDescription> devices, std::string_view wanted);

/// One human-readable line: name, type, driver, Vulkan version.
std::string to_string(const PhysicalDeviceDescription& device);

} // namespace vkseg::vk
