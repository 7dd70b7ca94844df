#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/limits.hpp"
#include "vk/physical_device.hpp"
#include "vk/pipeline.hpp"
#include "vkseg/status.hpp"

namespace vkseg::vk {

class CommandList;
struct DeviceState;

/// What the bytes of a buffer are for; live bytes are counted by it.
enum class MemoryPurpose
{
    weights,
    activations,
    staging,
};
inline constexpr size_t memory_purpose_count = 3;

struct DeviceOptions
{
    /// Index or part of the name, as for select_device(). Empty: the environment variable VKSEG_DEVICE, else the best
    /// device.
    std::string select = {};
    LoaderOptions loader = {};
    /// Switches the Khronos validation layer on, with synchronisation validation; creation fails if it is not
    /// installed.
    bool validate = false;
    /// Clamps the limits to what the specification guarantees, and uses neither subgroups nor 16-bit types.
    bool use_minimum_limits = false;
    /// Lowers the size of a storage buffer binding; 0: what the device reports.
    size_t max_storage_buffer_range_bytes = 0;
    /// Fills every new buffer with bytes 0xFF, which are NaN in f32 and f16, so that reads of unwritten memory show.
    bool poison_memory = false;
    /// Keeps compiled pipelines on disk, so that the next start is fast.
    bool use_pipeline_cache = true;
    /// Folder of that cache. Empty: vkseg in the user's cache folder ($XDG_CACHE_HOME, or ~/.cache).
    std::string cache_directory = {};
    /// Enables VK_KHR_pipeline_executable_properties where it is offered, for describe_pipeline().
    bool pipeline_statistics = false;
};

/// Live bytes of device and staging memory, indexed by MemoryPurpose.
struct MemoryUse
{
    std::array<size_t, memory_purpose_count> bytes = {};

    size_t of(MemoryPurpose purpose) const { return bytes[size_t(purpose)]; }
    size_t total() const { return bytes[0] + bytes[1] + bytes[2]; }
};

/// A Vulkan device that is in use: queue, pipelines, limits. All functions may be called by several threads at a time.
/// Shared because buffers and command lists keep their device alive, whatever the order in which they go.
class Device
{
public:
    static Result<std::shared_ptr<Device>> create(const DeviceOptions& options = {});
    ~Device();
    Device(const Device&) = delete;
    Device& operator=(const Device&) = delete;

    const PhysicalDeviceDescription& description() const;

    /// The limits to plan by: those of the description, lowered as the options say.
    const Limits& limits() const;

    /// Gives the pipelines of `keys`, in that order; creates those that do not exist yet, several at a time.
    /// They live as long as the device. Fails with the name of the shader that the driver refused.
    Result<std::vector<const Pipeline*>> create_pipelines(std::span<const PipelineKey> keys);

    /// Creates one pipeline without a cache, asks the driver about it, and lets it go.
    Result<PipelineDescription> describe_pipeline(const PipelineKey& key);

    /// Of a file beside the pipeline cache, for this device and driver alone; empty where nothing is kept on disk.
    std::filesystem::path cache_path(const std::string& extension) const;

    /// Submits the list's segments in order and waits for the end of the last. Threads may run different lists at a
    /// time, but one list only once at a time. After device_lost every later call fails with it at once.
    Status run(CommandList& list);

    bool is_lost() const;

    MemoryUse memory_use() const;

    /// Bytes that may still be allocated in the largest device-local heap: by VK_EXT_memory_budget, else the heap's
    /// size less what this Device holds.
    size_t available_memory_bytes() const;

    /// What the validation layer said so far, at most the first 100 messages, and how many there were.
    std::vector<std::string> validation_messages() const;
    size_t validation_message_count() const;

    /// For the other files of this folder.
    DeviceState& state() { return *state_; }

private:
    explicit Device(std::unique_ptr<DeviceState> state);

    std::unique_ptr<DeviceState> state_;
};

} // namespace vkseg::vk
