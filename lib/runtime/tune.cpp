#include "runtime/tune.hpp"

#include "base/log.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "base/write_file.hpp"
#include "ops/convolution/convolution.hpp"
#include "runtime/executable.hpp"
#include "runtime/specialize.hpp"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <set>

namespace vkseg {
namespace {

constexpr int min_runs = 3;
constexpr int max_runs = 20;
constexpr double enough_ms = 100; ///< per candidate

/// A graph of this node alone, with its data as inputs and its weights as constants.
Result<Graph> graph_of(const Graph& whole, const Node& node)
{
    Graph graph;
    graph.name = "tuning of " + node.name;
    std::vector<ValueId> inputs;
    for (const ValueId id : node.inputs)
    {
        if (id == no_value)
        {
            inputs.push_back(no_value);
            continue;
        }
        const Value& value = whole.values[id];
        inputs.push_back(value.constant ? graph.add_constant(value.name, *value.constant)
                                        : graph.add_input(value.name, value.type, value.shape));
    }
    graph.outputs = {graph.add_node(node.name, node.op, inputs)};
    return specialize(graph, {}, false); // the node is already fused
}

/// Inputs without zeros, and small: arithmetic with zeros, infinities and the like may be faster or slower.
std::vector<NamedTensor> inputs_of(const Graph& graph)
{
    std::vector<NamedTensor> inputs;
    for (const ValueId id : graph.inputs)
    {
        const Value& value = graph.values[id];
        std::vector<float> values(size_t(value.shape.elements()));
        for (size_t i = 0; i < values.size(); ++i)
            values[i] = float(i % 251 + 1) / 256;
        inputs.push_back({value.name, Tensor::from(value.shape, std::move(values))});
    }
    return inputs;
}

/// True if the tile uses at least a quarter of the registers and at most twice as many. Tiles of one block are skipped,
/// because they are for outputs with only one block.
bool is_worth_trying(const DirectTile& tile, int registers)
{
    return tile.blocks > 1 && registers_of(tile) * 4 >= registers && registers_of(tile) <= registers * 2;
}

std::vector<ConvolutionChoice> kernels_to_try(const Limits& limits)
{
    const Preferences& preferences = limits.preferences;
    std::vector<ConvolutionChoice> kernels;
    const int preferred = largest_tile(direct_tiles, preferences.registers);
    for (int tile = 0; tile < int(std::size(direct_tiles)); ++tile)
    {
        if (tile == preferred || is_worth_trying(direct_tiles[tile], preferences.registers))
            kernels.push_back({.kernel = ConvolutionKernel::direct, .tile = tile});
    }
    kernels.push_back({.kernel = ConvolutionKernel::texels});
    kernels.push_back({.kernel = ConvolutionKernel::shuffled});
    // With slow shared memory these kernels take three to four times as long (docs/performance.md).
    for (int tile = 0; tile < int(std::size(shared_tiles)) && preferences.shared_memory != SharedMemory::slow; ++tile)
    {
        for (const int shares : {0, 1}) // split-K: 0: by rule; 1: none, even if the rule would split
            kernels.push_back({.kernel = ConvolutionKernel::shared, .tile = tile, .shares = shares});
    }
    if (matrix_tile(limits))
        kernels.push_back({.kernel = ConvolutionKernel::matrices});
    return kernels;
}

/// The choices that lead to different kernels.
Result<std::vector<ConvolutionChoice>> find_candidates(const Graph& graph, const std::string& key,
                                                       const ScheduleOptions& options, const Limits& limits)
{
    std::vector<ConvolutionChoice> candidates;
    std::set<std::string> known;
    for (const int winograd : {0, 2, 4})
    {
        for (ConvolutionChoice candidate : kernels_to_try(limits))
        {
            candidate.winograd = winograd;
            TunedChoices forced;
            forced.set(key, candidate);
            ScheduleOptions forced_options = options;
            forced_options.tuned = &forced;
            const Result<Program> program = make_program(graph, forced_options, limits, true);
            if (!program.is_ok())
                continue; // the device's limits rule this choice out
            std::string kernels;
            for (const Launch& launch : program->launches)
            {
                const Dispatch& dispatch = launch.dispatch;
                kernels += shader_code(dispatch.shader).name;
                for (const uint32_t size : dispatch.workgroup_size)
                    kernels += " " + std::to_string(size);
                kernels += ";";
            }
            if (known.insert(kernels).second)
                candidates.push_back(candidate);
        }
    }
    return candidates;
}

/// The shortest time of the node's launches, or of the whole run if the device has no timestamps.
Result<double> measure(const std::shared_ptr<vk::Device>& device, const Graph& graph, const ScheduleOptions& options,
                       const Limits& limits)
{
    VKSEG_ASSIGN(Program program, make_program(graph, options, limits, true));
    WeightStore weights(device);
    const bool has_timestamps = device->description().has_timestamps;
    SessionOptions session_options;
    session_options.timing = has_timestamps ? Timing::nodes : Timing::none;
    VKSEG_ASSIGN(const std::unique_ptr<Executable> executable,
                 Executable::create(device, program, weights, session_options));
    const std::vector<NamedTensor> inputs = inputs_of(graph);
    VKSEG_TRY(executable->run(inputs).status()); // warm-up, in which drivers compile
    double best = 0;
    double all = 0;
    for (int i = 0; i < max_runs && (i < min_runs || all < enough_ms); ++i)
    {
        VKSEG_ASSIGN(const RunResult result, executable->run(inputs));
        double ms = has_timestamps ? 0 : result.total_ms;
        for (const NodeTime& node : result.nodes)
            ms += node.op == name(graph.nodes[0].op) ? node.time_ms : 0;
        best = i == 0 ? ms : std::min(best, ms);
        all += result.total_ms;
    }
    return best;
}

Result<ConvolutionChoice> choose(const std::shared_ptr<vk::Device>& device, const Graph& graph, const std::string& key,
                                 const ScheduleOptions& options, const Limits& limits)
{
    VKSEG_ASSIGN(const std::vector<ConvolutionChoice> candidates, find_candidates(graph, key, options, limits));
    if (candidates.empty())
        return Status(StatusCode::unsupported, "no variant of the convolution fits the device's limits");
    if (candidates.size() == 1)
        return candidates.front();
    std::optional<ConvolutionChoice> best;
    double least = 0;
    for (const ConvolutionChoice& candidate : candidates)
    {
        TunedChoices forced;
        forced.set(key, candidate);
        ScheduleOptions forced_options = options;
        forced_options.tuned = &forced;
        const Result<double> ms = measure(device, graph, forced_options, limits);
        if (ms.status().code() == StatusCode::out_of_memory)
            continue;
        VKSEG_TRY(ms.status());
        if (!best || *ms < least)
        {
            best = candidate;
            least = *ms;
        }
    }
    if (!best)
        return Status(StatusCode::out_of_memory, "no variant of the convolution fits the device's memory");
    return *best;
}

} // namespace

TunedChoices load_choices(const vk::Device& device)
{
    const std::filesystem::path path = device.cache_path(".tuning");
    if (path.empty())
        return {};
    std::ifstream file(path, std::ios::binary);
    const std::string text(std::istreambuf_iterator<char>(file), {});
    TunedChoices choices = TunedChoices::parse(text);
    const bool is_whole = choices.text() == text;
    const LogLevel level = is_whole ? LogLevel::debug : LogLevel::warning;
    if (file.is_open() && is_logged(level))
        write_log(level, "tuning: " + printable(path.string()) +
                             (is_whole ? ": read" : ": damaged, or of another version of vkseg, and ignored in part"));
    return choices;
}

void save_choices(const vk::Device& device, const TunedChoices& choices)
{
    const std::filesystem::path path = device.cache_path(".tuning");
    if (path.empty())
        return;
    const std::string text = choices.text();
    const Status status = write_file(path, {std::as_bytes(std::span(text))});
    if (!status.is_ok() && is_logged(LogLevel::warning))
        write_log(LogLevel::warning, "tuning: " + status.message() + "; convolutions will be timed again next time");
}

Status tune(const std::shared_ptr<vk::Device>& device, const Graph& graph, const ScheduleOptions& options,
            const Limits& limits, TunedChoices& choices, const std::function<void(double)>& progress)
{
    for (size_t i = 0; i < graph.nodes.size(); ++i)
    {
        const Node& node = graph.nodes[i];
        progress(double(i) / double(graph.nodes.size()));
        const std::string key =
            TunedChoices::key_of(node.op, infos_of(graph, node), graph.values[node.outputs[0]].shape, options.real,
                                 options.allow_winograd, limits.preferences.multiplies_halves);
        if (key.empty() || choices.find(key) != nullptr)
            continue;
        VKSEG_ASSIGN(const Graph alone, graph_of(graph, node));
        ScheduleOptions alone_options = options;
        alone_options.states.clear();
        const Result<ConvolutionChoice> choice = choose(device, alone, key, alone_options, limits);
        if (choice.status().code() == StatusCode::unsupported)
            continue; // planning the network reports all such nodes
        if (!choice.is_ok())
            return choice.status().with_context("tuning of node '" + node.name + "'");
        choices.set(key, *choice);
    }
    progress(1);
    return {};
}

} // namespace vkseg
