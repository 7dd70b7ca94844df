#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/limits.hpp"
#include "vk/physical_device.hpp"
#include "vk/pipeline.hpp"
#include "vkseg/status.hpp"
#include "vkseg/vulkan_types.hpp"

namespace vkseg::vk {

class CommandList;
class DeviceClock;
struct AppDevice;
struct DeviceState;

/// Purpose of a buffer; live bytes are counted per purpose.
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
    /// Enables the Khronos validation layer with synchronisation validation; creation fails if the layer is not
    /// installed.
    bool validate = false;
    /// Clamps the limits to what the specification guarantees, and uses neither subgroups nor 16-bit types.
    bool use_minimum_limits = false;
    /// Lowers the max size of a storage buffer binding; 0: the device's limit.
    size_t max_storage_buffer_range_bytes = 0;
    /// Fills every new buffer with bytes 0xFF, which are NaN in f32 and f16, so that reads of unwritten memory show.
    bool poison_memory = false;
    /// Keeps compiled pipelines on disk, so that the next start is fast.
    bool use_pipeline_cache = true;
    /// Folder of that cache. Empty: vkseg in the user's cache folder ($XDG_CACHE_HOME, or ~/.cache).
    std::string cache_directory = {};
    /// Enables VK_KHR_pipeline_executable_properties if the device offers it, for describe_pipeline().
    bool pipeline_statistics = false;
    /// Names objects and regions of commands by VK_EXT_debug_utils. Also on if the environment variable
    /// VKSEG_DEBUG_LABELS asks for it, and with `validate`.
    bool debug_labels = false;
};

/// Live bytes of device and staging memory, indexed by MemoryPurpose.
struct MemoryUse
{
    std::array<size_t, memory_purpose_count> bytes = {};

    size_t of(MemoryPurpose purpose) const { return bytes[size_t(purpose)]; }
    size_t total() const { return bytes[0] + bytes[1] + bytes[2]; }
};

/// Bytes of inputs and outputs that the host wrote for the device and read from it.
struct CopiedBytes
{
    size_t to_device = 0;
    size_t to_host = 0;
};

struct SubmissionSemaphores
{
    std::span<const VulkanSemaphore> waits = {};
    std::span<const VulkanSemaphore> signals = {};
};

/// An open Vulkan device: queue, pipelines, limits. All functions are thread-safe. Shared because buffers and command
/// lists keep their device alive, whatever the order of destruction.
class Device
{
public:
    static Result<std::shared_ptr<Device>> create(const DeviceOptions& options = {});
    /// A device of an app, which must live longer. `options` chooses neither device nor layers.
    static Result<std::shared_ptr<Device>> use(const AppDevice& app, const DeviceOptions& options = {});
    ~Device();
    Device(const Device&) = delete;
    Device& operator=(const Device&) = delete;

    const PhysicalDeviceDescription& description() const;

    /// True if the extension is enabled on the device.
    bool has_enabled(std::string_view extension) const;

    /// Features that the library would use, but the app that created the device has not enabled.
    const std::vector<Wish>& missed_wishes() const;

    /// Limits for planning: those of the description, lowered by the options.
    const Limits& limits() const;

    /// Returns the pipelines of `keys`, in that order; creates missing pipelines, several at a time. Pipelines live as
    /// long as the device. Fails, naming the shader, if the driver rejects one.
    Result<std::vector<const Pipeline*>> create_pipelines(std::span<const PipelineKey> keys);

    /// Creates one pipeline without a cache, queries the driver about it, and destroys it.
    Result<PipelineDescription> describe_pipeline(const PipelineKey& key);

    /// Path of a file next to the pipeline cache, for this device and driver only; empty if nothing is kept on disk.
    std::filesystem::path cache_path(const std::string& extension) const;

    /// Submits the segments of the lists in order. They begin after everything submitted earlier has ended, and after
    /// the semaphores to wait for. The same lists must then be waited for before they are submitted again or destroyed.
    /// Threads may submit different lists at a time. After device_lost every later call fails with device_lost at once.
    /// After a failure none of the lists is in use.
    Status submit(std::span<CommandList* const> lists, const SubmissionSemaphores& semaphores = {});

    /// Waits for lists that were submitted together. Their downloads can be read afterwards.
    Status wait(std::span<CommandList* const> lists);

    /// True if wait() for the lists that end with this one would return at once.
    bool has_ended(const CommandList& last) const;

    /// Submits a list and waits for it to end.
    Status run(CommandList& list);

    bool is_lost() const;

    MemoryUse memory_use() const;

    /// Adds to copied_bytes(), the sum since the device was opened.
    void count_copies(const CopiedBytes& bytes);
    CopiedBytes copied_bytes() const;

    /// Bytes that may still be allocated in the largest device-local heap: as VK_EXT_memory_budget reports, otherwise
    /// the heap's size less what this Device holds.
    size_t available_memory_bytes() const;

    /// Messages of the validation layer so far, the first 100 at most, and the number of all messages.
    std::vector<std::string> validation_messages() const;
    size_t validation_message_count() const;

    /// Relation of the device's timestamps to the host's clock.
    DeviceClock& clock();

    /// For the other files of this folder.
    DeviceState& state() { return *state_; }

private:
    explicit Device(std::unique_ptr<DeviceState> state);
    static Result<std::shared_ptr<Device>> finish(std::unique_ptr<DeviceState> state, const DeviceOptions& options,
                                                  const std::function<Status(DeviceState&)>& open);

    std::unique_ptr<DeviceState> state_;
};

} // namespace vkseg::vk
