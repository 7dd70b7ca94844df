#pragma once

#include "vkseg/device.hpp"
#include "vkseg/graph.hpp"

#include <functional>

/// Networks on a device, from tensors to tensors. `graph` is from load_model() (model.hpp) or GraphBuilder:
///
///     Result<Session> session = Session::create(*device, *std::move(graph), {.precision = Precision::f16});
///     const std::vector<NamedTensor> inputs = {{"x", Tensor::from({1, 3, 224, 224}, std::move(pixels))}};
///     const Result<RunResult> result = session->run(inputs);
///     const std::vector<float> scores = result->outputs[0].tensor.to_floats();
namespace vkseg {

/// Storage type of floats on the device. Sums are f32 with both.
enum class Precision : uint8_t
{
    f32,
    f16
};

enum class Timing : uint8_t
{
    none,
    device, ///< Total time on the device.
    nodes,  ///< Total time and the time of every node; slows small networks down.
};

/// Arithmetic of products in f16 convolutions. In f16, four products are summed in f16, and these sums in f32. Products
/// and sums of f16 beyond ±65504 become infinite, infinities of both signs add up to NaN, and magnitudes below 2^-24
/// (2^-14 on some devices) become 0. Winograd's products are always f32.
enum class HalfProducts : uint8_t
{
    never,        ///< Multiplies in f32.
    where_faster, ///< Multiplies in f16 on devices where that is faster (docs/gpus.md).
    always,       ///< Multiplies in f16 in all kernels that can. Fails on devices without f16 arithmetic.
};

/// Arithmetic of convolutions whose inputs and weights are quantised. Bytes are multiplied exactly and summed in 32
/// bits; only the rounding of scaled sums may differ from that of floats (docs/quantization.md).
enum class ByteProducts : uint8_t
{
    never,        ///< Multiplies the floats that the bytes stand for.
    where_faster, ///< Multiplies bytes on devices with instructions for it.
    always,
};

/// A graph output whose values become those of a graph input in the next run, for recurrent networks.
struct StateLink
{
    std::string output;
    std::string input;
    /// Keeps the state, and what is computed from it element by element, in f32 if the session stores f16: for averages
    /// over many runs.
    bool is_f32 = false;
};

struct SessionOptions
{
    Precision precision = Precision::f32;
    HalfProducts half_products = HalfProducts::where_faster; ///< No effect in f32.
    ByteProducts byte_products = ByteProducts::where_faster; ///< No effect if fuse is false.
    Timing timing = Timing::none;
    /// Lets activations with disjoint lifetimes share memory. Disable to debug.
    bool reuse_memory = true;
    /// Folds batch normalisation into convolutions, and activations and additions into the operator that computes their
    /// input.
    bool fuse = true;
    /// Allows Winograd's algorithm for 3 × 3 convolutions where it is faster. It costs about one bit of precision in
    /// f32; in f16 results may be off by 2^-9 of the largest.
    bool allow_winograd = true;
    /// Times the algorithms for each convolution when a plan is made, which takes seconds, and uses the fastest. The
    /// times are stored beside the device's pipeline cache, so that each kind of layer is timed once per device and
    /// driver. A plan gives the same bits in every run, but plans with different choices may give different bits.
    bool tune = false;
    /// Number of plans to keep, one for each set of input shapes; the least recently used plan is dropped first.
    size_t kept_plans = 4;
    /// Limit on the total memory of all plans: packed weights, activations, transfers and constants computed on the
    /// host. A network that needs more fails with out_of_memory before anything is allocated. Planning computes at most
    /// one value on the host for every 32 bytes of this limit and leaves the rest to the device. 0:
    /// default_max_memory_bytes() of each set of input shapes.
    size_t max_memory_bytes = 0;
    /// Number of runs that may be in flight, each with memory of its own for inputs and outputs: see Session::submit().
    /// There are fewer if max_memory_bytes or the device has no room for them.
    size_t frames_in_flight = 3;
    /// States that stay on the device from run to run: see Session::reset_state(). Their inputs are not given to run(),
    /// and their outputs are not among its results. Open extents of these inputs are found by shape inference: the
    /// input must have the shape of its output, which is sought beginning with extents of 1.
    std::vector<StateLink> state = {};
    /// After each run, lists the nodes whose results saturated or are not finite (RunResult::range_faults). Copies
    /// every intermediate value to the host: for debugging.
    bool check_range = false;
    /// Returns whole tensors where only the first entries are valid and the device finds how many; the others may hold
    /// anything. For debugging.
    bool keep_invalid_entries = false;
    /// Uses the linear layout for operators that support both layouts: for tests.
    bool prefer_linear_layout = false;
    /// Called with 0 … 1 while a plan is made (weights packed, pipelines created), on the thread that called vkseg. It
    /// must not call the Session or the Segmenter that it belongs to.
    void (*progress)(double fraction, void* user) = nullptr;
    void* progress_user = nullptr;
};

/// A graph input and the shape to plan for.
struct NamedShape
{
    std::string name;
    Shape shape;
};

struct NodeTime
{
    std::string node;
    std::string op; ///< "Conv", "MaxPool", …; "layout" for a change of layout, "input" and "output" for transfers
    Shape shape;    ///< shape of the first output
    int64_t multiply_adds = 0;
    size_t moved_bytes = 0; ///< size on the device of inputs, outputs and weights, each counted once
    double time_ms = 0;
};

/// A node with results outside the range of their storage type.
struct RangeFault
{
    std::string node;
    std::string op;
    size_t saturated = 0;  ///< Results of ±65504, the largest f16 values: larger results are stored as these.
    size_t not_finite = 0; ///< NaN and, in f32, infinities.
};

struct RunResult
{
    std::vector<NamedTensor> outputs;     ///< In the graph's order, without states; floats as f32, others as they are.
    double plan_ms = 0;                   ///< 0 if a plan for these shapes existed.
    double total_ms = 0;                  ///< From the submission until the outputs were read, without planning.
    double device_ms = 0;                 ///< Requires Timing::device or Timing::nodes.
    std::vector<NodeTime> nodes;          ///< In order of execution; requires Timing::nodes.
    std::vector<RangeFault> range_faults; ///< In order of execution; requires SessionOptions::check_range.
};

class Flight;

/// A run that a Session has submitted. Movable. It may outlive the Session. Destroying it drops the results.
class VKSEG_API PendingRun
{
public:
    PendingRun(PendingRun&&) noexcept;
    PendingRun& operator=(PendingRun&&) noexcept;
    ~PendingRun();

