#pragma once

#include "runtime/weight_store.hpp"

#include <optional>

/// A program on a device: its memory, its pipelines and its recorded commands.
namespace vkseg {

class Executable
{
public:
    /// Moves from `program`; on failure moves it back so that the caller can retry. `weights` must outlive the
    /// executable.
    static Result<std::unique_ptr<Executable>> create(const std::shared_ptr<vk::Device>& device, Program& program,
                                                      WeightStore& weights, const SessionOptions& options);

    /// Runs must not overlap.
    Result<RunResult> run(std::span<const NamedTensor> inputs);

    const Graph& graph() const { return program_.graph; }
    size_t activations_bytes() const;
    size_t staging_bytes() const;

private:
    Executable(std::shared_ptr<vk::Device> device, Program program, Timing timing);
    Status prepare(WeightStore& weights, const SessionOptions& options);
    Status allocate();
    Status record(std::span<const vk::BufferRange> weights);
    Status write_inputs(std::span<const NamedTensor> inputs);
    Result<std::vector<NamedTensor>> read_outputs() const;
    Status read_times(RunResult& result) const;
    vk::BufferRange range_of(const MemoryReference& reference, std::span<const vk::BufferRange> weights) const;

    std::shared_ptr<vk::Device> device_; // shared: see vk::Device
    Program program_;
    Timing timing_;
    bool keeps_invalid_entries_ = false;
    std::vector<vk::Buffer> arenas_;
    vk::Buffer from_host_;
    vk::Buffer to_host_;
    vk::Buffer upload_;   // used if from_host_ is not host-visible
    vk::Buffer download_; // used if to_host_ is not host-visible
    std::optional<vk::CommandList> commands_;
};

} // namespace vkseg
