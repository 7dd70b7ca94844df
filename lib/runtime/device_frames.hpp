#pragma once

#include "runtime/frame.hpp"

/// Runs of a Session whose inputs come from the device and whose outputs stay there.
namespace vkseg {

/// Makes the commands around a run in this frame.
using MakeEnds = std::function<Result<DeviceEnds>(Frame& frame)>;

/// A run in a command buffer of an app, which may be submitted any number of times, but by one queue only and not while
/// it is running. Must not be destroyed before the last of these runs has ended.
struct RecordedRun
{
    std::shared_ptr<void> session; // shared: its weights are in use
    std::unique_ptr<Frame> frame;
    DeviceEnds ends;
};

struct DeviceFrames
{
    /// Like Session::submit(), for these shapes of all inputs.
    static Result<PendingRun> submit(Session& session, std::span<const NamedShape> shapes, const MakeEnds& make_ends,
                                     const vk::SubmissionSemaphores& semaphores);

    static Result<RecordedRun> record(Session& session, std::span<const NamedShape> shapes, const MakeEnds& make_ends,
                                      VkCommandBuffer commands);
};

} // namespace vkseg
