#include "commands.hpp"
#include "device_text.hpp"

#include "vkseg/pipelines.hpp"

#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <tuple>

namespace vkseg::cli {
namespace {

using Json = nlohmann::ordered_json;

/// Totals over the pipelines of a network.
struct Total
{
    size_t failed = 0;
    size_t spilling = 0;
    size_t untold = 0; ///< pipelines whose spills the driver does not report
    size_t spirv_bytes = 0;
    double compile_ms = 0;
    double operations = 0;
    double spilling_operations = 0;

    double spilling_share() const { return operations > 0 ? spilling_operations / operations : 0; }
};

Total total_of(const std::vector<PipelineReport>& pipelines)
{
    Total total;
    for (const PipelineReport& pipeline : pipelines)
    {
        total.spirv_bytes += pipeline.spirv_bytes;
        total.compile_ms += pipeline.compile_ms;
        total.operations += pipeline.operations;
        if (!pipeline.failure.empty())
            ++total.failed;
        else if (pipeline.is_spilling())
        {
            ++total.spilling;
            total.spilling_operations += pipeline.operations;
        }
        else if (!pipeline.spills && !pipeline.scratch_bytes)
            ++total.untold;
    }
    return total;
}

void put_worst_first(std::vector<PipelineReport>& pipelines)
{
    const auto rank = [](const PipelineReport& pipeline)
    { return std::tuple(pipeline.failure.empty(), !pipeline.is_spilling(), -pipeline.operations); };
    std::stable_sort(pipelines.begin(), pipelines.end(),
                     [&](const PipelineReport& a, const PipelineReport& b) { return rank(a) < rank(b); });
}

std::string constants_text(const PipelineReport& pipeline)
{
    std::string text = fmt::format("workgroup {}", fmt::join(pipeline.workgroup_size, "x"));
    for (const auto& [id, bits] : pipeline.specialization_constants)
        text += fmt::format(", constant {} = {}", id, bits);
    return text;
}

std::string nodes_text(const std::vector<std::string>& nodes)
{
    constexpr size_t most = 3;
    std::string text;
    for (size_t i = 0; i < std::min(most, nodes.size()); ++i)
        text += (i > 0 ? ", " : "") + shown(nodes[i]);
    return nodes.size() > most ? text + fmt::format(" and {} more", nodes.size() - most) : text;
}

std::string spills_text(const PipelineReport& pipeline)
{
    if (!pipeline.failure.empty())
        return ", refused: " + shown(pipeline.failure);
    std::string text = pipeline.spills ? fmt::format(", {} spills", *pipeline.spills) : "";
    if (pipeline.scratch_bytes.value_or(0) > 0)
        text += fmt::format(", {} B of scratch memory", *pipeline.scratch_bytes);
    return text;
}

void print_statistics(const PipelineReport& pipeline, bool is_report)
{
    for (const PipelineExecutable& executable : pipeline.executables)
    {
        std::vector<std::string> figures;
        if (executable.subgroup_size > 0)
            figures.push_back(fmt::format("subgroups of {}", executable.subgroup_size));
        for (const PipelineStatistic& statistic : executable.statistics)
        {
            if (is_report || statistic.value != 0)
                figures.push_back(fmt::format("{} {:.12g}", shown(statistic.name), statistic.value));
        }
        fmt::print("      {}: {}\n", shown(executable.name), fmt::join(figures, ", "));
    }
}

void print(const std::vector<PipelineReport>& pipelines, const Total& total, bool is_report)
{
    for (const PipelineReport& pipeline : pipelines)
    {
        const double share = total.operations > 0 ? 100 * pipeline.operations / total.operations : 0;
        fmt::print("{:5.1f} %  {} {}{}\n", share, pipeline.shader, pipeline.storage, spills_text(pipeline));
        fmt::print("      {} of SPIR-V, {:.1f} ms to compile, {} launch{}: {}\n", bytes_text(pipeline.spirv_bytes),
                   pipeline.compile_ms, pipeline.launches, pipeline.launches == 1 ? "" : "es",
                   nodes_text(pipeline.nodes));
        if (is_report)
            fmt::print("      {}\n", constants_text(pipeline));
        print_statistics(pipeline, is_report);
    }
    fmt::print(
        "{} pipelines, {} of SPIR-V, {:.0f} ms to compile; {} refused, {} spill, with {:.1f} % of the operations\n",
        pipelines.size(), bytes_text(total.spirv_bytes), total.compile_ms, total.failed, total.spilling,
        100 * total.spilling_share());
    if (total.untold > 0)
        fmt::print("the driver does not report spills for {} of the pipelines\n", total.untold);
}

Json as_json(const PipelineReport& pipeline)
{
    Json constants = Json::object();
    for (const auto& [id, bits] : pipeline.specialization_constants)
        constants[std::to_string(id)] = bits;
    Json json = {{"shader", pipeline.shader},
                 {"storage", pipeline.storage},
                 {"workgroup_size", pipeline.workgroup_size},
                 {"specialization_constants", std::move(constants)},
                 {"spirv_bytes", pipeline.spirv_bytes},
                 {"launches", pipeline.launches},
                 {"operations", pipeline.operations},
                 {"nodes", pipeline.nodes}};
    if (!pipeline.failure.empty())
    {
        json["failure"] = pipeline.failure;
        return json;
    }
    json["compile_ms"] = pipeline.compile_ms;
    if (pipeline.spills)
        json["spills"] = *pipeline.spills;
    if (pipeline.scratch_bytes)
        json["scratch_bytes"] = *pipeline.scratch_bytes;
    Json executables = Json::array();
    for (const PipelineExecutable& executable : pipeline.executables)
    {
        Json statistics = Json::object();
        for (const PipelineStatistic& statistic : executable.statistics)
            statistics[statistic.name] = statistic.value;
        executables.push_back({{"name", executable.name},
                               {"subgroup_size", executable.subgroup_size},
                               {"statistics", std::move(statistics)}});
    }
    json["executables"] = std::move(executables);
    return json;
}

void write_json(const std::vector<PipelineReport>& pipelines, const Total& total, const PipelinesOptions& options,
                const DeviceDescription& device)
{
    Json list = Json::array();
    for (const PipelineReport& pipeline : pipelines)
        list.push_back(as_json(pipeline));
    const Json json = {{"version", VKSEG_VERSION},
                       {"device", device_json(device)},
                       {"model", options.model.model},
                       {"precision", options.common.precision},
                       {"failed", total.failed},
                       {"spilling", total.spilling},
                       {"spilling_share_of_operations", total.spilling_share()},
                       {"spirv_bytes", total.spirv_bytes},
                       {"compile_ms", total.compile_ms},
                       {"pipelines", std::move(list)}};
    const std::string text = json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
    write_file(path_of(options.json), std::as_bytes(std::span(text)));
}

} // namespace

void run_pipelines(const PipelinesOptions& options)
{
    std::vector<std::string> arguments = options.shapes;
    Graph graph = load_graph(options.model, arguments);
    const std::vector<NamedShape> shapes = parse_shapes(graph, arguments);
    SessionOptions session_options = session_options_of(options.common);
    session_options.max_memory_bytes = max_memory_of(options.common.max_memory_bytes, graph, shapes);
    invent_parameters(graph, session_options.max_memory_bytes);
    CommonOptions common = options.common;
    common.pipeline_statistics = true;
    const Device device = open_device(common);
    if (options.is_report)
        fmt::print("{}vkseg {}\n", device_text(device.description()), VKSEG_VERSION);
    fmt::print("model: {}\n", options.model.model);
    std::vector<PipelineReport> pipelines;
    {
        Progress progress("compile");
        progress.report_from(session_options);
        pipelines = take(report_pipelines(device, graph, shapes, session_options));
    }
    put_worst_first(pipelines);
    const Total total = total_of(pipelines);
    print(pipelines, total, options.is_report);
    if (!options.json.empty())
        write_json(pipelines, total, options, device.description());
    check_validation(device);
    if (total.failed > 0)
        throw Failure(no_usable_device, fmt::format("the driver refused {} of {} pipelines; the first: {}",
                                                    total.failed, pipelines.size(), pipelines.front().failure));
}

} // namespace vkseg::cli
