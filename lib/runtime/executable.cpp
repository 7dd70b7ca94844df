#include "runtime/executable.hpp"

#include "base/log.hpp"
#include "base/text.hpp"
#include "base/trace.hpp"
#include "base/try.hpp"
#include "runtime/pipeline_keys.hpp"

#include <algorithm>

namespace vkseg {

Result<std::unique_ptr<Executable>> Executable::create(const std::shared_ptr<vk::Device>& device, Program& program,
                                                       WeightStore& weights, const SessionOptions& options,
                                                       size_t max_frames)
{
    std::unique_ptr<Executable> executable(new Executable(max_frames));
    executable->placed_->device = device;
    executable->placed_->program = std::move(program);
    executable->placed_->timing = options.timing;
    executable->placed_->keeps_invalid_entries = options.keep_invalid_entries;
    const Status status = executable->prepare(weights, options);
    if (status.is_ok())
        return executable;
    program = std::move(executable->placed_->program);
    return status;
}

Status Executable::prepare(WeightStore& weights, const SessionOptions& options)
{
    const auto report = [&](double fraction)
    {
        if (options.progress != nullptr)
            options.progress(fraction, options.progress_user);
    };
    Program& program = placed_->program;
    ScopedSpan span("plan", "pack weights");
    VKSEG_ASSIGN(placed_->weights, weights.place(program, [&](double fraction) { report(0.5 * fraction); }));
    span.next("allocate memory");
    for (const size_t bytes : program.memory.arena_bytes)
    {
        VKSEG_ASSIGN(vk::Buffer arena,
                     vk::Buffer::create(placed_->device, {.bytes = std::max<size_t>(bytes, 256),
                                                          .use = vk::BufferUse::device,
                                                          .purpose = vk::MemoryPurpose::activations}));
        placed_->arenas.push_back(std::move(arena));
    }
    if (program.host.state_bytes > 0)
    {
        VKSEG_ASSIGN(placed_->states, vk::Buffer::create(placed_->device, {.bytes = program.host.state_bytes,
                                                                           .use = vk::BufferUse::device,
                                                                           .purpose = vk::MemoryPurpose::activations}));
    }
    span.next("create pipelines");
    VKSEG_ASSIGN(placed_->pipelines, placed_->device->create_pipelines(pipeline_keys(program)));
    span.next("record");
    VKSEG_ASSIGN(std::unique_ptr<Frame> frame, Frame::create(placed_));
    frames_.push_back(std::move(frame));
    report(1);
    return {};
}

/// Returns a free frame and makes it the newest. Where memory is short, fewer frames have to do.
Result<Frame*> Executable::find_frame()
{
    auto frame = std::ranges::find_if(frames_, [](const auto& one) { return one->is_free(); });
    if (frame == frames_.end() && frames_.size() < max_frames_)
    {
        const ScopedSpan span("plan", "record another frame");
        Result<std::unique_ptr<Frame>> created = Frame::create(placed_);
        if (created.is_ok())
            frame = frames_.insert(frames_.end(), *std::move(created));
        else if (created.status().code() != StatusCode::out_of_memory)
            return created.status();
        else if (is_logged(LogLevel::warning))
            write_log(LogLevel::warning, "network '" + graph().name + "': there is no memory for more than " +
                                             counted(frames_.size(), "frame") +
                                             " in flight, so submissions wait: " + created.status().message());
    }
    if (frame == frames_.end())
        frame = frames_.begin();
    (*frame)->make_free();
    frames_.splice(frames_.end(), frames_, frame);
    return frames_.back().get();
}

Result<std::shared_ptr<Flight>> Executable::submit(std::span<const NamedTensor> inputs, double plan_ms)
{
    VKSEG_ASSIGN(Frame* const frame, find_frame());
    return frame->submit(inputs, plan_ms);
}

Result<RunResult> Executable::run(std::span<const NamedTensor> inputs)
{
    const ScopedSpan span("run", "run");
    VKSEG_ASSIGN(const std::shared_ptr<Flight> flight, submit(inputs));
    return flight->take();
}

size_t Executable::activations_bytes() const
{
    size_t bytes = placed_->states.size_bytes();
    for (const vk::Buffer& arena : placed_->arenas)
        bytes += arena.size_bytes();
    return bytes;
}

size_t Executable::staging_bytes() const
{
    size_t bytes = 0;
    for (const std::unique_ptr<Frame>& frame : frames_)
        bytes += frame->size_bytes();
    return bytes;
}

} // namespace vkseg
