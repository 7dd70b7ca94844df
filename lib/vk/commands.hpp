#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "vk/buffer.hpp"
#include "vk/device.hpp"
#include "vk/pipeline.hpp"
#include "vkseg/status.hpp"

namespace vkseg::vk {

/// Format of a buffer that is bound as a uniform texel buffer.
enum class TexelFormat
{
    none, ///< Bound as a storage buffer.
    rgba32f,
    rgba16f,
};

/// A part of a buffer. The buffer must not be destroyed before the command list that uses it has run for the last time.
struct BufferRange
{
    const Buffer* buffer = nullptr;
    size_t offset_bytes = 0;
    size_t size_bytes = 0; ///< 0: up to the end of the buffer's capacity.
};

class SampledImage;

struct Binding
{
    BufferRange range = {};
    TexelFormat format = TexelFormat::none;
    const SampledImage* image = nullptr; ///< If given, it is bound instead of a buffer. Must live as a buffer must.
};

/// Use of an image of an app before or after a barrier.
enum class ImageUse
{
    elsewhere, ///< In any way, by commands that are not in the list.
    foreign,   ///< By others than Vulkan, who own the image then.
    sampled,
    copied_to,
};

/// A layer of an image of an app.
struct ImageLayer
{
    VkImage image = {};
    uint32_t array_layer = 0;
};

/// A change of layout (VkImageLayout), ordered between two uses.
struct ImageBarrier
{
    ImageLayer layer = {};
    uint32_t from_layout = 0;
    uint32_t to_layout = 0;
    ImageUse from_use = ImageUse::elsewhere;
    ImageUse to_use = ImageUse::elsewhere;
};

struct DispatchCommand
{
    const Pipeline* pipeline = nullptr;
    std::span<const Binding> bindings = {};         ///< One per binding of the pipeline.
    std::span<const std::byte> push_constants = {}; ///< A multiple of 4 bytes, at most max_push_constant_bytes.
    std::array<uint32_t, 3> group_count = {1, 1, 1};
    /// If given, three 32-bit words from which the device reads the group count; `group_count` is then an upper bound.
    std::optional<BufferRange> group_count_in_memory = {};
};

enum class Timing
{
    none,
    whole_list,
    each_dispatch,
};

/// When the commands of a list ran, in nanoseconds on the device.
struct Timeline
{
    struct Interval
    {
        double begin_ns = 0;
        double end_ns = 0;
    };

    double begin_ns = 0;              ///< Begin of the first command, on the device's clock, which may wrap around.
    double length_ns = 0;             ///< Up to the end of the last command.
    std::vector<Interval> dispatches; ///< Relative to `begin_ns`; empty unless timed with Timing::each_dispatch.
};

/// Commands that are recorded once and run any number of times. Recording only stores the commands; finish() checks
/// them against the device's limits, makes the command buffers, and is the only step of recording that can fail. Keeps
/// its device alive.
class CommandList
{
public:
    explicit CommandList(std::shared_ptr<Device> device, Timing timing = Timing::none);
    ~CommandList();
    CommandList(CommandList&&) noexcept;
    CommandList& operator=(CommandList&&) noexcept;

    void dispatch(const DispatchCommand& command);

    /// Sizes must be equal; a size of 0 takes the value of the other.
    void copy(const BufferRange& from, const BufferRange& to);

    /// Copies `height` rows of `row_bytes` bytes, which lie at these strides.
    void copy_rows(const BufferRange& from, size_t from_stride_bytes, const BufferRange& to, size_t to_stride_bytes,
                   size_t row_bytes, size_t height);

    /// Copies bytes to the texels of an image of one byte per texel, whose layout is TRANSFER_DST_OPTIMAL; rows of
    /// `width` bytes lie at the stride.
    void copy_to_image(const BufferRange& from, size_t stride_bytes, const ImageLayer& to, uint32_t width,
                       uint32_t height);

    void image_barrier(const ImageBarrier& barrier);
    /// Orders all commands of the queue before it, also of other lists, before all after it: for memory that an app's
    /// commands use as well, in any way.
    void outer_barrier();

    /// Offset and size are multiples of 4.
    void fill(const BufferRange& range, uint32_t word);

    /// Makes earlier writes visible to later commands, and keeps later commands from overwriting memory that is still
    /// being read. Needed between any two commands of which one writes memory that the other reads or writes; not
    /// needed at the ends of the list or at a cut.
    void barrier();

    /// Names the commands that follow, up to the next label or the end, for tools such as RenderDoc. Ignored unless the
    /// device has debug labels.
    void label(std::string text);

    /// Name of the command buffers for these tools. Must be set before finish().
    void set_name(std::string name);

    /// Begins a new segment, which is submitted separately, so that no single submission runs into the system's
    /// watchdog. Implies a barrier.
    void cut();

    size_t dispatch_count() const;
    size_t segment_count() const;

    /// Must be called once, after the last command and before the first run.
    Status finish();

    /// Adds the commands to a command buffer of an app, without timing. They are ordered after all earlier commands of
    /// the queue that compute or copy, and before all later commands. Requires finish(). The list must not be destroyed
    /// or submitted before the command buffer has ended.
    void record_into(VkCommandBuffer commands) const;

    /// Nanoseconds that each dispatch took on the device in the last run, in the order of recording; empty unless timed
    /// with Timing::each_dispatch. Fails with unsupported if the device has no timestamps.
    Result<std::vector<double>> dispatch_times_ns() const;

    /// Times of the last run; needs a Timing other than none, and a device with timestamps.
    Result<Timeline> timeline() const;

    /// Nanoseconds on the device in the last run, from the first to the last command; needs a Timing other than none.
    Result<double> device_time_ns() const;

private:
    friend class Device;
    struct Recording;

    std::unique_ptr<Recording> recording_;
};

} // namespace vkseg::vk
