// Times ncnn on the operators and networks that vkseg is compared on, each in its own process, so that the memory and
// the pipelines of one cannot affect another. Weights and inputs are seeded random values.

#include "measure.hpp"

#include <c_api.h>
#include <gpu.h>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>

namespace comparison {
namespace {

/// Runs `work`; prints an exception on stderr and returns its exit code.
template <class Work>
ExitCode guarded(const std::string& who, Work work)
{
    try
    {
        work();
        return done;
    }
    catch (const Failure& failure)
    {
        fmt::print(stderr, "{}: {}\n", who, failure.what());
        return failure.code();
    }
    catch (const std::exception& error)
    {
        fmt::print(stderr, "{}: {}\n", who, error.what());
        return failed;
    }
}

void write_all(int file, const std::string& text)
{
    for (size_t written = 0; written < text.size();)
    {
        const ssize_t count = write(file, text.data() + written, text.size() - written);
        if (count < 0)
            throw Failure(failed, fmt::format("pipe: {}", std::strerror(errno)));
        written += size_t(count);
    }
}

std::string read_all(int file)
{
    std::string text;
    char buffer[4096];
    for (ssize_t count = 0; (count = read(file, buffer, sizeof buffer)) > 0;)
        text.append(buffer, size_t(count));
    return text;
}

/// Measures the row in a child process. If the child fails, returns null and raises `code`.
Json measure_in_child(const Row& row, const Options& options, ExitCode& code)
{
    int ends[2];
    if (pipe(ends) != 0)
        throw Failure(failed, fmt::format("pipe: {}", std::strerror(errno)));
    std::fflush(stdout);
    const pid_t child = fork();
    if (child < 0)
        throw Failure(failed, fmt::format("fork: {}", std::strerror(errno)));
    if (child == 0)
    {
        close(ends[0]);
        const ExitCode child_code = guarded(row.name, [&] { write_all(ends[1], measure(row, options).dump()); });
        ncnn::destroy_gpu_instance();
        _exit(child_code);
    }
    close(ends[1]);
    const std::string text = read_all(ends[0]);
    close(ends[0]);
    int status = 0;
    waitpid(child, &status, 0);
    if (WIFSIGNALED(status))
        fmt::print(stderr, "{}: ended by signal {}\n", row.name, WTERMSIG(status));
    const ExitCode child_code = WIFEXITED(status) ? ExitCode(WEXITSTATUS(status)) : failed;
    code = std::max(code, child_code);
    return child_code == done ? Json::parse(text) : Json();
}

std::string gflop_text(double gflop)
{
    return gflop > 0 ? fmt::format("{:.3f}", gflop) : "-";
}

void print_list(const std::vector<Row>& rows)
{
    fmt::print("{:<40} {:>10} {:>9}\n", "row", "parameters", "GFLOP");
    for (const Row& row : rows)
        fmt::print("{:<40} {:>10} {:>9}\n", row.name, row.network.parameters(),
                   gflop_text(2e-9 * double(row.network.multiply_adds())));
}

void print_header(const Options& options, const std::string& device)
{
    fmt::print("ncnn {}, {}, {}\n", ncnn_version(), options.is_f16 ? "f16" : "f32", device);
    fmt::print("Times in ms; CPU is the process's seconds per run.\n");
    fmt::print("{:<40} {:>8} {:>8} {:>9} {:>5} {:>38} {:>38} {:>8}\n", "", "", "", "", "",
               "host to host ----------------------", "device-resident --------------------", "peak");
    fmt::print("{:<40} {:>8} {:>8} {:>9} {:>5}", "row", "GFLOP", "load", "first run", "runs");
    for (int i = 0; i < 2; ++i)
        fmt::print(" {:>9} {:>9} {:>9} {:>8}", "min", "median", "max", "CPU");
    fmt::print(" {:>8}\n", "MB");
}

void print_row(const Json& result)
{
    fmt::print("{:<40} {:>8} {:8.1f} {:9.1f} {:5}", result["name"].get<std::string>(),
               gflop_text(result["gflop"].get<double>()), result["load_ms"].get<double>(),
               result["first_run_ms"].get<double>(), result["runs"].get<int>());
    for (const char* way : {"host_to_host", "device_resident"})
    {
        if (!result.contains(way))
        {
            fmt::print(" {:>9} {:>9} {:>9} {:>8}", "-", "-", "-", "-");
            continue;
        }
        const Json& series = result[way];
        fmt::print(" {:9.2f} {:9.2f} {:9.2f} {:8.3f}", series["min_ms"].get<double>(),
                   series["median_ms"].get<double>(), series["max_ms"].get<double>(),
                   series["cpu_seconds"].get<double>());
    }
    fmt::print(" {:8.1f}\n", result["peak_resident_mb"].get<double>());
    std::fflush(stdout);
}

std::vector<Row> chosen_rows(const std::vector<std::string>& names)
{
    const std::vector<Row> rows = all_rows();
    std::vector<Row> chosen;
    for (const std::string& name : names)
    {
        const size_t before = chosen.size();
        std::copy_if(rows.begin(), rows.end(), std::back_inserter(chosen),
                     [&](const Row& row) { return name == "all" || name == row.name; });
        if (chosen.size() == before)
            throw Failure(wrong_usage, fmt::format("ROW: expected a name that --list shows, got '{}'", name));
    }
    return chosen;
}

ExitCode run(const Options& options)
{
    const std::vector<Row> rows = chosen_rows(options.rows);
    if (options.only_list)
    {
        print_list(rows);
        return done;
    }
    ExitCode code = done;
    Json results = Json::array();
    for (const Row& row : rows)
    {
        const Json result = measure_in_child(row, options, code);
        if (code == no_usable_device)
            break;
        if (result.is_null())
            continue;
        if (results.empty())
            print_header(options, result["device"].get<std::string>());
        print_row(result);
        results.push_back(result);
    }
    if (!options.json.empty())
    {
        const Json json = {{"ncnn", ncnn_version()},
                           {"precision", options.is_f16 ? "f16" : "f32"},
                           {"shape_hints", options.has_shape_hints},
                           {"rows", results}};
        std::ofstream file(options.json);
        file << json.dump(2) << "\n";
        if (!file.flush())
            throw Failure(failed, fmt::format("{}: cannot be written", options.json));
    }
    return code;
}

} // namespace
} // namespace comparison

