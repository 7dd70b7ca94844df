#include "base/try.hpp"
#include "vk/outcome.hpp"
#include "vk/recording.hpp"

namespace vkseg::vk {
namespace {

// Ends a failed run with an idle queue or a lost device, because nothing may be destroyed while the device works on it.
Status drain(DeviceState& state, const Status& failure)
{
    const std::lock_guard lock(state.queue_mutex);
    if (state.functions.QueueWaitIdle(state.queue) != VK_SUCCESS)
        state.is_lost = true;
    return failure;
}

// Waits as long as needed: systems with a watchdog report a hung device as lost, and software devices are just slow.
Status wait(DeviceState& state, VkFence fence)
{
    constexpr uint64_t timeout_ns = 10'000'000'000;
    VkResult result = VK_TIMEOUT;
    while (result == VK_TIMEOUT)
        result = state.functions.WaitForFences(state.handle, 1, &fence, VK_TRUE, timeout_ns);
    return state.check(result, "vkWaitForFences");
}

Status submit(DeviceState& state, std::span<const VkCommandBuffer> buffers, VkFence fence)
{
    VKSEG_TRY(state.check(state.functions.ResetFences(state.handle, 1, &fence), "vkResetFences"));
    const std::lock_guard lock(state.queue_mutex);
    for (size_t i = 0; i < buffers.size(); i++)
    {
        auto information = make_structure<VkSubmitInfo>(VK_STRUCTURE_TYPE_SUBMIT_INFO);
        information.commandBufferCount = 1;
        information.pCommandBuffers = &buffers[i];
        const bool is_last = i + 1 == buffers.size();
        VKSEG_TRY(state.check(
            state.functions.QueueSubmit(state.queue, 1, &information, is_last ? fence : VkFence(VK_NULL_HANDLE)),
            "vkQueueSubmit"));
    }
    return {};
}

Status invalidate(DeviceState& state, std::span<const VkDeviceMemory> memories)
{
    for (VkDeviceMemory memory : memories)
    {
        auto range = make_structure<VkMappedMemoryRange>(VK_STRUCTURE_TYPE_MAPPED_MEMORY_RANGE);
        range.memory = memory;
        range.size = VK_WHOLE_SIZE;
        VKSEG_TRY(state.check(state.functions.InvalidateMappedMemoryRanges(state.handle, 1, &range),
                              "vkInvalidateMappedMemoryRanges"));
    }
    return {};
}

} // namespace

Status Device::run(CommandList& list)
{
    CommandList::Recording& recording = *list.recording_;
    VKSEG_TRY(state_->check_alive());
    if (!recording.is_finished || recording.device.get() != this)
        return Status(StatusCode::invalid_argument, "run: expected a finished command list of this device");
    if (recording.is_running.exchange(true))
        return Status(StatusCode::invalid_argument, "run: expected a command list that no other thread is running");

    Status status = submit(*state_, recording.command_buffers, recording.fence);
    if (status.is_ok())
        status = wait(*state_, recording.fence);
    if (!status.is_ok())
        status = drain(*state_, status);
    else
        status = invalidate(*state_, recording.memory_to_invalidate);
    recording.has_run = recording.has_run || status.is_ok();
    recording.is_running = false;
    return status.with_context("device '" + description().name + "'");
}

Result<std::vector<uint64_t>> CommandList::Recording::read_timestamps() const
{
    if (timing == Timing::none || !has_run)
        return Status(StatusCode::invalid_argument, "timing: expected a command list that is timed and has run");
    if (query_pool == VK_NULL_HANDLE)
        return Status(StatusCode::unsupported,
                      "timing: device '" + state.physical.description.name + "' has no timestamps");
    std::vector<uint64_t> ticks(query_count());
    VKSEG_TRY(state.check(state.functions.GetQueryPoolResults(state.handle, query_pool, 0, query_count(),
                                                              ticks.size() * sizeof(uint64_t), ticks.data(),
                                                              sizeof(uint64_t), VK_QUERY_RESULT_64_BIT),
                          "vkGetQueryPoolResults"));
    return ticks;
}

// Timestamp counters may have fewer bits than the values that hold them, and wrap around.
double CommandList::Recording::nanoseconds(uint64_t begin, uint64_t end) const
{
    const uint32_t bits = state.physical.timestamp_valid_bits;
    const uint64_t mask = bits >= 64 ? ~uint64_t(0) : (uint64_t(1) << bits) - 1;
    return double((end - begin) & mask) * state.physical.timestamp_period_ns;
}

Result<std::vector<double>> CommandList::dispatch_times_ns() const
{
    if (recording_->timing != Timing::each_dispatch)
        return std::vector<double>();
    VKSEG_ASSIGN(const std::vector<uint64_t> ticks, recording_->read_timestamps());
    std::vector<double> times;
    for (size_t i = 2; i < ticks.size(); i += 2)
        times.push_back(recording_->nanoseconds(ticks[i], ticks[i + 1]));
    return times;
}

Result<double> CommandList::device_time_ns() const
{
    VKSEG_ASSIGN(const std::vector<uint64_t> ticks, recording_->read_timestamps());
    return recording_->nanoseconds(ticks[Recording::first_query], ticks[Recording::last_query]);
}

} // namespace vkseg::vk