    /// True if wait() would not wait for the device.
    bool is_done() const;
    /// Waits for the run to end and returns its results; to be called once.
    Result<RunResult> wait();

private:
    friend class Session;
    friend struct DeviceFrames;
    PendingRun(std::shared_ptr<void> session, std::shared_ptr<Flight> flight);
    std::shared_ptr<void> session_; // shared: its memory is in use until the run has ended
    std::shared_ptr<Flight> flight_;
};

/// A network on a device, ready to run. Movable. Several threads may use one Session; its runs are computed one after
/// the other. Several Sessions can run concurrently on one Device.
class VKSEG_API Session
{
public:
    /// Takes a graph from a reader or builder. Uploads nothing until all input shapes are known: either fixed in the
    /// graph, or given to prepare() or run().
    static Result<Session> create(const Device& device, Graph graph, const SessionOptions& options = {});
    Session(Session&&) noexcept;
    Session& operator=(Session&&) noexcept;
    ~Session();

    /// Makes the plan for these input shapes and everything it needs (packed weights, memory, pipelines, commands), so
    /// that the first run is as fast as later ones. Inputs that are not named have the graph's shape. May be called
    /// again after a failure, for example when other programs have freed device memory.
    Status prepare(std::span<const NamedShape> shapes = {});

    /// Computes all outputs. Every graph input except states must be given once, with a type of the same kind (floats
    /// for floats, integers for integers). Fails with invalid_argument and the name of the input if one does not fit.
    Result<RunResult> run(std::span<const NamedTensor> inputs);

