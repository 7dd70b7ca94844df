#include "commands.hpp"
#include "label_map.hpp"
#include "label_values.hpp"
#include "npy.hpp"
#include "output_file.hpp"
#include "picture_pairs.hpp"
#include "pictures.hpp"
#include "value_ranges.hpp"

#include "vkseg/metrics.hpp"
#include "vkseg/model.hpp"

#include <algorithm>
#include <cmath>

namespace vkseg::cli {
namespace {

namespace fs = std::filesystem;

constexpr size_t max_classes = ConfusionMatrix::max_classes;

/// The files of a folder in the order of their names, without hidden ones; or the file itself.
std::vector<fs::path> files_of(const fs::path& path)
{
    std::error_code error;
    if (!fs::is_directory(path, error))
        return {path};
    std::vector<fs::path> files;
    for (const fs::directory_entry& entry : fs::directory_iterator(path, error))
    {
        if (entry.is_regular_file(error) && !entry.path().filename().string().starts_with("."))
            files.push_back(entry.path());
    }
    if (error)
        throw Failure(bad_input, fmt::format("{}: {}", path.string(), error.message()));
    std::ranges::sort(files);
    return files;
}

/// Inputs to calibrate with: pictures, or NumPy files of the network's only input.
struct Calibration
{
    std::vector<fs::path> files;
    bool has_pictures = true;
};

Calibration find_calibration(const std::string& argument)
{
    Calibration calibration = {.files = files_of(path_of(argument))};
    const auto is_tensor = [](const fs::path& file) { return file.extension() == ".npy"; };
    const auto tensors = size_t(std::ranges::count_if(calibration.files, is_tensor));
    if (calibration.files.empty())
        throw Failure(bad_input, fmt::format("--calibrate: '{}' holds no files", argument));
    if (tensors != 0 && tensors != calibration.files.size())
        throw Failure(bad_input,
                      fmt::format("--calibrate: '{}' holds pictures and .npy files; expected one kind", argument));
    calibration.has_pictures = tensors == 0;
    return calibration;
}

/// Copies of the picture as a tensor [height,width,channels].
Tensor tensor_of(const Picture& picture)
{
    const auto bytes = std::as_bytes(std::span(picture.pixels));
    return Tensor::from_bytes(DType::u8, {picture.height, picture.width, picture.channels},
                              std::vector<std::byte>(bytes.begin(), bytes.end()));
}

InputsOf read_calibration(const Calibration& calibration, const Graph& graph)
{
    if (graph.inputs.size() != 1)
        throw Failure(bad_input,
                      fmt::format("quantize: expected a network with one input, got {}", graph.inputs.size()));
    const std::string input = graph.values[graph.inputs[0]].name;
    return [=](size_t run) -> std::vector<NamedTensor>
    {
        const fs::path& file = calibration.files[run];
        return {{input, calibration.has_pictures ? tensor_of(read_picture(file)) : read_npy(file)}};
    };
}

/// Checks that the file can be read as a network again, and returns that.
Graph read_quantized(const std::string& file)
{
    auto owner = std::make_shared<const std::string>(file);
    Result<Graph> graph = load_model(MemoryFile{.bytes = std::as_bytes(std::span(*owner)), .owner = owner});
    return take(std::move(graph));
}

/// Both networks with the same description.
struct SegmenterPair
{
    Segmenter original;
    Segmenter quantized;
};

std::vector<uint8_t> labels_of(Segmenter& segmenter, const Picture& picture, const fs::path& file)
{
    Result<Segmentation> segmentation = segmenter.segment(picture.view());
    if (!segmentation.is_ok())
        throw Failure(segmentation.status().with_context(file.string()));
    return std::move(segmentation->labels);
}

std::optional<uint8_t> ignored_value(const QuantizeOptions& options)
{
    return options.ignore < 0 ? std::nullopt : std::optional(uint8_t(options.ignore));
}

/// Prints the agreement of both networks' masks.
void compare_masks(SegmenterPair& pair, const std::vector<fs::path>& files)
{
    ConfusionMatrix agreement(max_classes);
    Progress progress("compare");
    for (size_t i = 0; i < files.size(); ++i)
    {
        const Picture picture = read_picture(files[i]);
        const std::vector<uint8_t> original = labels_of(pair.original, picture, files[i]);
        require(agreement.add(labels_of(pair.quantized, picture, files[i]), original));
        progress.show(double(i + 1) / double(files.size()));
    }
    const SegmentationMetrics metrics = agreement.metrics();
    fmt::print("masks of both networks agree: mean IoU {:.4f}, {:.3f} % of the pixels\n", metrics.mean_iou,
               100 * metrics.pixel_accuracy);
}

/// Prints the mean IoU of both networks with the truth.
void compare_with_truth(SegmenterPair& pair, const QuantizeOptions& options)
{
    const PicturePairs pictures = pair_pictures(path_of(options.truth), path_of(options.calibrate));
    const size_t classes = std::max<size_t>(pair.original.description().classes.size(), 2);
    const LabelValues values(
        {.classes = classes, .ignore = ignored_value(options), .maps = {}, .is_binary = options.is_binary});
    ConfusionMatrix original(classes);
    ConfusionMatrix quantized(classes);
    Progress progress("compare with the truth");
    for (size_t i = 0; i < pictures.pairs.size(); ++i)
    {
        const auto& truth_file = pictures.pairs[i].truth;
        const auto& file = pictures.pairs[i].other;
        Picture truth = read_label_map(truth_file);
        values.convert_truth(truth, truth_file);
        const Picture picture = read_picture(file);
        const auto count = [&](ConfusionMatrix& matrix, Segmenter& segmenter)
        {
            const Status status = matrix.add(labels_of(segmenter, picture, file), truth.pixels, ignored_value(options));
            if (!status.is_ok())
                throw Failure(bad_input, fmt::format("{}: {}; --ignore and --binary say what other values mean",
                                                     truth_file.string(), status.message()));
        };
        count(original, pair.original);
        count(quantized, pair.quantized);
        progress.show(double(i + 1) / double(pictures.pairs.size()));
    }
    const double before = original.metrics().mean_iou;
    const double after = quantized.metrics().mean_iou;
    fmt::print("mean IoU with the truth: {:.4f} before, {:.4f} quantised, {:+.4f}\n", before, after, after - before);
}

/// Prints how far the outputs of both networks are apart, for networks without a description.
void compare_outputs(const Device& device, const Graph& original, const Graph& quantized, size_t runs,
                     const InputsOf& inputs, const SessionOptions& options)
{
    Session before = take(Session::create(device, original, options));
    Session after = take(Session::create(device, quantized, options));
    struct Difference
    {
        double of_squares = 0;
        double squares = 0;
    };
    std::vector<std::pair<std::string, Difference>> differences;
    Progress progress("compare");
    for (size_t run = 0; run < runs; ++run)
    {
        const std::vector<NamedTensor> given = inputs(run);
        const RunResult expected = take(before.run(given));
        const RunResult actual = take(after.run(given));
        differences.resize(expected.outputs.size());
        for (size_t i = 0; i < expected.outputs.size(); ++i)
        {
            auto& [name, difference] = differences[i];
            name = expected.outputs[i].name;
            const std::vector<float> a = expected.outputs[i].tensor.to_floats();
            const std::vector<float> b = actual.outputs[i].tensor.to_floats();
            for (size_t j = 0; j < std::min(a.size(), b.size()); ++j)
            {
                difference.of_squares += std::pow(double(a[j]) - double(b[j]), 2);
                difference.squares += std::pow(double(a[j]), 2);
            }
        }
        progress.show(double(run + 1) / double(runs));
    }
    for (const auto& [name, difference] : differences)
        fmt::print("output {}: differs by {:.3f} % (root of the squares' sums)\n", shown(name),
                   100 * std::sqrt(difference.of_squares / std::max(difference.squares, 1e-30)));
}

/// Refuses outputs that are no file, because results are printed on the standard output, and the command's own inputs.
void check_output(const QuantizeOptions& options, const fs::path& model, const Calibration& calibration)
{
    const fs::path output = path_of(options.output);
    std::error_code error;
    const auto is_stream = [&](const char* stream) { return fs::equivalent(output, stream, error); };
    if (output == "-" || is_stream("/dev/stdout") || is_stream("/dev/stderr") ||
        (fs::exists(output, error) && !fs::is_regular_file(output, error)))
        throw Failure(wrong_usage, fmt::format("--output: expected the name of a file, got '{}'", options.output));
    const auto is_output = [&](const fs::path& input) { return fs::equivalent(input, output, error); };
    if (is_output(model) || std::ranges::any_of(calibration.files, is_output))
        throw Failure(wrong_usage, fmt::format("--output: '{}' is an input of this command", options.output));
}

RangeOptions range_options(const QuantizeOptions& options)
{
    if (!(options.percentile >= 50 && options.percentile <= 100)) // also NaN, which the option's own check lets pass
        throw Failure(bad_input, "quantize: --percentile must be a number from 50 to 100");
    const RangeMethod method = options.method == "minmax"    ? RangeMethod::minmax
                               : options.method == "entropy" ? RangeMethod::entropy
                                                             : RangeMethod::percentile;
    return {.method = method, .percentile = options.percentile};
}

} // namespace

void run_quantize(const QuantizeOptions& options)
{
    const fs::path model = options.model.file();
    const Calibration calibration = find_calibration(options.calibrate);
    if (!options.truth.empty() && !calibration.has_pictures)
        throw Failure(wrong_usage, "--truth: expected pictures in --calibrate, got .npy files");
    check_output(options, model, calibration);
    Graph graph = load_graph(options.model);
    const std::vector<std::byte> file = read_file(model);
    const QuantizationPlan plan =
        plan_quantization(file, graph,
                          {.names = std::set<std::string>(options.kept.begin(), options.kept.end()),
                           .are_last_kept = !options.quantizes_last});
    const Device device = open_device(options.common);
    OutputFile output(path_of(options.output));

    std::optional<ModelDescription> description;
    Graph calibrated = graph;
    if (calibration.has_pictures)
    {
        description = take(find_description(model, graph));
        calibrated = take(with_picture_input(graph, *description));
    }
    const InputsOf inputs = read_calibration(calibration, calibrated);
    const SessionOptions session_options = session_options_of(options.common);
    const std::map<std::string, ValueRange> ranges =
        find_value_ranges(device, calibrated, plan.activations, calibration.files.size(), inputs,
                          range_options(options), session_options);
    if (options.common.verbose)
    {
        for (const auto& [name, range] : ranges)
            fmt::print("{}: {:g} to {:g}\n", shown(name), range.low, range.high);
    }

    const std::string quantized = quantize_onnx(file, graph, plan, ranges, options.activations == "i8");
    const Graph network = read_quantized(quantized);
    output.write(std::as_bytes(std::span(quantized)));
    output.finish();
    fmt::print("{}: {} nodes quantised with {} input{}, {} instead of {}\n", options.output, plan.nodes.size(),
               calibration.files.size(), calibration.files.size() == 1 ? "" : "s", bytes_text(quantized.size()),
               bytes_text(file.size()));
    if (!description || description->kind != OutputKind::classes)
    {
        compare_outputs(device, calibrated, description ? take(with_picture_input(network, *description)) : network,
                        calibration.files.size(), inputs, session_options);
        return;
    }
    SegmenterPair pair = {.original = take(Segmenter::create(device, graph, *description, session_options)),
                          .quantized = take(Segmenter::create(device, network, *description, session_options))};
    compare_masks(pair, calibration.files);
    if (!options.truth.empty())
        compare_with_truth(pair, options);
    check_validation(device);
}

} // namespace vkseg::cli
