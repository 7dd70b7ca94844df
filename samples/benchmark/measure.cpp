#include "measure.hpp"

#include "cli/common.hpp"
#include "process.hpp"

#include <algorithm>

namespace vkseg::benchmark {
namespace {

constexpr double min_ms = 1000;
constexpr double max_ms = 60000;
constexpr int min_runs = 3; // for subjects whose runs take longer than max_ms
constexpr int max_runs = 10000;

struct Runs
{
    std::vector<double> device_ms;
    std::vector<double> host_ms;
    std::vector<double> process_ms;
};

bool is_enough(int runs, double ms, int wanted)
{
    if (runs >= wanted)
        return ms >= min_ms || runs >= max_runs;
    return runs >= min_runs && ms >= max_ms;
}

/// Time of the operator's own kernels if nodes were timed, otherwise of the whole run.
double device_ms(const RunResult& result)
{
    if (result.nodes.empty())
        return result.device_ms;
    double ms = 0;
    for (const NodeTime& node : result.nodes)
    {
        const bool is_transfer = node.op == "input" || node.op == "output" || node.op == "layout";
        ms += is_transfer ? 0 : node.time_ms;
    }
    return ms;
}

Runs measure_runs(Session& session, const std::vector<NamedTensor>& inputs, int wanted, const std::string& step)
{
    cli::Progress progress(step);
    Runs runs;
    const cli::Stopwatch all;
    for (int i = 0; !is_enough(i, all.ms(), wanted); ++i)
    {
        const double before = process_ms();
        const RunResult result = cli::take(session.run(inputs));
        runs.process_ms.push_back(process_ms() - before);
        runs.host_ms.push_back(result.total_ms);
        runs.device_ms.push_back(device_ms(result));
        progress.show(std::max(std::min(double(i + 1) / wanted, all.ms() / min_ms), all.ms() / max_ms));
    }
    return runs;
}

size_t stored_bytes(const std::vector<NamedTensor>& tensors, size_t real_bytes)
{
    size_t bytes = 0;
    for (const NamedTensor& named : tensors)
    {
        const DType type = named.tensor.type();
        const size_t value_bytes = is_float(type) ? real_bytes : type == DType::u8 ? 1 : 4;
        bytes += size_t(named.tensor.elements()) * value_bytes;
    }
    return bytes;
}

/// Uses a session of its own, because nodes that are timed cannot run concurrently.
std::vector<NodeRow> measure_nodes(const Device& device, Graph graph, SessionOptions options,
                                   const std::vector<NamedTensor>& inputs, const MeasureOptions& wanted,
                                   const std::string& step)
{
    options.timing = Timing::nodes;
    options.progress = nullptr;
    Session session = cli::take(Session::create(device, std::move(graph), options));
    std::vector<NodeTime> best = cli::take(session.run(inputs)).nodes;
    cli::Progress progress(step + ": nodes");
    const cli::Stopwatch all;
    for (int i = 0; !is_enough(i, all.ms(), wanted.runs); ++i)
    {
        const std::vector<NodeTime> nodes = cli::take(session.run(inputs)).nodes;
        for (size_t k = 0; k < nodes.size(); ++k)
            best[k].time_ms = std::min(best[k].time_ms, nodes[k].time_ms);
        progress.show(std::max(std::min(double(i + 1) / wanted.runs, all.ms() / min_ms), all.ms() / max_ms));
    }

    double sum = 0;
    for (const NodeTime& node : best)
        sum += node.time_ms;
    std::stable_sort(best.begin(), best.end(),
                     [](const NodeTime& a, const NodeTime& b) { return a.time_ms > b.time_ms; });
    best.resize(std::min(best.size(), size_t(wanted.nodes)));
    std::vector<NodeRow> rows;
    for (const NodeTime& node : best)
        rows.push_back({.name = node.node,
                        .op = node.op,
                        .shape = to_string(node.shape),
                        .ms = node.time_ms,
                        .share_of_run = sum > 0 ? node.time_ms / sum : 0,
                        .gflop = 2e-9 * double(node.multiply_adds),
                        .moved_bytes = node.moved_bytes});
    return rows;
}

} // namespace

Row measure(const Device& device, const Subject& subject, const MeasureOptions& options)
{
    const std::string step = subject.name + ", " + name(options.precision);
    Row row = {.name = subject.name, .kind = subject.kind, .precision = options.precision};
    const bool is_operator = subject.kind == SubjectKind::operators;

    const cli::Stopwatch load;
    Graph graph = subject.load();
    row.load_ms = load.ms();
    const std::vector<NamedTensor> inputs =
        cli::read_inputs(graph, {}, {}, {.is_allowed = true, .max_memory_bytes = cli::max_memory_of(0, graph, {})});
    const NetworkSummary summary = cli::take(summarize(graph, {}, options.precision));

    SessionOptions session_options;
    session_options.precision = options.precision;
    session_options.tune = options.tune;
    if (device.description().has_timestamps)
        session_options.timing = is_operator ? Timing::nodes : Timing::device;
    std::vector<NamedTensor> outputs;
    {
        cli::Progress progress(step + ": plan");
        progress.report_from(session_options);
        const cli::Stopwatch plan;
        Session session = cli::take(Session::create(device, std::move(graph), session_options));
        cli::require(session.prepare());
        row.plan_ms = plan.ms();
        const cli::Stopwatch first;
        outputs = cli::take(session.run(inputs)).outputs;
        row.first_run_ms = first.ms();

        Runs runs = measure_runs(session, inputs, options.runs, step);
        row.runs = int(runs.host_ms.size());
        row.device_ms = cli::spread_of(std::move(runs.device_ms));
        row.host_ms = cli::spread_of(std::move(runs.host_ms));
        row.process_ms = cli::spread_of(std::move(runs.process_ms));
        const MemoryUse memory = session.memory_use();
        row.weights_bytes = memory.weights_bytes;
        row.activations_bytes = memory.activations_bytes;
        row.staging_bytes = memory.staging_bytes;
        row.peak_resident_bytes = is_operator ? 0 : peak_resident_bytes();
    }
    if (!is_operator && options.nodes > 0 && device.description().has_timestamps)
        row.nodes = measure_nodes(device, subject.load(), session_options, inputs, options, step);

    const size_t real_bytes = options.precision == Precision::f16 ? 2 : 4;
    row.gflop = 2e-9 * double(summary.multiply_adds);
    row.parameters = size_t(summary.parameters);
    row.activations_bound_bytes = summary.live_bytes;
    row.moved_bytes =
        stored_bytes(inputs, real_bytes) + stored_bytes(outputs, real_bytes) + row.parameters * real_bytes;
    return row;
}

} // namespace vkseg::benchmark
