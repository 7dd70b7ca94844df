#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "vk/commands.hpp"
#include "vk/device_state.hpp"
#include "vk/pipeline_store.hpp"

namespace vkseg::vk {

/// Contents of a CommandList: first the recorded commands, then, after finish(), the Vulkan objects made from them.
struct CommandList::Recording
{
    struct Range
    {
        VkBuffer buffer = VK_NULL_HANDLE;
        VkDeviceSize offset = 0;
        VkDeviceSize size = 0;
    };
    struct BoundRange
    {
        Range range;
        VkFormat format = VK_FORMAT_UNDEFINED; ///< Undefined: a storage buffer or an image.
        const SampledImage* image = nullptr;
    };
    struct Dispatch
    {
        const Pipeline* pipeline = nullptr;
        size_t first_binding = 0;
        size_t push_constants_offset = 0;
        uint32_t push_constants_bytes = 0;
        std::array<uint32_t, 3> group_count = {};
        std::optional<Range> group_count_in_memory;
    };
    struct Copy
    {
        Range from;
        Range to;
    };
    struct CopyRows
    {
        Range from;
        Range to;
        size_t from_stride = 0;
        size_t to_stride = 0;
        size_t row_bytes = 0;
        size_t height = 0;
    };
    struct CopyToImage
    {
        Range from;
        size_t stride = 0;
        ImageLayer to;
        uint32_t width = 0;
        uint32_t height = 0;
    };
    struct Fill
    {
        Range range;
        uint32_t word = 0;
    };
    struct OuterBarrier
    {};
    struct Barrier
    {};
    struct Label
    {
        std::string text;
    };
    struct Cut
    {};
    using Command =
        std::variant<Dispatch, Copy, CopyRows, CopyToImage, Fill, Barrier, OuterBarrier, ImageBarrier, Label, Cut>;

    Recording(std::shared_ptr<Device> its_device, Timing its_timing);
    ~Recording();

    // Noting
    Result<Range> resolve(const BufferRange& range) const;
    Status note_dispatch(const DispatchCommand& command);
    Status note_copy(const BufferRange& from, const BufferRange& to);
    Status note_fill(const BufferRange& range, uint32_t word);
    void note(Command command);
    void fail(const Status& status);

    // Making
    Status make();
    Status make_descriptor_sets();
    Status make_views(std::vector<VkBufferView>& binding_views);
    Status make_query_pool();
    Status make_command_buffers();
    Status record_segment(size_t segment);
    const Label* label_before(size_t command) const;
    void record_commands(VkCommandBuffer buffer, size_t begin, size_t end, bool is_timed) const;
    void record_dispatch(VkCommandBuffer commands, const Dispatch& dispatch, size_t index, bool is_timed) const;
    void record_copies(VkCommandBuffer buffer, const Command& command) const;
    void record_image_barrier(VkCommandBuffer buffer, const ImageBarrier& barrier) const;
    VkPipelineStageFlags stages_on_device() const;
    void record_barrier(VkCommandBuffer commands, VkPipelineStageFlags from, VkPipelineStageFlags to) const;
    void write_timestamp(VkCommandBuffer commands, uint32_t query) const;

    void record_into(VkCommandBuffer buffer) const;

    // Timing
    Result<std::vector<uint64_t>> read_timestamps() const;
    double nanoseconds(uint64_t begin, uint64_t end) const;

    static constexpr uint32_t first_query = 0; // the list's begin and end; then begin and end of each dispatch
    static constexpr uint32_t last_query = 1;
    uint32_t query_count() const;

    std::shared_ptr<Device> device; // shared: see Device
    DeviceState& state;
    Timing timing;
    std::string name = "vkseg";

    std::vector<Command> commands;
    std::vector<BoundRange> bindings;
    std::vector<std::byte> push_constants;
    std::vector<VkDeviceMemory> memory_to_invalidate; // not coherent: the host must invalidate what was copied there
    size_t dispatch_count = 0;
    bool reads_group_counts = false; // from memory
    bool is_segment_empty = true;
    Status failure; // first failure while recording

    bool is_finished = false;
    bool has_run = false;
    std::atomic<bool> is_running = false;
    std::vector<size_t> segment_begins; // index of the first command of each segment
    std::vector<VkBufferView> views;
    VkDescriptorPool descriptor_pool = VK_NULL_HANDLE;
    std::vector<VkDescriptorSet> descriptor_sets; // one per dispatch
    VkQueryPool query_pool = VK_NULL_HANDLE;
    VkCommandPool command_pool = VK_NULL_HANDLE;
    std::vector<VkCommandBuffer> command_buffers; // one per segment
    VkFence fence = VK_NULL_HANDLE;
};

} // namespace vkseg::vk
