#pragma once

#include "runtime/weight_store.hpp"
#include "vk/sampled_image.hpp"

#include <atomic>
#include <chrono>
#include <mutex>
#include <optional>

/// Runs of a network that the host has submitted, each with memory of its own for inputs and outputs.
namespace vkseg {

/// A program with everything on its device that its runs share.
struct PlacedProgram
{
    std::shared_ptr<vk::Device> device; // shared: see vk::Device
    Program program;
    Timing timing = Timing::none;
    bool keeps_invalid_entries = false;
    std::vector<vk::Buffer> arenas;
    std::vector<vk::BufferRange> weights;
    std::vector<const vk::Pipeline*> pipelines; ///< one per launch
    vk::Buffer states;                          ///< memory that a run of a recurrent network leaves for the next
    std::atomic<bool> has_fresh_states = true;  ///< the states of the next run begin as zeros
};

class Flight;

/// The commands before and after a run whose inputs come from the device and whose outputs stay there, and what these
/// commands use. `read` gives the results for RunResult::outputs after the run.
struct DeviceEnds
{
    std::vector<std::unique_ptr<vk::SampledImage>> images;
    std::vector<std::unique_ptr<vk::Buffer>> buffers; ///< from Frame::take_buffer()
    std::vector<std::unique_ptr<vk::Buffer>> app_buffers;
    std::optional<vk::CommandList> before;
    std::optional<vk::CommandList> after;
    std::function<Result<std::vector<NamedTensor>>()> read;
};

/// The buffers between host and device of one run at a time, and the commands recorded for them.
class Frame
{
public:
    static Result<std::unique_ptr<Frame>> create(std::shared_ptr<PlacedProgram> placed);
    /// Waits for the run that is in flight.
    ~Frame();
    Frame(const Frame&) = delete;
    Frame& operator=(const Frame&) = delete;

    /// Writes the inputs and submits the commands. The frame must be free.
    Result<std::shared_ptr<Flight>> submit(std::span<const NamedTensor> inputs, double plan_ms = 0);

    /// Submits the commands between those of `ends`.
    Result<std::shared_ptr<Flight>> submit(DeviceEnds ends, const vk::SubmissionSemaphores& semaphores, double plan_ms);

    /// Adds the commands, between those of `ends`, to a command buffer of an app. Frame and `ends` must not be
    /// destroyed before it has ended.
    void record_into(VkCommandBuffer commands, const DeviceEnds& ends) const;

    /// A buffer for DeviceEnds: one that the last run has left, if it fits, so that nothing is allocated from run to
    /// run.
    Result<std::unique_ptr<vk::Buffer>> take_buffer(size_t bytes, vk::BufferUse use);

    /// Memory of a graph input, which is stored in one form, and of a graph output.
    vk::BufferRange input_range(uint32_t index) const;
    vk::BufferRange output_range(uint32_t index) const;
    const std::shared_ptr<vk::Device>& device() const { return placed_->device; }
    const Graph& graph() const { return placed_->program.graph; }
    /// Number of the graph's first outputs that are results for the caller, which states are not.
    size_t result_count() const { return placed_->program.results - placed_->program.schedule.states.size(); }

    /// True if no run is in flight whose results are still to be read.
    bool is_free() const;
    /// Waits for the run in flight and reads its results.
    void make_free();

    size_t size_bytes() const;

private:
    friend class Flight;
    explicit Frame(std::shared_ptr<PlacedProgram> placed) : placed_(std::move(placed)) {}
    Status allocate();
    Status record_transfers();
    Status record_clearing();
    Status record_network();
    std::vector<vk::CommandList*> lists();
    Status write_inputs(std::span<const NamedTensor> inputs);
    Status submit_lists(const vk::SubmissionSemaphores& semaphores);
    Result<RunResult> read_results();
    Result<std::vector<NamedTensor>> read_outputs() const;
    Status read_times(RunResult& result) const;
    vk::BufferRange range_of(const MemoryReference& reference) const;

    std::shared_ptr<PlacedProgram> placed_; // shared by all frames
    vk::Buffer from_host_;
    vk::Buffer to_host_;
    vk::Buffer upload_;   // used if from_host_ is not host-visible
    vk::Buffer download_; // used if to_host_ is not host-visible
    std::optional<vk::CommandList> uploading_;
    std::optional<vk::CommandList> clearing_; // of the states
    bool clears_states_ = false;              // in the run in flight
    std::optional<vk::CommandList> network_;
    std::optional<vk::CommandList> downloading_;
    std::optional<DeviceEnds> ends_; // of the run in flight
    mutable std::mutex spare_mutex_; // a run that ends on another thread gives its buffers back
    std::vector<std::unique_ptr<vk::Buffer>> spare_buffers_;
    int64_t submitted_ns_ = 0;
    std::shared_ptr<Flight> flight_; // shared: the caller waits for it, while the frame may want to be free before
};

/// A submitted run. Threads may use it concurrently.
class Flight
{
public:
    Flight(Frame& frame, double plan_ms) : frame_(&frame), plan_ms_(plan_ms), begin_(std::chrono::steady_clock::now())
    {}

    /// True if land() would not wait for the device.
    bool has_ended() const;
    bool has_landed() const;
    /// Waits for the device and reads the results, which frees the frame. Later calls do nothing.
    void land();
    /// Lands, and gives the results to the first caller; the second gets invalid_argument.
    Result<RunResult> take();

private:
    void land_locked();

    mutable std::mutex mutex_;
    Frame* frame_; // null after landing
    double plan_ms_;
    std::chrono::steady_clock::time_point begin_;
    std::optional<Result<RunResult>> result_;
};

} // namespace vkseg
