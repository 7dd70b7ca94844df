#pragma once

#include "runtime/frame.hpp"

#include <list>

/// A program on a device: its memory, its pipelines, and the frames in which it runs.
namespace vkseg {

class Executable
{
public:
    /// Moves from `program`; on failure moves it back so that the caller can retry. `weights` must outlive the
    /// executable. At most `max_frames` runs are in flight at a time.
    static Result<std::unique_ptr<Executable>> create(const std::shared_ptr<vk::Device>& device, Program& program,
                                                      WeightStore& weights, const SessionOptions& options,
                                                      size_t max_frames = 1);

    /// Submits a run. If as many runs are in flight as allowed, first waits for the oldest. Calls must not overlap.
    Result<std::shared_ptr<Flight>> submit(std::span<const NamedTensor> inputs, double plan_ms = 0);

    /// Returns a frame without a run in flight and makes it the newest, as submit() does.
    Result<Frame*> find_frame();

    /// Makes a frame that is the caller's. Weights and device must outlive it; the executable need not.
    Result<std::unique_ptr<Frame>> create_frame() const { return Frame::create(placed_); }

    /// Submits a run and waits for it.
    Result<RunResult> run(std::span<const NamedTensor> inputs);

    /// Lets the states of the next run begin as zeros.
    void reset_states() { placed_->has_fresh_states = true; }

    const Graph& graph() const { return placed_->program.graph; }
    size_t activations_bytes() const;
    size_t staging_bytes() const;

private:
    explicit Executable(size_t max_frames) : max_frames_(max_frames) {}
    Status prepare(WeightStore& weights, const SessionOptions& options);

    std::shared_ptr<PlacedProgram> placed_ = std::make_shared<PlacedProgram>();
    size_t max_frames_;
    std::list<std::unique_ptr<Frame>> frames_; // that of the oldest run first
};

} // namespace vkseg
