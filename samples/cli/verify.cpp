#include "commands.hpp"

#include "reference/evaluate.hpp"

#include <algorithm>
#include <cmath>
#include <map>

namespace vkseg::cli {
namespace {

/// The outputs of a batch of nodes may take one part in this many of the memory: they are on the device, in its staging
/// buffer, and twice on the host, where the reference computes them again.
constexpr size_t batch_share = 8;

double smallest_normal(Precision precision)
{
    return precision == Precision::f16 ? 0x1p-14 : 0x1p-126;
}

struct NodeError
{
    double largest = 0; ///< largest |device − reference|
    double sum = 0;     ///< sum of |device − reference|
    double values = 0;
    double scale = 0; ///< largest |reference|, at least the smallest normal value that the device stores
    bool has_nan_mismatch = false;
    size_t saturated = 0; ///< values that f16 clamps to its range
    size_t vanished = 0;  ///< values that are zero only on the device

    double relative() const { return largest / scale; }
    double relative_mean() const { return values > 0 ? sum / values / scale : 0; }
};

void compare(const Tensor& device, const Tensor& reference, NodeError& error)
{
    constexpr float largest_half = 65504;
    if (!(device.shape() == reference.shape()))
    {
        error.has_nan_mismatch = true;
        return;
    }
    const std::vector<float> a = device.to_floats();
    const std::vector<float> b = reference.to_floats();
    error.values += double(a.size());
    for (size_t i = 0; i < a.size(); ++i)
    {
        if (a[i] == b[i] || (std::isnan(a[i]) && std::isnan(b[i])))
            continue;
        error.saturated += std::abs(a[i]) == largest_half && std::abs(b[i]) > largest_half ? 1 : 0;
        error.vanished += a[i] == 0 ? 1 : 0;
        if (!std::isfinite(a[i]) || !std::isfinite(b[i]))
        {
            error.has_nan_mismatch = true;
            continue;
        }
        const double difference = std::abs(double(a[i]) - double(b[i]));
        error.largest = std::max(error.largest, difference);
        error.sum += difference;
    }
    for (const float value : b)
    {
        if (std::isfinite(value))
            error.scale = std::max(error.scale, std::abs(double(value)));
    }
}

/// Runs a specialised graph batch by batch on the device; keeps values on the host while later nodes read them.
class Verifier
{
public:
    Verifier(const Device& device, Graph graph, const SessionOptions& options)
        : device_(device), graph_(std::move(graph)), options_(options), last_use_(graph_.values.size())
    {
        for (size_t i = 0; i < graph_.nodes.size(); ++i)
        {
            for (const ValueId id : graph_.nodes[i].inputs)
            {
                if (id != no_value)
                    last_use_[id] = i;
            }
        }
    }

    void set_inputs(const std::vector<NamedTensor>& inputs)
    {
        for (const NamedTensor& input : inputs)
        {
            const ValueId id = *graph_.find_value(input.name);
            // The reference computes from the same values as the device.
            values_[id] = input.tensor;
        }
    }

    size_t node_count() const { return graph_.nodes.size(); }
    const Node& node(size_t index) const { return graph_.nodes[index]; }
    const Shape& shape_of(size_t index) const { return graph_.values[first_output(index)].shape; }

    /// Runs one batch of nodes from `begin` on; returns the index after its last node.
    size_t run_batch(size_t begin)
    {
        size_t end = begin;
        const int64_t batch_values = int64_t(options_.max_memory_bytes / batch_share / sizeof(float));
        int64_t total = 0;
        while (end < graph_.nodes.size() && (end == begin || total < batch_values))
        {
            for (const ValueId id : graph_.nodes[end].outputs)
                total += id == no_value ? 0 : graph_.values[id].shape.elements();
            ++end;
        }
        Graph batch;
        batch.name = graph_.name;
        batch.values = graph_.values;
        batch.nodes.assign(graph_.nodes.begin() + std::ptrdiff_t(begin), graph_.nodes.begin() + std::ptrdiff_t(end));
        // Value names need not be unique inside a graph, but inputs and outputs are identified by name.
        for (size_t id = 0; id < batch.values.size(); ++id)
        {
            if (!batch.values[id].constant)
                batch.values[id].name = fmt::format("v{}", id);
        }
        std::vector<bool> is_known(batch.values.size());
        std::vector<NamedTensor> inputs;
        for (const Node& node : batch.nodes)
        {
            for (const ValueId id : node.inputs)
            {
                if (id == no_value || is_known[id] || batch.values[id].constant)
                    continue;
                is_known[id] = true;
                batch.inputs.push_back(id);
                inputs.push_back({batch.values[id].name, values_.at(id)});
            }
            for (const ValueId id : node.outputs)
            {
                if (id == no_value)
                    continue;
                is_known[id] = true;
                batch.outputs.push_back(id);
            }
        }
        const std::vector<ValueId> outputs = batch.outputs;
        Session session = take(Session::create(device_, std::move(batch), options_));
        const RunResult result = take(session.run(inputs));
        for (const std::string& warning : session.warnings())
            warnings_.push_back(warning);
        for (size_t i = 0; i < outputs.size(); ++i)
            values_[outputs[i]] = result.outputs[i].tensor;
        return end;
    }