    /// Submits a run and returns without waiting for the device, so that the host can work on other frames in the
    /// meantime. Runs end in the order in which they were submitted. If SessionOptions::frames_in_flight runs have not
    /// ended, waits for the oldest of them; its results stay in its PendingRun. A run that fails does not stop others.
    /// The inputs are copied.
    Result<PendingRun> submit(std::span<const NamedTensor> inputs);

    /// Submits a run and calls `done` with the results, on a thread of the library, in order. `done` must not throw,
    /// nor destroy the Session. The destructor of the Session waits for the calls; from then on, this function fails
    /// with invalid_argument. Results wait for their calls in memory, any number of them: if `done` is slower than the
    /// device, count what is outstanding.
    Status submit(std::span<const NamedTensor> inputs, std::function<void(Result<RunResult>)> done);

    /// Lets the states (SessionOptions::state) of the next submitted run begin as zeros. They also begin so in the
    /// first run, if the shapes of the inputs differ from those of the run before, and after a run that failed on the
    /// device; inputs that are refused leave them as they are. With runs in flight, states follow the order of
    /// submission.
    void reset_state();

    /// One line for each weight or constant tensor that f16 cannot hold, of all plans so far: how many values overflow,
    /// vanish or lose most of their digits, and how this is handled. Empty in f32.
    std::vector<std::string> warnings() const;

    /// The graph as given to create(). If it fixes the shapes of all inputs, its constants are freed after the first
    /// plan.
    const Graph& graph() const;
    MemoryUse memory_use() const; ///< Memory of this session only.

private:
    friend struct DeviceFrames;
    struct VKSEG_HIDDEN State;
    explicit Session(std::shared_ptr<State> state);
    std::shared_ptr<State> state_; // shared with pending runs
};

/// Size and cost of a network for given input shapes, computed without a device.
struct NetworkSummary
{
    int64_t parameters = 0;       ///< number of values in float constants
    int64_t multiply_adds = 0;    ///< multiply-adds in convolutions and matrix products
    size_t weights_bytes = 0;     ///< size after packing
    size_t activations_bytes = 0; ///< planned size, with memory reuse
    size_t live_bytes = 0;        ///< lower bound of activations_bytes: max. size of tensors alive at one step
    size_t memory_bytes = 0;      ///< total that SessionOptions::max_memory_bytes limits
    size_t steps = 0;             ///< kernel launches
    size_t waits = 0;             ///< launches that wait for earlier ones; the others run concurrently with these
    std::map<std::string, size_t> operators; ///< counts of the operators of the graph as loaded
    std::vector<NamedShape> inputs;
    std::vector<NamedShape> outputs;
};

/// Default memory limit of a session of this network, which keeps a small file from asking for much: 768 MiB, plus 32
/// bytes for each byte of the graph's constants and unfilled weights (shared memory counted once), plus 512 bytes for
/// each value of the inputs whose shapes the graph leaves open and `shapes` gives.
VKSEG_API size_t default_max_memory_bytes(const Graph& graph, std::span<const NamedShape> shapes = {});

/// Summarises a network. `max_memory_bytes` limits the constants computed on the host, as
/// SessionOptions::max_memory_bytes does; the network may need more memory than that to run.
VKSEG_API Result<NetworkSummary> summarize(const Graph& graph, std::span<const NamedShape> shapes = {},
                                           Precision precision = Precision::f32, size_t max_memory_bytes = 0);

/// Returns the network as a session runs it for these input shapes: all shapes known, constants folded, operators
/// fused.
VKSEG_API Result<Graph> specialize(const Graph& graph, std::span<const NamedShape> shapes = {}, bool fuse = true,
                                   size_t max_memory_bytes = 0);

/// Names of the graph inputs whose values, not only their shapes, must be known when the network is planned: weights,
/// sizes, axes, and the inputs that these are computed from. Freeze them (Graph::freeze_input) before creating a
/// Session.
VKSEG_API std::vector<std::string> parameter_inputs(const Graph& graph);

} // namespace vkseg
