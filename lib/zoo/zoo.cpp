#include "vkseg/zoo.hpp"

#include "base/trace.hpp"
#include "base/try.hpp"
#include "vkseg/weights.hpp"
#include "zoo/entries.hpp"
#include "zoo/parse.hpp"

#include <algorithm>

namespace vkseg {
namespace {

Status refuse(const std::string& message)
{
    return Status(StatusCode::invalid_argument, message);
}

Result<const zoo::Entry*> find_entry(const std::string& name)
{
    std::string names;
    for (const zoo::Entry& entry : zoo::entries())
    {
        if (entry.name == name)
            return &entry;
        names.append(names.empty() ? "" : ", ").append(entry.name);
    }
    return refuse("the zoo has no network '" + name + "'; it has " + names);
}

Status check_options(const zoo::Entry& entry, const ZooOptions& options)
{
    const std::string who = std::string("network '") + entry.name + "': ";
    if (options.classes < 0 || options.classes > 65536)
        return refuse(who + "expected 1 to 65536 classes, got " + std::to_string(options.classes));
    if (entry.build.detections != nullptr && options.classes == 1)
        return refuse(who + "expected 2 classes or more, of which the first is the background, got 1");
    if (!(options.width > 0) || options.width > 16)
        return refuse(who + "expected a width above 0 and up to 16, got " + std::to_string(options.width));
    const bool has_stride = options.output_stride == 8 || options.output_stride == 16;
    if (options.output_stride != 0 && (entry.output_stride == 0 || !has_stride))
        return refuse(who + "expected " +
                      (entry.output_stride == 0 ? "no output stride" : "an output stride of 8 or 16") + ", got " +
                      std::to_string(options.output_stride));
    if (options.input.rank() != 0 && (options.input.rank() != entry.input.rank() || !options.input.is_known()))
        return refuse(who + "expected an input like " + to_string(entry.input) + ", got " + to_string(options.input));
    return {};
}

struct NetworkOutputs
{
    std::vector<ValueId> values;
    std::vector<std::string> names;
};

NetworkOutputs build_outputs(const zoo::Entry& entry, GraphBuilder& net, ValueId x, const zoo::Parameters& parameters)
{
    if (entry.build.scores != nullptr)
        return {.values = {entry.build.scores(net, x, parameters)}, .names = {"output"}};
    const zoo::InstanceOutputValues found = entry.build.detections(net, x, parameters);
    NetworkOutputs outputs = {.values = {found.boxes, found.labels, found.scores},
                              .names = {"boxes", "labels", "scores"}};
    if (found.masks != no_value)
    {
        outputs.values.push_back(found.masks);
        outputs.names.emplace_back("masks");
    }
    return outputs;
}

/// Limits the number of weights; the papers' networks have up to 2^28.
Status check_weights(const Graph& graph)
{
    constexpr double most = double(1 << 30);
    double count = 0;
    for (const Value& value : graph.values)
        count += value.is_weight ? double(value.shape.elements()) : 0;
    if (count <= most)
        return {};
    return refuse("network '" + graph.name + "': expected at most 2^30 weights, got " + std::to_string(int64_t(count)) +
                  "; use a smaller width or input, or fewer classes");
}

} // namespace

std::vector<ZooNetwork> zoo_networks()
{
    std::vector<ZooNetwork> networks;
    for (const zoo::Entry& entry : zoo::entries())
        networks.push_back({.name = entry.name,
                            .title = entry.title,
                            .source = entry.source,
                            .input = entry.input,
                            .classes = entry.classes,
                            .output_stride = entry.output_stride});
    return networks;
}

Result<Graph> build_network(const std::string& name, const ZooOptions& options)
{
    VKSEG_ASSIGN(const zoo::Entry* const entry, find_entry(name));
    VKSEG_TRY(check_options(*entry, options));
    GraphBuilder net(name);
    const ValueId x = net.input("input", options.input.rank() == 0 ? entry->input : options.input);
    const zoo::Parameters parameters = {.classes = options.classes == 0 ? entry->classes : options.classes,
                                        .width = options.width,
                                        .output_stride =
                                            options.output_stride == 0 ? entry->output_stride : options.output_stride};
    const NetworkOutputs outputs = build_outputs(*entry, net, x, parameters);
    if (entry->ignored_weights != nullptr)
        net.note("vkseg.ignored_weights", entry->ignored_weights);
    if (entry->description != nullptr && net.shape(x)[1] == entry->input[1])
        net.note("vkseg", entry->description);
    VKSEG_ASSIGN(Graph graph, net.finish(outputs.values, outputs.names));
    VKSEG_TRY(check_weights(graph));
    return graph;
}

Result<Graph> load_network(const std::string& text, const std::filesystem::path& weights)
{
    ScopedSpan span("load", "build network");
    if (span.is_on())
        span.set_detail(text);
    if (weights.empty())
    {
        ZooOptions options;
        VKSEG_TRY(zoo::parse_options(text, options));
        return build_network(text.substr(0, text.find(':')), options);
    }
    VKSEG_ASSIGN(const WeightFile file, read_safetensors(weights));
    Result<Graph> graph = load_network(text, file);
    if (!graph.is_ok())
        return graph.status().with_context(weights.string());
    return graph;
}

Result<Graph> load_network(const std::string& text, const WeightFile& weights)
{
    const std::string name = text.substr(0, text.find(':'));
    const auto network = weights.metadata.find("network");
    if (network != weights.metadata.end() && network->second != name)
        return Status(StatusCode::invalid_model,
                      "expected weights of '" + name + "', got those of '" + network->second + "'");
    ZooOptions options;
    VKSEG_TRY(zoo::read_metadata(weights.metadata, options));
    VKSEG_TRY(zoo::parse_options(text, options));
    VKSEG_ASSIGN(Graph graph, build_network(name, options));
    VKSEG_TRY(fill_weights(graph, weights));
    return graph;
}

} // namespace vkseg
