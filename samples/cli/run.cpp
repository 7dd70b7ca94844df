#include "commands.hpp"
#include "npy.hpp"
#include "trace_file.hpp"

#include <algorithm>
#include <set>

namespace vkseg::cli {
namespace {

/// Unique file name for an output: replaces characters that a file system might not accept by _.
std::string file_name(const std::string& output, std::set<std::string>& taken)
{
    std::string name;
    for (const char c : output)
    {
        const bool is_fit = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
                            c == '-' || c == '_';
        name += is_fit ? c : '_';
    }
    if (name.empty() || name[0] == '.')
        name.insert(name.begin(), '_');
    name.resize(std::min<size_t>(name.size(), 200));
    std::string unique = name;
    for (int i = 2; !taken.insert(unique).second; ++i)
        unique = fmt::format("{}_{}", name, i);
    return unique + ".npy";
}

void print_range_faults(std::span<const RangeFault> faults)
{
    constexpr size_t most = 10;
    for (size_t i = 0; i < std::min(most, faults.size()); ++i)
        fmt::print("range: node '{}' ({}): {} values saturate at 65504, {} are not finite\n", faults[i].node,
                   faults[i].op, faults[i].saturated, faults[i].not_finite);
    if (faults.size() > most)
        fmt::print("range: {} more nodes\n", faults.size() - most);
    if (faults.empty())
        fmt::print("range: every value is finite and in range\n");
}

} // namespace

void run_run(const RunOptions& options)
{
    TraceFile trace(path_of(options.common.trace));
    Graph graph = load_graph(options.model);
    std::vector<std::string> arguments = options.inputs;
    arguments.insert(arguments.end(), options.files.begin(), options.files.end());
    const std::vector<NamedTensor> inputs = read_inputs(graph, arguments, {}, {.is_allowed = false});
    const Device device = open_device(options.common);
    Progress progress("plan");
    SessionOptions session_options = session_options_of(options.common);
    session_options.check_range = options.check_range;
    session_options.timing = trace.is_on() && device.description().has_timestamps ? Timing::nodes : Timing::none;
    progress.report_from(session_options);
    Session session = take(Session::create(device, std::move(graph), session_options));
    const RunResult result = take(session.run(inputs));
    print_warnings(session.warnings());
    if (options.check_range)
        print_range_faults(result.range_faults);
    make_directory(path_of(options.output_directory));
    std::set<std::string> taken;
    for (const NamedTensor& output : result.outputs)
    {
        const ProgramSpan span("write output");
        const std::filesystem::path path = path_of(options.output_directory) / path_of(file_name(output.name, taken));
        write_npy(path, output.tensor);
        fmt::print("{}: {} {} -> {}\n", shown(output.name), name(output.tensor.type()),
                   to_string(output.tensor.shape()), path.string());
    }
    if (options.common.verbose)
    {
        const MemoryUse memory = session.memory_use();
        fmt::print("plan {:.1f} ms, run {:.1f} ms; weights {}, activations {}, staging {}\n", result.plan_ms,
                   result.total_ms, bytes_text(memory.weights_bytes), bytes_text(memory.activations_bytes),
                   bytes_text(memory.staging_bytes));
    }
    check_validation(device);
    trace.finish("vkseg run " + options.model.model, device);
}

} // namespace vkseg::cli