    /// Compares a node's outputs on the device with the reference, computed from the device's inputs of that node.
    NodeError error_of(size_t index)
    {
        const Node& node = graph_.nodes[index];
        std::vector<const Tensor*> inputs;
        for (const ValueId id : node.inputs)
            inputs.push_back(id == no_value               ? nullptr
                             : graph_.values[id].constant ? &*graph_.values[id].constant
                                                          : &values_.at(id));
        const reference::Tensors expected = take(reference::evaluate(node.op, inputs));
        NodeError error = {.scale = smallest_normal(options_.precision)};
        for (size_t i = 0; i < node.outputs.size() && i < expected.size(); ++i)
        {
            if (node.outputs[i] != no_value)
                compare(valid_entries(node.outputs[i], values_.at(node.outputs[i])),
                        valid_entries(node.outputs[i], expected[i]), error);
        }
        return error;
    }

    std::span<const std::string> warnings() const { return warnings_; }

    void forget_before(size_t next_node)
    {
        std::erase_if(values_, [&](const auto& entry) { return last_use_[entry.first] < next_node; });
    }

private:
    /// A computed value without the entries that are not valid.
    Tensor valid_entries(ValueId id, const Tensor& tensor) const
    {
        const std::optional<ValidEntries>& valid = graph_.values[id].valid;
        if (!valid)
            return tensor;
        return tensor.entries(valid->axis, 0, values_.at(valid->count).to_integers()[0]);
    }

    ValueId first_output(size_t index) const
    {
        const std::vector<ValueId>& ids = graph_.nodes[index].outputs;
        return *std::find_if(ids.begin(), ids.end(), [](ValueId id) { return id != no_value; });
    }

