#pragma once

#include "vkseg/export.hpp"
#include "vkseg/status.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace vkseg {

namespace vk {
class Device;
}

/// A Vulkan device as its driver describes it.
struct DeviceDescription
{
    std::string name;
    std::string driver; ///< Name and version, as far as the driver tells.
    std::string type;   ///< "discrete", "integrated", "virtual", "software" or "other".
    std::array<uint32_t, 3> api_version = {};
    uint32_t vendor_id = 0;
    uint32_t device_id = 0;
    size_t device_memory_bytes = 0; ///< The largest device-local heap.
    size_t max_binding_bytes = 0;   ///< The largest storage buffer a kernel can see at once.
    uint32_t max_workgroup_invocations = 0;
    size_t max_shared_memory_bytes = 0;
    uint32_t subgroup_size = 0; ///< 0: not known, or not used.
    bool has_storage_f16 = false;
    bool has_arithmetic_f16 = false;
    bool has_cooperative_matrix = false;
    bool has_timestamps = false;
    std::string unusable_because; ///< Empty: it can be used.
};

/// Every Vulkan device there is, in the order in which Device::create prefers them: discrete, integrated, virtual,
/// software; unusable ones last. Fails with no_device where there is no Vulkan loader.
VKSEG_API Result<std::vector<DeviceDescription>> list_devices();

struct DeviceOptions
{
    /// Index in list_devices(), or part of the name in any case. Empty: the environment's VKSEG_DEVICE, else the first.
    std::string select;
    /// Runs under the Khronos validation layer, synchronisation validation included; fails where it is not installed.
    bool validate = false;
    /// Uses no more than the Vulkan 1.1 specification guarantees, whatever the device can do: for tests.
    bool use_minimum_limits = false;
    /// Lowers the largest storage buffer binding: for tests. 0: as the device says.
    size_t max_binding_bytes = 0;
    /// Fills new device memory with NaN, so that reading what was never written shows: for tests.
    bool poison_memory = false;
    /// Keeps compiled pipelines in the user's cache directory ($XDG_CACHE_HOME/vkseg or ~/.cache/vkseg).
    bool use_pipeline_cache = true;
    std::string cache_directory; ///< Instead of the user's.
    /// Lets report_pipelines() ask the driver for statistics, where it has them. It may compile slower then.
    bool pipeline_statistics = false;
};

/// Bytes of memory that are held on a device, by what they are for.
struct MemoryUse
{
    size_t weights_bytes = 0;
    size_t activations_bytes = 0;
    size_t staging_bytes = 0; ///< What carries inputs and outputs between host and device.
};

/// A Vulkan device in use: copies are handles of the same one. Any number of threads may use it at a time.
class VKSEG_API Device
{
public:
    static Result<Device> create(const DeviceOptions& options = {});

    DeviceDescription description() const;
    MemoryUse memory_use() const; ///< Of all sessions together.
    /// What the validation layer has found so far, at most the first 100 messages; empty unless `validate` was set.
    std::vector<std::string> validation_messages() const;

    // For the library's own rooms:
    explicit Device(std::shared_ptr<vk::Device> device) : device_(std::move(device)) {}
    const std::shared_ptr<vk::Device>& vulkan() const { return device_; }

private:
    std::shared_ptr<vk::Device> device_; // shared: sessions keep their device alive
};

} // namespace vkseg