int main(int argc, char** argv)
{
    using namespace comparison;
    Options options;
    CLI::App app("Times ncnn on the operators and networks that vkseg is compared with.", "compare_ncnn");
    app.get_formatter()->column_width(28);
    app.add_option("ROW", options.rows, "Names that --list shows, or all")->capture_default_str();
    app.add_option("--device", options.device, "ncnn's index of the Vulkan device; -1: the processor")
        ->check(CLI::Range(-1, 1000))
        ->capture_default_str();
    app.add_flag("--f16", options.is_f16, "ncnn's default options instead of f32 throughout");
    app.add_flag("--shape-hints,!--no-shape-hints", options.has_shape_hints,
                 "Write every tensor's shape into the network, as ncnn's optimizer does (default)");
    app.add_option("--runs", options.runs, "Warm runs, each with both ways of measuring")
        ->check(CLI::Range(1, 100000))
        ->capture_default_str();
    app.add_option("--max-seconds", options.max_seconds, "Stop a row after this time, but not before 3 runs")
        ->check(CLI::NonNegativeNumber)
        ->capture_default_str();
    app.add_option("--threads", options.threads, "Threads on the processor")
        ->check(CLI::Range(1, 1024))
        ->capture_default_str();
    app.add_flag("--list", options.only_list, "List the rows and run none");
    app.add_option("--json", options.json, "JSON file to write the results to");
    app.footer(
        "Example:\n  compare_ncnn \"conv 3x3 64->64 @128\" \"U-Net 256\" --runs 5 --json ncnn.json\n\n"
        "The first run includes the driver's compilation. If the driver caches compiled shaders on disk, the first\n"
        "run of a second call is shorter.");
    try
    {
        app.parse(argc, argv);
    }
    catch (const CLI::ParseError& error)
    {
        if (error.get_exit_code() == int(CLI::ExitCodes::Success))
            return app.exit(error);
        fmt::print(stderr, "compare_ncnn: {}; see compare_ncnn --help\n", error.what());
        return wrong_usage;
    }
    ExitCode code = done;
    const ExitCode trouble = guarded("compare_ncnn", [&] { code = run(options); });
    return trouble != done ? trouble : code;
}
