#include "base/try.hpp"
#include "vk/outcome.hpp"
#include "vk/recording.hpp"

namespace vkseg::vk {
namespace {

// Ends a failed run with an idle queue or a lost device, because nothing may be destroyed while the device works on it.
Status drain(DeviceState& state, const Status& failure)
{
    const std::lock_guard lock(state.queue_lock);
    if (state.functions.QueueWaitIdle(state.queue) != VK_SUCCESS)
        state.lose("vkQueueWaitIdle");
    return failure;
}

// Waits as long as needed: systems with a watchdog report a hung device as lost, and software devices are just slow.
Status wait_for(DeviceState& state, VkFence fence)
{
    constexpr uint64_t timeout_ns = 10'000'000'000;
    VkResult result = VK_TIMEOUT;
    while (result == VK_TIMEOUT)
        result = state.functions.WaitForFences(state.handle, 1, &fence, VK_TRUE, timeout_ns);
    return state.check(result, "vkWaitForFences");
}

/// The semaphores of one side of a submission, as Vulkan takes them.
struct SemaphoreArrays
{
    explicit SemaphoreArrays(std::span<const VulkanSemaphore> operations)
    {
        for (const VulkanSemaphore& operation : operations)
        {
            semaphores.push_back(operation.semaphore);
            values.push_back(operation.value);
            stages.push_back(VK_PIPELINE_STAGE_ALL_COMMANDS_BIT);
            has_timeline = has_timeline || operation.value != 0;
        }
    }

    std::vector<VkSemaphore> semaphores;
    std::vector<uint64_t> values;
    std::vector<VkPipelineStageFlags> stages;
    bool has_timeline = false;
};

// Each entry of `batches` is one submission, so that none runs into a watchdog. The fence tells when the last has
// ended.
Status submit_in_order(DeviceState& state, std::span<const std::vector<VkCommandBuffer>> batches,
                       const SubmissionSemaphores& semaphores, VkFence fence)
{
    VKSEG_TRY(state.check(state.functions.ResetFences(state.handle, 1, &fence), "vkResetFences"));
    const SemaphoreArrays waits(semaphores.waits);
    const SemaphoreArrays signals(semaphores.signals);
    const std::lock_guard lock(state.queue_lock);
    for (size_t i = 0; i < batches.size(); i++)
    {
        const bool is_first = i == 0;
        const bool is_last = i + 1 == batches.size();
        auto information = make_structure<VkSubmitInfo>(VK_STRUCTURE_TYPE_SUBMIT_INFO);
        auto values = make_structure<VkTimelineSemaphoreSubmitInfo>(VK_STRUCTURE_TYPE_TIMELINE_SEMAPHORE_SUBMIT_INFO);
        information.commandBufferCount = uint32_t(batches[i].size());
        information.pCommandBuffers = batches[i].data();
        if (is_first)
        {
            information.waitSemaphoreCount = uint32_t(waits.semaphores.size());
            information.pWaitSemaphores = waits.semaphores.data();
            information.pWaitDstStageMask = waits.stages.data();
            values.waitSemaphoreValueCount = uint32_t(waits.values.size());
            values.pWaitSemaphoreValues = waits.values.data();
        }
        if (is_last)
        {
            information.signalSemaphoreCount = uint32_t(signals.semaphores.size());
            information.pSignalSemaphores = signals.semaphores.data();
            values.signalSemaphoreValueCount = uint32_t(signals.values.size());
            values.pSignalSemaphoreValues = signals.values.data();
        }
        if (waits.has_timeline || signals.has_timeline)
            information.pNext = &values;
        VKSEG_TRY(state.check(
            state.functions.QueueSubmit(state.queue, 1, &information, is_last ? fence : VkFence(VK_NULL_HANDLE)),
            "vkQueueSubmit"));
    }
    return {};
}

} // namespace

Status Device::submit(std::span<CommandList* const> lists, const SubmissionSemaphores& semaphores)
{
    VKSEG_TRY(state_->check_alive());
    std::vector<std::vector<VkCommandBuffer>> batches(1);
    for (const CommandList* list : lists)
    {
        const CommandList::Recording& recording = *list->recording_;
        if (!recording.is_finished || recording.device.get() != this)
            return Status(StatusCode::invalid_argument, "submit: expected a finished command list of this device");
        for (size_t i = 0; i < recording.command_buffers.size(); i++)
        {
            if (i > 0)
                batches.emplace_back();
            batches.back().push_back(recording.command_buffers[i]);
        }
    }
    size_t taken = 0;
    while (taken < lists.size() && !lists[taken]->recording_->is_running.exchange(true))
        ++taken;
    Status status;
    if (taken < lists.size())
        status = Status(StatusCode::invalid_argument, "submit: expected a command list that is not running");
    else
        status = submit_in_order(*state_, batches, semaphores, lists.back()->recording_->fence);
    if (status.is_ok())
        return status;
    if (taken == lists.size())
        status = drain(*state_, status);
    for (CommandList* list : lists.first(taken))
        list->recording_->is_running = false;
    return status.with_context("device '" + description().name + "'");
}

Status Device::wait(std::span<CommandList* const> lists)
{
    for (const CommandList* list : lists)
    {
        if (!list->recording_->is_running)
            return Status(StatusCode::invalid_argument, "wait: expected a command list that was submitted");
    }
    Status status = wait_for(*state_, lists.back()->recording_->fence);
    if (!status.is_ok())
        status = drain(*state_, status);
    for (CommandList* list : lists)
    {
        CommandList::Recording& recording = *list->recording_;
        for (const VkDeviceMemory memory : recording.memory_to_invalidate)
        {
            if (status.is_ok())
                status = state_->invalidate(memory);
        }
        recording.has_run = recording.has_run || status.is_ok();
        recording.is_running = false;
    }
    return status.with_context("device '" + description().name + "'");
}

bool Device::has_ended(const CommandList& last) const
{
    const CommandList::Recording& recording = *last.recording_;
    return !recording.is_running || state_->functions.GetFenceStatus(state_->handle, recording.fence) != VK_NOT_READY;
}

Status Device::run(CommandList& list)
{
    CommandList* const lists[] = {&list};
    VKSEG_TRY(submit(lists));
    return wait(lists);
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

Result<Timeline> CommandList::timeline() const
{
    VKSEG_ASSIGN(const std::vector<uint64_t> ticks, recording_->read_timestamps());
    const uint64_t begin = ticks[Recording::first_query];
    Timeline timeline = {.begin_ns = recording_->nanoseconds(0, begin),
                         .length_ns = recording_->nanoseconds(begin, ticks[Recording::last_query]),
                         .dispatches = {}};
    for (size_t i = 2; i < ticks.size(); i += 2)
        timeline.dispatches.push_back(
            {recording_->nanoseconds(begin, ticks[i]), recording_->nanoseconds(begin, ticks[i + 1])});
    return timeline;
}

Result<double> CommandList::device_time_ns() const
{
    VKSEG_ASSIGN(const std::vector<uint64_t> ticks, recording_->read_timestamps());
    return recording_->nanoseconds(ticks[Recording::first_query], ticks[Recording::last_query]);
}

} // namespace vkseg::vk
