#pragma once

#include "vkseg/export.hpp"
#include "vkseg/status.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

/// Vulkan devices: listing them and opening one.
///
///     const Result<Device> device = Device::create({.select = "nvidia"});
///     if (device.is_ok())
///         std::printf("on %s\n", device->description().name.c_str());
///     else
///         std::fprintf(stderr, "%s\n", device.status().message().c_str());
namespace vkseg {

namespace vk {
class Device;
}

/// A Vulkan device as its driver describes it.
struct DeviceDescription
{
    std::string name;
    std::string driver; ///< Name and version, as far as the driver reports them.
    std::string type;   ///< "discrete", "integrated", "virtual", "software" or "other".
    std::array<uint32_t, 3> api_version = {};
    uint32_t vendor_id = 0;
    uint32_t device_id = 0;
    size_t device_memory_bytes = 0; ///< Size of the largest device-local heap.
    size_t max_binding_bytes = 0;   ///< Size of the largest storage buffer that a kernel can bind.
    uint32_t max_workgroup_invocations = 0;
    size_t max_shared_memory_bytes = 0;
    uint32_t subgroup_size = 0; ///< 0: unknown or not used.
    bool has_storage_f16 = false;
    bool has_arithmetic_f16 = false;
    bool has_cooperative_matrix = false;
    bool has_timestamps = false;
    std::string unusable_because; ///< Reason why the device cannot be used; empty if it can.
};

/// Lists all Vulkan devices in the order in which Device::create prefers them: discrete, integrated, virtual, software;
/// unusable ones last. Fails with no_device if there is no Vulkan loader.
VKSEG_API Result<std::vector<DeviceDescription>> list_devices();

struct DeviceOptions
{
    /// Index in list_devices(), or part of the name, ignoring case. Empty: the environment variable VKSEG_DEVICE if
    /// set, otherwise the first device.
    std::string select;
    /// Runs under the Khronos validation layer, with synchronisation validation; fails if the layer is not installed.
    bool validate = false;
    /// Limits the device to the minimum that the Vulkan 1.1 specification guarantees: for tests.
    bool use_minimum_limits = false;
    /// Lowers the limit on storage buffer bindings: for tests. 0: the device's own limit.
    size_t max_binding_bytes = 0;
    /// Fills new device memory with NaN, which exposes reads of memory that was never written: for tests.
    bool poison_memory = false;
    /// Keeps compiled pipelines in the user's cache directory ($XDG_CACHE_HOME/vkseg or ~/.cache/vkseg; on Windows
    /// %LOCALAPPDATA%\vkseg\cache; on Android only in `cache_directory`).
    bool use_pipeline_cache = true;
    std::string cache_directory; ///< UTF-8; replaces the user's cache directory if not empty.
    /// Lets report_pipelines() query the driver's pipeline statistics, if supported. The driver may then compile
    /// slower.
    bool pipeline_statistics = false;
    /// Names buffers, pipelines and the commands of each node by VK_EXT_debug_utils, so that RenderDoc and vendors'
    /// profilers show nodes. Also on with `validate`, and if the environment variable VKSEG_DEBUG_LABELS is set and not
    /// 0. Ignored, with a warning in the log, if the Vulkan loader lacks the extension, or an app's instance
    /// (use_device()) has not enabled it.
    bool debug_labels = false;
};

/// Bytes of device memory in use, by purpose.
struct MemoryUse
{
    size_t weights_bytes = 0;
    size_t activations_bytes = 0;
    size_t staging_bytes = 0; ///< Buffers that carry inputs and outputs between host and device.
};

/// Bytes of inputs and outputs, not of weights, that went through the host's memory.
struct CopiedBytes
{
    size_t to_device = 0;
    size_t to_host = 0;
};

/// An open Vulkan device. Copies are handles to the same device. Any number of threads may use it concurrently.
class VKSEG_API Device
{
public:
    static Result<Device> create(const DeviceOptions& options = {});

    DeviceDescription description() const;
    MemoryUse memory_use() const;     ///< Sum over all sessions.
    CopiedBytes copied_bytes() const; ///< Sum over all runs since the device was opened.
    /// Messages of the validation layer so far, at most the first 100; empty unless `validate` was set.
    std::vector<std::string> validation_messages() const;

    // For the library itself:
    explicit Device(std::shared_ptr<vk::Device> device) : device_(std::move(device)) {}
    const std::shared_ptr<vk::Device>& vulkan() const { return device_; }

private:
    std::shared_ptr<vk::Device> device_; // shared: sessions keep their device alive
};

} // namespace vkseg
