#include "commands.hpp"
#include "spread.hpp"
#include "trace_file.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>

namespace vkseg::cli {
namespace {

using Json = nlohmann::ordered_json;

Json as_json(const Spread& spread)
{
    return {{"min", spread.min}, {"median", spread.median}, {"max", spread.max}};
}

struct Measurement
{
    double load_ms = 0;
    double plan_ms = 0;
    double first_run_ms = 0;
    Spread run_ms;
    Spread device_ms;
    double gmacs = 0;
    MemoryUse memory;
    std::vector<NodeTime> nodes; ///< median times
};

void measure_runs(Session& session, const std::vector<NamedTensor>& inputs, const BenchOptions& options,
                  Measurement& measurement)
{
    const Stopwatch first;
    take(session.run(inputs));
    measurement.first_run_ms = first.ms();
    Progress progress("bench");
    std::vector<double> run_ms;
    std::vector<double> device_ms;
    for (int i = -options.warmup; i < options.runs; ++i)
    {
        const RunResult result = take(session.run(inputs));
        progress.show(double(i + options.warmup + 1) / double(options.runs + options.warmup));
        if (i < 0)
            continue;
        run_ms.push_back(result.total_ms);
        device_ms.push_back(result.device_ms);
    }
    measurement.run_ms = spread_of(std::move(run_ms));
    measurement.device_ms = spread_of(std::move(device_ms));
}

std::vector<NodeTime> measure_nodes(const Device& device, const Graph& graph, const std::vector<NamedTensor>& inputs,
                                    SessionOptions options, int runs)
{
    options.timing = Timing::nodes;
    Session session = take(Session::create(device, graph, options));
    take(session.run(inputs));
    std::vector<NodeTime> nodes;
    std::vector<std::vector<double>> times;
    for (int i = 0; i < runs; ++i)
    {
        nodes = take(session.run(inputs)).nodes;
        times.resize(nodes.size());
        for (size_t k = 0; k < nodes.size(); ++k)
            times[k].push_back(nodes[k].time_ms);
    }
    for (size_t k = 0; k < nodes.size(); ++k)
        nodes[k].time_ms = spread_of(times[k]).median;
    return nodes;
}

double gigaflops(double multiply_adds, double ms)
{
    return ms > 0 ? 2 * multiply_adds / (ms * 1e6) : 0;
}

double gigabytes_per_s(const NodeTime& node)
{
    return node.time_ms > 0 ? double(node.moved_bytes) / (node.time_ms * 1e6) : 0;
}

void print_nodes(const std::vector<NodeTime>& nodes)
{
    double total = 0;
    for (const NodeTime& node : nodes)
        total += node.time_ms;
    fmt::print("{:>9} {:>6} {:>9} {:>8}  {:<20} {:<20} {}\n", "ms", "%", "GFLOP/s", "GB/s", "operator", "output",
               "node");
    std::map<std::string, double> by_operator;
    for (const NodeTime& node : nodes)
    {
        const double share = total > 0 ? 100 * node.time_ms / total : 0;
        fmt::print("{:9.3f} {:6.1f} {:9.1f} {:8.2f}  {:<20} {:<20} {}\n", node.time_ms, share,
                   gigaflops(double(node.multiply_adds), node.time_ms), gigabytes_per_s(node), node.op,
                   to_string(node.shape), node.node);
        by_operator[node.op] += node.time_ms;
    }
    std::vector<std::pair<std::string, double>> sorted(by_operator.begin(), by_operator.end());
    std::sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
    fmt::print("by operator\n");
    for (const auto& [op, ms] : sorted)
        fmt::print("{:9.3f} {:6.1f}  {}\n", ms, total > 0 ? 100 * ms / total : 0, op);
}

void print(const Measurement& m, const BenchOptions& options)
{
    fmt::print("model: {}, {:.3f} GMAC\n", options.model.model, m.gmacs);
    fmt::print("load       {:10.2f} ms\n", m.load_ms);
    fmt::print("plan       {:10.2f} ms\n", m.plan_ms);
    fmt::print("first run  {:10.2f} ms\n", m.first_run_ms);
    fmt::print("run        {:10.2f} ms (min {:.2f}, max {:.2f}), {:.1f} GFLOP/s\n", m.run_ms.median, m.run_ms.min,
               m.run_ms.max, gigaflops(m.gmacs * 1e9, m.run_ms.median));
    if (m.device_ms.median > 0)
        fmt::print("on device  {:10.2f} ms (min {:.2f}, max {:.2f}), {:.1f} GFLOP/s\n", m.device_ms.median,
                   m.device_ms.min, m.device_ms.max, gigaflops(m.gmacs * 1e9, m.device_ms.median));
    fmt::print("memory     weights {}, activations {}, staging {}\n", bytes_text(m.memory.weights_bytes),
               bytes_text(m.memory.activations_bytes), bytes_text(m.memory.staging_bytes));
    if (options.per_node)
        print_nodes(m.nodes);
}

void write_json(const Measurement& m, const BenchOptions& options, const DeviceDescription& device)
{
    Json nodes = Json::array();
    for (const NodeTime& node : m.nodes)
        nodes.push_back({{"name", node.node},
                         {"operator", node.op},
                         {"shape", to_string(node.shape)},
                         {"gmacs", double(node.multiply_adds) / 1e9},
                         {"moved_bytes", node.moved_bytes},
                         {"ms", node.time_ms}});
    const Json json = {{"device", device.name},
                       {"driver", device.driver},
                       {"model", options.model.model},
                       {"precision", options.common.precision},
                       {"load_ms", m.load_ms},
                       {"plan_ms", m.plan_ms},
                       {"first_run_ms", m.first_run_ms},
                       {"run_ms", as_json(m.run_ms)},
                       {"device_ms", as_json(m.device_ms)},
                       {"gmacs", m.gmacs},
                       {"memory_bytes",
                        {{"weights", m.memory.weights_bytes},
                         {"activations", m.memory.activations_bytes},
                         {"staging", m.memory.staging_bytes}}},
                       {"nodes", nodes}};
    const std::string text = json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
    write_file(path_of(options.json), std::as_bytes(std::span(text)));
}

} // namespace

void run_bench(const BenchOptions& options)
{
    TraceFile trace(path_of(options.common.trace));
    Measurement measurement;
    const Stopwatch load;
    std::vector<std::string> arguments = options.shapes;
    Graph graph = load_graph(options.model, arguments);
    measurement.load_ms = load.ms();
    const std::vector<NamedShape> chosen = parse_shapes(graph, arguments);
    const size_t max_memory_bytes = max_memory_of(options.common.max_memory_bytes, graph, chosen);
    const size_t max_invented_bytes = max_memory_of(options.common.max_memory_bytes, graph, {});
    const std::vector<NamedTensor> inputs =
        read_inputs(graph, {}, chosen, {.is_allowed = true, .max_memory_bytes = max_invented_bytes});
    const std::vector<NamedShape> shapes = shapes_of(inputs);
    const Device device = open_device(options.common);
    const bool has_timestamps = device.description().has_timestamps;
    SessionOptions session_options = session_options_of(options.common);
    session_options.timing = has_timestamps ? Timing::device : Timing::none;
    session_options.max_memory_bytes = max_memory_bytes;
    measurement.gmacs =
        double(take(summarize(graph, shapes, session_options.precision, max_memory_bytes)).multiply_adds) / 1e9;
    // Constants that only the session needs may leave host memory.
    const bool times_nodes = options.per_node || (trace.is_on() && has_timestamps);
    const Graph for_nodes = times_nodes ? graph : Graph();
    {
        Progress progress("plan");
        progress.report_from(session_options);
        const Stopwatch plan;
        Session session = take(Session::create(device, std::move(graph), session_options));
        require(session.prepare(shapes));
        measurement.plan_ms = plan.ms();
        print_warnings(session.warnings());
        measure_runs(session, inputs, options, measurement);
        measurement.memory = session.memory_use();
    }
    if (options.per_node && !has_timestamps)
        throw Failure(no_usable_device, "the device has no timestamps for --per-node");
    session_options.progress = nullptr;
    if (times_nodes)
        measurement.nodes = measure_nodes(device, for_nodes, inputs, session_options, options.runs);
    print(measurement, options);
    if (!options.json.empty())
        write_json(measurement, options, device.description());
    check_validation(device);
    trace.finish("vkseg bench " + options.model.model, device);
}

} // namespace vkseg::cli
