#pragma once

#include "vkseg/session.hpp"

#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <stdexcept>
#include <string_view>

/// Code shared by the subcommands. The program's exit code is 0: done; 1: bad model or input; 2: wrong usage; 3: no
/// usable device, out of memory or device lost. A failure prints one message on stderr.
namespace vkseg::cli {

enum ExitCode
{
    done = 0,
    bad_input = 1,
    wrong_usage = 2,
    no_usable_device = 3
};

/// Carries a failed Status to main().
class Failure : public std::runtime_error
{
public:
    explicit Failure(Status status);
    Failure(ExitCode code, const std::string& message) : std::runtime_error(message), code_(code) {}
    ExitCode code() const { return code_; }

private:
    ExitCode code_;
};

/// Returns the value; throws a Failure if there is none.
template <class T>
T take(Result<T> result)
{
    if (!result.is_ok())
        throw Failure(result.status());
    return std::move(result).value();
}
void require(Status status);

/// The path that an argument names. Arguments are UTF-8 on Windows, and any bytes elsewhere.
std::filesystem::path path_of(std::string_view argument);

/// Options of every subcommand that uses a device.
struct CommonOptions
{
    size_t max_memory_bytes = 0; ///< 0: the network's default
    std::string device;
    std::string precision = "f32";
    bool direct = false; ///< no Winograd
    std::string half_products = "auto";
    std::string byte_products = "auto";
    bool tune = false;
    bool minimum_limits = false;
    bool validate = false;
    bool verbose = false;
    bool pipeline_statistics = false; ///< for `pipelines` only
    std::string trace;                ///< file to write a trace to; empty: none
};

SessionOptions session_options_of(const CommonOptions& options);

/// The network, as every subcommand takes it.
struct ModelOptions
{
    std::string model; ///< ONNX, TensorFlow Lite or safetensors file, or zoo:NAME with parameters
    std::string weights;

    /// The file that the description lies beside.
    std::filesystem::path file() const { return path_of(weights.empty() ? model : weights); }
};

/// Reads or builds the network. A network of the zoo is built for the first of `shapes` (NAME=1x3x256x256, or without
/// the name), which is removed from the list.
Graph load_graph(const ModelOptions& options, std::vector<std::string>& shapes);
Graph load_graph(const ModelOptions& options);

/// Creates the device and prints its name on stdout.
Device open_device(const CommonOptions& options, bool is_quiet = false);
/// Fails if the validation layer reported anything.
void check_validation(const Device& device);

/// A name or title from a file, made safe for a terminal: control characters become '?'.
std::string shown(std::string name);
/// The same for a message, which may have line breaks.
std::string shown_lines(std::string message);

/// Prints the library's messages up to this level ("error", "warning", "info" or "debug") on stderr.
void print_log(const std::string& level);

/// Prints on stderr which weights and constants f16 cannot represent: the first few, and their number.
void print_warnings(std::span<const std::string> warnings);

bool stderr_is_terminal();

/// A progress bar on stderr, shown if stderr is a terminal and the step takes more than a second.
class Progress
{
public:
    explicit Progress(std::string step);
    ~Progress();
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;
    void show(double fraction);
    void report_from(SessionOptions& options);

private:
    std::string step_;
    std::chrono::steady_clock::time_point start_;
    bool is_terminal_ = false;
    bool is_shown_ = false;
};

class Stopwatch
{
public:
    double ms() const
    {
        return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start_).count();
    }

private:
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// Parses "1x3x256x256"; each extent is 1 or more.
Shape parse_shape(const std::string& text);
/// Parses "NAME=1x3x256x256" with NAME one of the graph's inputs; the name may be left out if there is only one.
std::vector<NamedShape> parse_shapes(const Graph& graph, const std::vector<std::string>& arguments);
/// Splits "NAME=VALUE" where NAME is one of the graph's inputs; VALUE alone belongs to the only input.
std::pair<std::string, std::string> split_argument(const Graph& graph, const std::string& argument);

/// The option if not 0, otherwise the default for `graph`, as loaded, with these shapes.
size_t max_memory_of(size_t option_bytes, const Graph& graph, std::span<const NamedShape> shapes);

/// Policy of read_inputs() for inputs that are not given: whether random values may stand in.
struct Invention
{
    bool is_allowed = false;
    size_t max_memory_bytes = 0; ///< for the whole network; random values may take part of it
};

/// Tensors for all inputs: from NAME=FILE.npy arguments, otherwise seeded random values if allowed. Inputs that the
/// network needs at planning time are frozen in `graph`; the others are returned.
std::vector<NamedTensor> read_inputs(Graph& graph, const std::vector<std::string>& arguments,
                                     const std::vector<NamedShape>& shapes, const Invention& invention);

std::vector<NamedShape> shapes_of(const std::vector<NamedTensor>& tensors);

/// Fills tensors that the network needs at planning time and has no values for with seeded random values, if their
/// shapes are known.
void invent_parameters(Graph& graph, size_t max_memory_bytes);

/// Writes `bytes`, then `more`, to an OutputFile.
void write_file(const std::filesystem::path& path, std::span<const std::byte> bytes,
                std::span<const std::byte> more = {});
void make_directory(const std::filesystem::path& path);
std::vector<std::byte> read_file(const std::filesystem::path& path);

std::string bytes_text(size_t bytes); ///< "1.5 MiB"

} // namespace vkseg::cli
