#include "common.hpp"

#include "npy.hpp"
#include "output_file.hpp"

#include "vkseg/log.hpp"
#include "vkseg/model.hpp"
#include "vkseg/weights.hpp"
#include "vkseg/zoo.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <fstream>
#include <random>
#include <set>

#ifdef _WIN32
#include <io.h>
#include <process.h>
#else
#include <unistd.h>
#endif

namespace vkseg::cli {
namespace {

ExitCode exit_code_of(StatusCode code)
{
    switch (code)
    {
    case StatusCode::no_device:
    case StatusCode::out_of_memory:
    case StatusCode::device_lost:
        return no_usable_device;
    default:
        return bad_input;
    }
}

/// Limits random values to a third of the memory: the device takes as much again for them, and so do the results.
class InventedBytes
{
public:
    explicit InventedBytes(size_t max_memory_bytes) : max_memory_bytes_(max_memory_bytes) {}

    void add(const Value& value, const Shape& shape)
    {
        bytes_ += double(shape.elements()) * (is_float(value.type) ? 4 : 8);
        if (bytes_ > double(max_memory_bytes_ / 3))
            throw Failure(no_usable_device,
                          fmt::format("input '{}' of shape {}: random values for the inputs take more than a third of "
                                      "the memory limit of {}; raise it with --max-memory",
                                      value.name, to_string(shape), bytes_text(max_memory_bytes_)));
    }

private:
    size_t max_memory_bytes_;
    double bytes_ = 0;
};

Tensor random_tensor(DType type, const Shape& shape, uint32_t seed)
{
    std::minstd_rand generator(seed + 1);
    const size_t count = size_t(shape.elements());
    if (is_float(type))
    {
        std::vector<float> values(count);
        for (float& value : values)
            value = float(generator() >> 7) * 0x1p-24f;
        return Tensor::from(shape, std::move(values));
    }
    std::vector<int64_t> values(count);
    for (int64_t& value : values)
        value = generator() >> 8 & 1;
    if (type != DType::boolean)
        return Tensor::from_integers(shape, std::move(values));
    std::vector<std::byte> bytes(count);
    std::transform(values.begin(), values.end(), bytes.begin(), [](int64_t value) { return std::byte(value); });
    return Tensor::from_bytes(DType::boolean, shape, std::move(bytes));
}

/// Replaces the control characters of ASCII, and U+0080 to U+009F in UTF-8, except those in `kept`.
void replace_controls(std::string& text, std::string_view kept)
{
    for (size_t i = 0; i < text.size(); ++i)
    {
        const auto c = uint8_t(text[i]);
        const bool is_long = c == 0xc2 && i + 1 < text.size() && uint8_t(text[i + 1]) < 0xa0;
        if (is_long)
            text.erase(i + 1, 1);
        if (is_long || ((c < 0x20 || c == 0x7f) && kept.find(char(c)) == std::string_view::npos))
            text[i] = '?';
    }
}

} // namespace

Failure::Failure(Status status) : std::runtime_error(status.message()), code_(exit_code_of(status.code())) {}

std::filesystem::path path_of(std::string_view argument)
{
    return std::u8string_view(reinterpret_cast<const char8_t*>(argument.data()), argument.size());
}

void require(Status status)
{
    if (!status.is_ok())
        throw Failure(std::move(status));
}

SessionOptions session_options_of(const CommonOptions& options)
{
    SessionOptions result;
    result.precision = options.precision == "f16" ? Precision::f16 : Precision::f32;
    result.half_products = options.half_products == "never"    ? HalfProducts::never
                           : options.half_products == "always" ? HalfProducts::always
                                                               : HalfProducts::where_faster;
    result.byte_products = options.byte_products == "never"    ? ByteProducts::never
                           : options.byte_products == "always" ? ByteProducts::always
                                                               : ByteProducts::where_faster;
    result.allow_winograd = !options.direct;
    result.tune = options.tune;
    result.max_memory_bytes = options.max_memory_bytes;
    return result;
}

Graph load_graph(const ModelOptions& options, std::vector<std::string>& shapes)
{
    constexpr std::string_view prefix = "zoo:";
    if (!options.model.starts_with(prefix))
    {
        if (!options.weights.empty())
            throw Failure(wrong_usage,
                          "--weights: expected a model that is one of the networks of the zoo, such as zoo:unet");
        return take(load_model(path_of(options.model)));
    }
    std::string text = options.model.substr(prefix.size());
    if (!shapes.empty())
    {
        constexpr std::string_view input = "input=";
        text += text.find(':') == std::string::npos ? ":" : ",";
        text += shapes[0].starts_with(input) ? shapes[0] : std::string(input) + shapes[0];
        shapes.erase(shapes.begin());
    }
    return take(load_network(text, path_of(options.weights)));
}

Graph load_graph(const ModelOptions& options)
{
    std::vector<std::string> none;
    return load_graph(options, none);
}

Device open_device(const CommonOptions& options, bool is_quiet)
{
    DeviceOptions device_options;
    device_options.select = options.device;
    device_options.use_minimum_limits = options.minimum_limits;
    device_options.validate = options.validate;
    device_options.pipeline_statistics = options.pipeline_statistics;
    Device device = take(Device::create(device_options));
    const DeviceDescription description = device.description();
    if (!is_quiet)
        fmt::print("device: {} ({}), {}{}\n", description.name, description.driver, options.precision,
                   options.minimum_limits ? ", minimum limits" : "");
    return device;
}

void check_validation(const Device& device)
{
    const std::vector<std::string> messages = device.validation_messages();
    if (!messages.empty())
        throw Failure(bad_input, fmt::format("the validation layer found {} faults; the first: {}", messages.size(),
                                             messages.front()));
}

std::string shown(std::string name)
{
    replace_controls(name, "");
    return name;
}

std::string shown_lines(std::string message)
{
    replace_controls(message, "\n\t");
    return message;
}

void print_log(const std::string& level)
{
    static constexpr std::array<std::string_view, 4> names = {"error", "warning", "info", "debug"}; // by LogLevel
    const auto place = std::ranges::find(names, level) - names.begin();
    const auto print = [](LogLevel message_level, const char* message, void*)
    { fmt::print(stderr, "vkseg: {}: {}\n", names[size_t(message_level)], shown_lines(message)); };
    set_log(print, nullptr, LogLevel(place));
}

void print_warnings(std::span<const std::string> warnings)
{
    constexpr size_t most = 10;
    for (size_t i = 0; i < std::min(most, warnings.size()); ++i)
        fmt::print(stderr, "warning: {}\n", warnings[i]);
    if (warnings.size() > most)
        fmt::print(stderr, "warning: {} more constants do not fit f16\n", warnings.size() - most);
}

bool stderr_is_terminal()
{
#ifdef _WIN32
    return _isatty(_fileno(stderr)) != 0;
#else
    return isatty(STDERR_FILENO) != 0;
#endif
}

Progress::Progress(std::string step)
    : step_(std::move(step)), start_(std::chrono::steady_clock::now()), is_terminal_(stderr_is_terminal())
{}

Progress::~Progress()
{
    if (is_shown_)
        fmt::print(stderr, "\r\033[K");
}

void Progress::show(double fraction)
{
    if (!is_terminal_ || std::chrono::steady_clock::now() - start_ < std::chrono::seconds(1))
        return;
    constexpr int width = 40;
    const int filled = int(std::clamp(fraction, 0.0, 1.0) * width);
    fmt::print(stderr, "\r{} [{:\u2500<{}}{:<{}}] {:3.0f} %", step_, "", filled, "", width - filled, fraction * 100);
    std::fflush(stderr);
    is_shown_ = true;
}

void Progress::report_from(SessionOptions& options)
{
    options.progress = [](double fraction, void* user) { static_cast<Progress*>(user)->show(fraction); };
    options.progress_user = this;
}

Shape parse_shape(const std::string& text)
{
    Shape shape;
    const char* at = text.data();
    const char* const end = at + text.size();
    while (true)
    {
        int64_t extent = 0;
        const auto [next, error] = std::from_chars(at, end, extent);
        if (error != std::errc() || extent < 0 || shape.rank() == Shape::max_rank)
            break;
        shape.append(extent);
        if (next == end)
            return shape;
        if (*next != 'x')
            break;
        at = next + 1;
    }
    throw Failure(wrong_usage, fmt::format("shape '{}': expected up to 6 extents such as 1x3x256x256", text));
}

std::pair<std::string, std::string> split_argument(const Graph& graph, const std::string& argument)
{
    std::string names;
    for (const ValueId id : graph.inputs)
    {
        const std::string& name = graph.values[id].name;
        if (argument.starts_with(name + "="))
            return {name, argument.substr(name.size() + 1)};
        names += (names.empty() ? "'" : ", '") + name + "'";
    }
    if (graph.inputs.size() == 1 && argument.find('=') == std::string::npos)
        return {graph.values[graph.inputs[0]].name, argument};
    throw Failure(bad_input, fmt::format("'{}': expected NAME=... with NAME one of the inputs {}", argument, names));
}

std::vector<NamedShape> parse_shapes(const Graph& graph, const std::vector<std::string>& arguments)
{
    std::vector<NamedShape> shapes;
    for (const std::string& argument : arguments)
    {
        const auto [name, text] = split_argument(graph, argument);
        shapes.push_back({name, parse_shape(text)});
    }
    return shapes;
}

size_t max_memory_of(size_t option_bytes, const Graph& graph, std::span<const NamedShape> shapes)
{
    return option_bytes != 0 ? option_bytes : default_max_memory_bytes(graph, shapes);
}

std::vector<NamedShape> shapes_of(const std::vector<NamedTensor>& tensors)
{
    std::vector<NamedShape> shapes;
    for (const NamedTensor& tensor : tensors)
        shapes.push_back({tensor.name, tensor.tensor.shape()});
    return shapes;
}

void invent_parameters(Graph& graph, size_t max_memory_bytes)
{
    const std::vector<std::string> names = parameter_inputs(graph);
    const std::set<std::string_view> parameters(names.begin(), names.end());
    InventedBytes invented(max_memory_bytes);
    for (const ValueId id : graph.inputs)
    {
        Value& value = graph.values[id];
        value.is_weight = value.is_weight || parameters.contains(value.name);
        if (value.is_weight && value.has_shape && value.shape.is_known())
            invented.add(value, value.shape);
    }
    vkseg::invent_weights(graph);
}

std::vector<NamedTensor> read_inputs(Graph& graph, const std::vector<std::string>& arguments,
                                     const std::vector<NamedShape>& shapes, const Invention& invention)
{
    std::vector<NamedTensor> given;
    for (const std::string& argument : arguments)
    {
        std::pair<std::string, std::string> split = split_argument(graph, argument);
        const std::string& name = split.first;
        if (std::any_of(given.begin(), given.end(), [&](const NamedTensor& t) { return t.name == name; }))
            throw Failure(bad_input, fmt::format("input '{}' is given twice", name));
        given.push_back({name, read_npy(path_of(split.second))});
    }
    const std::vector<std::string> parameter_names = parameter_inputs(graph);
    const std::set<std::string_view> parameters(parameter_names.begin(), parameter_names.end());
    for (NamedTensor& tensor : given)
    {
        if (parameters.contains(tensor.name))
            require(graph.freeze_input(tensor.name, tensor.tensor));
    }
    if (invention.is_allowed)
        invent_parameters(graph, invention.max_memory_bytes);

    InventedBytes invented(invention.max_memory_bytes);
    std::vector<NamedTensor> inputs;
    for (const ValueId id : graph.inputs)
    {
        const std::string& name = graph.values[id].name;
        const auto found =
            std::find_if(given.begin(), given.end(), [&](const NamedTensor& tensor) { return tensor.name == name; });
        if (found != given.end())
            inputs.push_back(std::move(*found));
        else if (!invention.is_allowed || parameters.contains(name))
            throw Failure(bad_input, fmt::format("input '{}' is missing: give --input {}=FILE.npy", name, name));
        else
        {
            const auto shape =
                std::find_if(shapes.begin(), shapes.end(), [&](const NamedShape& s) { return s.name == name; });
            const Value& value = graph.values[id];
            const Shape wanted = shape != shapes.end() ? shape->shape : value.shape;
            if ((shape == shapes.end() && !value.has_shape) || !wanted.is_known())
                throw Failure(bad_input, fmt::format("input '{}' has the open shape {}: give it with --shape {}=...",
                                                     name, value.has_shape ? to_string(wanted) : "?", name));
            invented.add(value, wanted);
            inputs.push_back({name, random_tensor(value.type, wanted, uint32_t(inputs.size()))});
        }
    }
    return inputs;
}

void write_file(const std::filesystem::path& path, std::span<const std::byte> bytes, std::span<const std::byte> more)
{
    OutputFile file(path);
    if (!file.write(bytes) || !file.write(more))
        throw Failure(bad_input, fmt::format("{}: cannot be written: nobody reads it", path.string()));
    file.finish();
}

void make_directory(const std::filesystem::path& path)
{
    std::error_code error;
    std::filesystem::create_directories(path, error);
    if (!std::filesystem::is_directory(path))
        throw Failure(bad_input, fmt::format("{}: is not a directory and cannot be created", path.string()));
}

std::vector<std::byte> read_file(const std::filesystem::path& path)
{
    constexpr uintmax_t max_file_bytes = uintmax_t(1) << 32;
    std::error_code error;
    const uintmax_t size = std::filesystem::file_size(path, error);
    if (error)
        throw Failure(bad_input, fmt::format("{}: {}", path.string(), error.message()));
    if (size > max_file_bytes)
        throw Failure(bad_input, fmt::format("{}: expected a file of at most {} bytes, got {}", path.string(),
                                             max_file_bytes, size));
    std::vector<std::byte> bytes(size);
    std::ifstream file(path, std::ios::binary);
    file.read(reinterpret_cast<char*>(bytes.data()), std::streamsize(size));
    if (!file)
        throw Failure(bad_input, fmt::format("{}: cannot be read", path.string()));
    return bytes;
}

std::string bytes_text(size_t bytes)
{
    if (bytes < 1024)
        return fmt::format("{} B", bytes);
    if (bytes < 1024 * 1024)
        return fmt::format("{:.1f} KiB", double(bytes) / 1024);
    return fmt::format("{:.1f} MiB", double(bytes) / (1024 * 1024));
}

} // namespace vkseg::cli
