#include "commands.hpp"

#include "vkseg/segment.hpp"
#include "vkseg/zoo.hpp"

#include <algorithm>
#include <map>

namespace vkseg::cli {
namespace {

void print_values(const char* title, const Graph& graph, const std::vector<ValueId>& ids,
                  const std::vector<NamedShape>& known)
{
    fmt::print("{}\n", title);
    for (size_t i = 0; i < ids.size(); ++i)
    {
        const Value& value = graph.values[ids[i]];
        const std::string shape = i < known.size()  ? to_string(known[i].shape)
                                  : value.has_shape ? to_string(value.shape)
                                                    : "?";
        fmt::print("  {}  {} {}\n", shown(value.name), name(value.type), shape);
    }
}

void print_operators(const std::map<std::string, size_t>& operators)
{
    std::vector<std::pair<std::string, size_t>> sorted(operators.begin(), operators.end());
    std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
    fmt::print("operators\n");
    for (const auto& [operator_name, count] : sorted)
        fmt::print("  {:<24} {}\n", operator_name, count);
}

bool has_open_input(const Graph& graph, const std::vector<NamedShape>& shapes)
{
    return std::any_of(graph.inputs.begin(), graph.inputs.end(),
                       [&](ValueId id)
                       {
                           const Value& value = graph.values[id];
                           const bool is_given =
                               std::any_of(shapes.begin(), shapes.end(),
                                           [&](const NamedShape& shape) { return shape.name == value.name; });
                           return !is_given && (!value.has_shape || !value.shape.is_known());
                       });
}

void print_open(const Graph& graph)
{
    std::map<std::string, size_t> operators;
    for (const Node& node : graph.nodes)
        ++operators[name(node.op)];
    print_values("inputs", graph, graph.inputs, {});
    print_values("outputs", graph, graph.outputs, {});
    print_operators(operators);
    fmt::print("For multiply-adds and memory, give the open shapes with --shape NAME=...\n");
}

void print_zoo()
{
    fmt::print("{:<28} {:<32} {:<16} {}\n", "zoo:NAME", "network", "input", "classes");
    for (const ZooNetwork& network : zoo_networks())
        fmt::print("{:<28} {:<32} {:<16} {}{}\n", network.name, network.title, to_string(network.input),
                   network.classes, network.output_stride == 0 ? "" : "  output-stride=8 or 16");
}

void print_title(const Result<ModelDescription>& description)
{
    if (!description.is_ok())
        fmt::print(stderr, "warning: {}\n", shown(description.status().message()));
    else if (!description->title.empty())
        fmt::print("title: {}\n", shown(description->title));
}

} // namespace

void run_info(const InfoOptions& options)
{
    if (options.model.model == "zoo")
    {
        print_zoo();
        return;
    }
    std::vector<std::string> arguments = options.shapes;
    Graph graph = load_graph(options.model, arguments);
    const std::vector<NamedShape> shapes = parse_shapes(graph, arguments);
    fmt::print("model: {}\n", options.model.model);
    if (has_description(options.model.file(), graph))
        print_title(find_description(options.model.file(), graph));
    if (has_open_input(graph, shapes) && options.shapes.empty())
    {
        print_open(graph);
        return;
    }
    const Precision precision = options.precision == "f16" ? Precision::f16 : Precision::f32;
    const size_t max_memory_bytes = max_memory_of(options.max_memory_bytes, graph, shapes);
    invent_parameters(graph, max_memory_bytes);
    const NetworkSummary summary = take(summarize(graph, shapes, precision, max_memory_bytes));
    print_values("inputs", graph, graph.inputs, summary.inputs);
    print_values("outputs", graph, graph.outputs, summary.outputs);
    print_operators(summary.operators);
    fmt::print("parameters    {}\n", summary.parameters);
    fmt::print("multiply-adds {:.4f} G\n", double(summary.multiply_adds) / 1e9);
    fmt::print("launches      {}, of which {} wait for those before them\n", summary.steps, summary.waits);
    fmt::print("memory ({})\n", options.precision);
    fmt::print("  weights     {}\n", bytes_text(summary.weights_bytes));
    fmt::print("  activations {}, of which {} are alive at once\n", bytes_text(summary.activations_bytes),
               bytes_text(summary.live_bytes));
    fmt::print("  in all      {}\n", bytes_text(summary.memory_bytes));
    if (summary.memory_bytes > max_memory_bytes)
        fmt::print(stderr,
                   "warning: running the network needs more memory than the limit of {}; raise it with --max-memory\n",
                   bytes_text(max_memory_bytes));
}

} // namespace vkseg::cli
