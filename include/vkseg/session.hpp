#pragma once

#include "vkseg/device.hpp"
#include "vkseg/graph.hpp"

namespace vkseg {

/// How floats are stored on the device. Sums are f32 in both.
enum class Precision : uint8_t
{
    f32,
    f16
};

enum class Timing : uint8_t
{
    none,
    device, ///< Time on the device as a whole.
    nodes,  ///< And of every node; slows small networks down.
};

/// In what convolutions in f16 multiply. In halves, four products are summed in halves, and these sums in f32: what is
/// beyond 65504 in size is infinite there, infinities of both signs give NaN, and what is below 2^-24 (2^-14 on some
/// devices) is 0. Winograd's products are f32.
enum class HalfProducts : uint8_t
{
    never,        ///< In f32.
    where_faster, ///< In halves on devices where that is faster (docs/gpus.md).
    always,       ///< In halves, by the kernels that can. Fails on devices without arithmetic of halves.
};

struct SessionOptions
{
    Precision precision = Precision::f32;
    HalfProducts half_products = HalfProducts::where_faster; ///< Of no effect in f32.
    Timing timing = Timing::none;
    /// Activations whose lifetimes do not meet share memory. Off, every value keeps its own: for debugging.
    bool reuse_memory = true;
    /// Folds batch normalisation into convolutions, and activations and additions into what computes their input.
    bool fuse = true;
    /// Convolutions of 3 × 3 may multiply less (Winograd), where that is faster. In f32 this costs about one bit; in
    /// f16 results may be off by 2^-9 of the largest.
    bool allow_winograd = true;
    /// Measures the ways to compute each convolution when a plan is made, which takes seconds, and takes the fastest.
    /// What was measured is kept beside the device's pipeline cache, so that each kind of layer is measured once on a
    /// device and driver. A plan gives the same bits in every run, but another choice may give others.
    bool tune = false;
    /// Plans for this many sets of input shapes are kept; the one unused for longest goes first.
    size_t kept_plans = 4;
    /// Memory that the plans may take in all: packed weights, activations, transfers and constants computed on the
    /// host. A network that needs more fails with out_of_memory before anything is allocated. Planning computes at most
    /// one value on the host for every 32 bytes of it and leaves the rest to the device. 0: default_max_memory_bytes()
    /// of each set of input shapes.
    size_t max_memory_bytes = 0;
    /// After each run, lists the nodes whose results saturated or are not finite (RunResult::range_faults). Copies
    /// every intermediate value to the host: for debugging.
    bool check_range = false;
    /// The layout of operators that can work in either: for tests.
    bool prefer_linear_layout = false;
    /// Called with 0 … 1 while a plan is made (weights are packed, pipelines created), from the calling thread.
    void (*progress)(double fraction, void* user) = nullptr;
    void* progress_user = nullptr;
};

/// A graph input with the shape that it is to be planned for.
struct NamedShape
{
    std::string name;
    Shape shape;
};

struct NodeTime
{
    std::string node;
    std::string op; ///< "Conv", "MaxPool", …; "layout" for a change of layout, "input" and "output" for transfers
    Shape shape;    ///< of its first output
    int64_t multiply_adds = 0;
    size_t moved_bytes = 0; ///< its inputs, outputs and weights, each once and as the device stores them
    double time_ms = 0;
};

/// A node some of whose results have left the range of the type that they are stored in.
struct RangeFault
{
    std::string node;
    std::string op;
    size_t saturated = 0;  ///< Results of ±65504, the largest that f16 holds: larger ones are stored as that.
    size_t not_finite = 0; ///< NaN and, in f32, infinities.
};

struct RunResult
{
    std::vector<NamedTensor> outputs;     ///< In the graph's order; floats as f32, others in their own type.
    double plan_ms = 0;                   ///< 0 if the plan for these shapes was there already.
    double total_ms = 0;                  ///< From host to host, planning left out.
    double device_ms = 0;                 ///< With Timing::device or nodes.
    std::vector<NodeTime> nodes;          ///< With Timing::nodes, in order.
    std::vector<RangeFault> range_faults; ///< With SessionOptions::check_range, in order.
};

/// A network on a device, ready to run. Movable; several threads may call run() of one Session, one is served at a
/// time; Sessions run side by side on one Device.
class VKSEG_API Session
{
public:
    /// Takes a graph as a reader or builder gives it. Nothing is uploaded before the shapes of the inputs are known:
    /// all of them fixed in the graph, or given to prepare() or run().
    static Result<Session> create(const Device& device, Graph graph, const SessionOptions& options = {});
    Session(Session&&) noexcept;
    Session& operator=(Session&&) noexcept;
    ~Session();

