#pragma once

#include "vkseg/session.hpp"

#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <stdexcept>

/// What the subcommands share. The program ends with 0: done; 1: bad model or input; 2: wrong usage; 3: no usable
/// device, out of memory or device lost; and one message on stderr.
namespace vkseg::cli {

enum ExitCode
{
    done = 0,
    bad_input = 1,
    wrong_usage = 2,
    no_usable_device = 3
};

/// A Status on its way to main().
class Failure : public std::runtime_error
{
public:
    explicit Failure(Status status);
    Failure(ExitCode code, const std::string& message) : std::runtime_error(message), code_(code) {}
    ExitCode code() const { return code_; }

private:
    ExitCode code_;
};

/// The value, or the failure thrown.
template <class T>
T take(Result<T> result)
{
    if (!result.is_ok())
        throw Failure(result.status());
    return std::move(result).value();
}
void require(Status status);

/// Options of every subcommand that uses a device.
struct CommonOptions
{
    size_t max_memory_bytes = 0; ///< 0: the network's default
    std::string device;
    std::string precision = "f32";
    bool direct = false; ///< no Winograd
    std::string half_products = "auto";
    bool tune = false;
    bool minimum_limits = false;
    bool validate = false;
    bool verbose = false;
    bool pipeline_statistics = false; ///< of `pipelines` alone
};

SessionOptions session_options_of(const CommonOptions& options);

/// Which network, as every subcommand takes it.
struct ModelOptions
{
    std::string model; ///< ONNX file, safetensors file, or zoo:NAME with parameters
    std::string weights;

    /// The file beside which the description lies.
    std::string file() const { return weights.empty() ? model : weights; }
};

/// Reads or builds the network. Of a network of the zoo, `shape` (NAME=1x3x256x256 or without the name) is what it is
/// built for, and is taken from the list.
Graph load_graph(const ModelOptions& options, std::vector<std::string>& shapes);
Graph load_graph(const ModelOptions& options);

/// Creates the device and, on stdout, says which it is.
Device open_device(const CommonOptions& options, bool is_quiet = false);
/// Fails if the validation layer found anything.
void check_validation(const Device& device);

/// A name or title from a file as a terminal may show it: control characters become '?'.
std::string shown(std::string name);
/// The same for a message, which may have lines.
std::string shown_lines(std::string message);

/// Says on stderr which weights and constants f16 does not hold: the first few, and how many there are.
void print_warnings(std::span<const std::string> warnings);

/// A bar on stderr, when that is a terminal and the step takes more than a second.
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

/// "1x3x256x256", each extent 1 or more.
Shape parse_shape(const std::string& text);
/// "NAME=1x3x256x256" of one of the graph's inputs; the name may be left out where there is one input only.
std::vector<NamedShape> parse_shapes(const Graph& graph, const std::vector<std::string>& arguments);
/// Splits "NAME=VALUE" where NAME is one of the graph's inputs; VALUE alone belongs to the only input.
std::pair<std::string, std::string> split_argument(const Graph& graph, const std::string& argument);

/// The option, or else the default for the network as it was loaded, with these shapes.
size_t max_memory_of(size_t option_bytes, const Graph& graph, std::span<const NamedShape> shapes);

/// What read_inputs() makes of inputs that are not given.
struct Invention
{
    bool is_allowed = false;
    size_t max_memory_bytes = 0; ///< for the network as a whole; a part of it may be random values
};

/// Tensors for all inputs: from NAME=FILE.npy arguments; where there is none, seeded random values if that is allowed.
/// Inputs that the network needs when it is planned are frozen in `graph`; the others come back.
std::vector<NamedTensor> read_inputs(Graph& graph, const std::vector<std::string>& arguments,
                                     const std::vector<NamedShape>& shapes, const Invention& invention);

std::vector<NamedShape> shapes_of(const std::vector<NamedTensor>& tensors);

/// Gives what the network needs when it is planned and has no values seeded random ones, where it says the shapes.
void invent_parameters(Graph& graph, size_t max_memory_bytes);

/// Writes a file, `bytes` and what follows them, under a temporary name and gives it the right one when it is whole.
void write_file(const std::filesystem::path& path, std::span<const std::byte> bytes,
                std::span<const std::byte> more = {});
void make_directory(const std::filesystem::path& path);
std::vector<std::byte> read_file(const std::filesystem::path& path);

std::string bytes_text(size_t bytes); ///< "1.5 MiB"

} // namespace vkseg::cli