    const Device& device_;
    Graph graph_;
    SessionOptions options_;
    std::vector<size_t> last_use_;
    std::map<ValueId, Tensor> values_;
    std::vector<std::string> warnings_;
};

/// Compares the outputs of a session, which fuses operators and shares memory, with the reference's for the network
/// whose operators are not fused. Returns the name of the first that is wrong, or nothing.
std::string compare_outputs(Session session, const Graph& unfused, const std::vector<NamedTensor>& inputs,
                            Precision precision)
{
    const RunResult result = take(session.run(inputs));
    // Mean of an output, relative to its largest value: a selection that flips at one pixel is not an error, and errors
    // of rounding add up over the layers.
    const double allowed = precision == Precision::f16 ? 3e-2 : 1e-3;
    std::vector<const Tensor*> arguments;
    for (const ValueId id : unfused.inputs)
        arguments.push_back(&std::ranges::find(inputs, unfused.values[id].name, &NamedTensor::name)->tensor);
    Progress progress("verify outputs");
    const reference::Tensors expected =
        take(reference::evaluate(unfused, arguments, [&](double fraction) { progress.show(fraction); }));
    std::string first_wrong;
    for (size_t i = 0; i < expected.size(); ++i)
    {
        NodeError error = {.scale = smallest_normal(precision)};
        compare(result.outputs[i].tensor, expected[i], error);
        const bool is_wrong = error.has_nan_mismatch || error.relative_mean() > allowed;
        const std::string output = shown(unfused.values[unfused.outputs[i]].name);
        fmt::print("{:10.2e} {:10.2e} {:10.2e}  {:<20} {:<18} output '{}'{}\n", error.largest, error.relative(),
                   error.relative_mean(), "whole network", to_string(expected[i].shape()), output,
                   is_wrong ? "  (diverges)" : "");
        if (is_wrong && first_wrong.empty())
            first_wrong = output;
    }
    return first_wrong;
}

/// "  (3 saturate, 12 vanish)"
std::string range_note(const NodeError& error)
{
    if (error.saturated + error.vanished == 0)
        return "";
    return fmt::format("  ({} saturate, {} vanish)", error.saturated, error.vanished);
}

} // namespace

void run_verify(const VerifyOptions& options)
{
    std::vector<std::string> arguments = options.shapes;
    Graph graph = load_graph(options.model, arguments);
    const Graph loaded = graph; // invented values must not raise the bounds
    const std::vector<NamedShape> chosen = parse_shapes(graph, arguments);
    const std::vector<NamedTensor> inputs = read_inputs(
        graph, options.inputs, chosen,
        {.is_allowed = true, .max_memory_bytes = max_memory_of(options.common.max_memory_bytes, loaded, {})});
    const Device device = open_device(options.common);
    const std::vector<NamedShape> shapes = shapes_of(inputs);
    const size_t max_memory_bytes = max_memory_of(options.common.max_memory_bytes, loaded, shapes);
    SessionOptions session_options = session_options_of(options.common);
    session_options.max_memory_bytes = max_memory_bytes;
    SessionOptions batch_options = session_options;
    batch_options.fuse = false; // specialize() has already fused
    batch_options.keep_invalid_entries = true;
    // Relative to the largest value of the node's output: allows for rounding of weights and stores, far below the
    // error of a wrong result.
    const double allowed = session_options.precision == Precision::f16 ? 1e-2 : 1e-4;

    Verifier verifier(device, take(specialize(graph, shapes, /* fuse= */ true, max_memory_bytes)), batch_options);
    verifier.set_inputs(inputs);
    Progress progress("verify");
    std::string first_wrong;
    double worst = 0;
    double worst_mean = 0;
    std::string worst_node;
    size_t wrong = 0;
    fmt::print("{:>10} {:>10} {:>10}  {:<20} {:<18} {}\n", "error", "relative", "mean", "operator", "output", "node");
    for (size_t begin = 0; begin < verifier.node_count();)
    {
        const size_t end = verifier.run_batch(begin);
        for (size_t i = begin; i < end; ++i)
        {
            const NodeError error = verifier.error_of(i);
            const Node& node = verifier.node(i);
            const bool is_wrong = error.has_nan_mismatch || error.relative() > allowed;
            fmt::print("{:10.2e} {:10.2e} {:10.2e}  {:<20} {:<18} {}{}{}\n", error.largest, error.relative(),
                       error.relative_mean(), name(node.op), to_string(verifier.shape_of(i)), node.name,
                       error.has_nan_mismatch ? "  (not finite)"
                       : is_wrong             ? "  (diverges)"
                                              : "",
                       session_options.precision == Precision::f16 ? range_note(error) : "");
            if (is_wrong && wrong++ == 0)
                first_wrong = node.name;
            worst_mean = std::max(worst_mean, error.relative_mean());
            if (error.relative() >= worst)
            {
                worst = error.relative();
                worst_node = node.name;
            }
            progress.show(double(i + 1) / double(verifier.node_count()));
        }
        verifier.forget_before(end);
        begin = end;
    }
    const Graph unfused = take(specialize(graph, shapes, /* fuse= */ false, max_memory_bytes));
    // The reference keeps only valid entries of what selects, where the network on the device expects all.
    const bool are_outputs_compared =
        std::ranges::none_of(unfused.values, [](const Value& value) { return value.valid.has_value(); });
    std::string wrong_output;
    if (are_outputs_compared)
        wrong_output = compare_outputs(take(Session::create(device, graph, session_options)), unfused, inputs,
                                       session_options.precision);
    fmt::print("{} nodes, worst relative error {:.2e} at '{}', largest mean error of a node {:.2e}\n",
               verifier.node_count(), worst, worst_node, worst_mean);
    print_warnings(verifier.warnings());
    check_validation(device);
    if (wrong > 0)
        throw Failure(bad_input, fmt::format("{} of {} nodes diverge from the reference, the first is '{}'", wrong,
                                             verifier.node_count(), first_wrong));
    if (!wrong_output.empty())
        throw Failure(bad_input,
                      fmt::format("every node agrees with the reference, but output '{}' of the whole network does not",
                                  wrong_output));
    fmt::print("every node{} agrees with the reference\n", are_outputs_compared ? " and output" : "");
}

} // namespace vkseg::cli