    /// Makes the plan for these input shapes and all that it needs (packed weights, memory, pipelines, commands), so
    /// that the first run is as fast as the others. Inputs that are not named have the graph's shape. May be called
    /// again after a failure, as when other programs have left the device more memory.
    Status prepare(std::span<const NamedShape> shapes = {});

    /// Computes all outputs. Every graph input must be given once; its type may be any that converts without loss of
    /// kind (floats to floats, integers to integers). Fails with invalid_argument, naming the input, when one does not
    /// fit.
    Result<RunResult> run(std::span<const NamedTensor> inputs);

    /// Weights and constants that f16 does not hold, one line for each tensor, of all plans made so far: how many of
    /// its values overflow, vanish or lose most of their digits, and what is done about it. Empty in f32.
    std::vector<std::string> warnings() const;

    /// As it was given. Where the shapes of all inputs are fixed in it, the constants are gone after the first plan.
    const Graph& graph() const;
    MemoryUse memory_use() const; ///< Of this session.

private:
    struct State;
    explicit Session(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

/// What a network is and needs for given input shapes, found without a device.
struct NetworkSummary
{
    int64_t parameters = 0;       ///< values in constants of floats
    int64_t multiply_adds = 0;    ///< of convolutions and matrix products
    size_t weights_bytes = 0;     ///< as packed
    size_t activations_bytes = 0; ///< planned, with reuse
    size_t live_bytes = 0;        ///< lower bound of the former: the largest sum of tensors that are alive at one step
    size_t memory_bytes = 0;      ///< what SessionOptions::max_memory_bytes bounds
    size_t steps = 0;             ///< kernel launches
    size_t waits = 0;             ///< launches that wait for those before them; the others run beside these
    std::map<std::string, size_t> operators; ///< of the graph as loaded, with counts
    std::vector<NamedShape> inputs;
    std::vector<NamedShape> outputs;
};

/// The memory that a session of this network may take unless SessionOptions say otherwise: 768 MiB; 32 bytes for each
/// byte of the graph's constants and open weights, those in the same memory counted once; and 512 bytes for each value
/// of the inputs whose shapes the graph leaves open and `shapes` gives. So a small file cannot ask for much.
VKSEG_API size_t default_max_memory_bytes(const Graph& graph, std::span<const NamedShape> shapes = {});

/// `max_memory_bytes` bounds the constants that are computed, as SessionOptions::max_memory_bytes does; the summary may
/// tell of a network that needs more to run.
VKSEG_API Result<NetworkSummary> summarize(const Graph& graph, std::span<const NamedShape> shapes = {},
                                           Precision precision = Precision::f32, size_t max_memory_bytes = 0);

/// The network as a session runs it for these input shapes: all shapes known, constants folded, operators fused.
VKSEG_API Result<Graph> specialize(const Graph& graph, std::span<const NamedShape> shapes = {}, bool fuse = true,
                                   size_t max_memory_bytes = 0);

/// Graph inputs whose values, not only their shapes, must be known when the network is planned: weights, sizes, axes,
/// and what those are computed from. Freeze them (Graph::freeze_input) before a Session is made.
VKSEG_API std::vector<std::string> parameter_inputs(const Graph& graph);

} // namespace vkseg
