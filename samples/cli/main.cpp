#ifdef _WIN32
#include "arguments_windows.hpp"
#endif
#include "commands.hpp"
#include "pictures.hpp"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <limits>
#include <new>

namespace vkseg::cli {
namespace {

void add_memory(CLI::App& command, size_t& bytes)
{
    command
        .add_option(
            "--max-memory", bytes,
            "Memory limit of the network, such as 2G (default: 768M, plus 32 bytes for each byte of its constants, "
            "plus 512 for each value of inputs whose shape you choose)")
        ->transform(CLI::AsSizeValue(/* kb_is_1000= */ false))
        ->check(CLI::Range(size_t(1), std::numeric_limits<size_t>::max() / 2)); // -1 would be read as the largest
}

/// For options of which an empty text would mean that they are not given, such as --trace "$UNSET".
std::string is_given(const std::string& text)
{
    return text.empty() ? "expected a value, got an empty text" : "";
}

void add_common(CLI::App& command, CommonOptions& options)
{
    add_memory(command, options.max_memory_bytes);
    command.add_option("--device", options.device, "Index of the device in 'vkseg devices', or part of its name");
    command.add_option("--precision", options.precision, "How floats are stored on the device")
        ->check(CLI::IsMember({"f32", "f16"}))
        ->capture_default_str();
    command
        .add_option("--half-products", options.half_products,
                    "Whether convolutions with f16 storage also multiply in f16; auto: if that is faster on the device")
        ->check(CLI::IsMember({"auto", "never", "always"}))
        ->capture_default_str();
    command
        .add_option("--byte-products", options.byte_products,
                    "Whether convolutions of quantized networks multiply bytes; auto: if that is faster on the device")
        ->check(CLI::IsMember({"auto", "never", "always"}))
        ->capture_default_str();
    command.add_flag("--direct", options.direct, "Compute convolutions directly, without Winograd's algorithm");
    command.add_flag("--tune", options.tune,
                     "Time the variants of each convolution and use the fastest; the choices are stored for later");
    command.add_flag("--minimum-limits", options.minimum_limits,
                     "Use only what Vulkan guarantees on every device, to test that a network runs anywhere");
    command.add_flag("--validate", options.validate, "Run with the Khronos validation layer");
    command.add_flag("--verbose", options.verbose, "Print more details");
    command
        .add_option_function<std::string>("--log", &print_log,
                                          "Print the library's messages up to this level on stderr: devices, caches, "
                                          "plans, faults (docs/use_in/debugging.md)")
        ->check(CLI::IsMember({"error", "warning", "info", "debug"}));
}

void add_trace(CLI::App& command, CommonOptions& options)
{
    command
        .add_option("--trace", options.trace,
                    "JSON file to write the times of loading, planning, each run and each node to, for "
                    "https://ui.perfetto.dev or chrome://tracing")
        ->check(is_given);
}

CLI::Option* add_model(CLI::App& command, ModelOptions& options)
{
    command.add_option("--weights", options.weights, "Safetensors file with the weights of zoo:NAME");
    return command
        .add_option("MODEL", options.model,
                    "ONNX or TensorFlow Lite file, safetensors file that names its network, or "
                    "zoo:NAME[:key=value,...] with the keys "
                    "classes, width, input and output-stride ('vkseg info zoo' lists the names)")
        ->required();
}

constexpr const char* shape_help = "Shape of an input that the model leaves open, such as NAME=1x3x256x256";
constexpr const char* input_help = "NumPy file of an input, as NAME=FILE.npy, or FILE.npy if there is only one input";

void add_refinement(CLI::App& command, SegmenterOptions& options)
{
    command.add_option("--refine", options.refine, "Refine masks along the picture's edges with a dense CRF")
        ->check(CLI::IsMember({"crf", "none"}));
    const auto positive = CLI::Range(0.1, 10000.0);
    const auto weight = CLI::Range(0.0, 10000.0);
    CrfOptions& crf = options.crf;
    command.add_option("--crf-iterations", crf.iterations, "Number of CRF iterations (10)")->check(CLI::Range(1, 1000));
    command
        .add_option("--crf-gaussian-sxy", crf.gaussian_sxy,
                    "Deviation of positions in the Gaussian kernel, in pixels (3)")
        ->check(positive);
    command.add_option("--crf-gaussian-compat", crf.gaussian_compat, "Weight of the Gaussian kernel (3)")
        ->check(weight);
    command
        .add_option("--crf-bilateral-sxy", crf.bilateral_sxy,
                    "Deviation of positions in the bilateral kernel, in pixels (80)")
        ->check(positive);
    command.add_option("--crf-bilateral-srgb", crf.bilateral_srgb, "Deviation of colours in the bilateral kernel (13)")
        ->check(positive);
    command.add_option("--crf-bilateral-compat", crf.bilateral_compat, "Weight of the bilateral kernel (10)")
        ->check(weight);
}

void add_video(CLI::App& command, VideoOptions& options)
{
    command
        .add_option("--video", options.format,
                    "Read IMAGE as a video of uncompressed frames: y4m (yuv4mpeg2), or WIDTHxHEIGHT:FORMAT for raw "
                    "frames, such as 768x576:rgb24, in the formats rgb24, bgr24, rgba and gray")
        ->check(is_given);
    const auto needs_video = [&](CLI::Option* option) { option->needs("--video"); };
    needs_video(
        command
            .add_option("--video-output", options.output,
                        "Frames to write: mask (gray: the soft mask, or labels), labels (gray), overlay (rgb24), "
                        "cutout (rgba)")
            ->check(CLI::IsMember({"mask", "labels", "overlay", "cutout"}))
            ->capture_default_str());
    needs_video(command.add_flag("--video-raw", options.is_raw, "Write raw frames although the input is y4m"));
    needs_video(command
                    .add_option("--video-matrix", options.matrix,
                                "Colours of y4m: bt601 or bt709 (bt709 from a height of 720 on)")
                    ->check(CLI::IsMember({"bt601", "bt709"})));
    needs_video(command
                    .add_option("--frames-in-flight", options.frames_in_flight,
                                "Frames that the device may work on while others are read and written")
                    ->check(CLI::Range(1, 64))
                    ->capture_default_str());
}

int run(int argc, char** argv)
{
    CLI::App app("Segmentation networks on any Vulkan device.\n"
                 "Without --device, the environment variable VKSEG_DEVICE chooses the device.",
                 "vkseg");
    app.set_version_flag("--version", VKSEG_VERSION);
    app.require_subcommand(1);
    app.get_formatter()->column_width(36);

    DevicesOptions devices;
    CLI::App* command = app.add_subcommand("devices", "List every Vulkan device");
    command->add_flag("--json", devices.as_json, "As JSON");
    command->footer("Example:\n  vkseg devices");
    command->callback([&] { run_devices(devices); });

    InfoOptions info;
    command = app.add_subcommand("info", "Describe a network and what it needs, without using a device");
    add_model(*command, info.model);
    command->add_option("--shape", info.shapes, shape_help)->allow_extra_args(false);
    command->add_option("--precision", info.precision, "How floats would be stored")
        ->check(CLI::IsMember({"f32", "f16"}))
        ->capture_default_str();
    add_memory(*command, info.max_memory_bytes);
    command->footer("Examples:\n  vkseg info selfie.onnx\n  vkseg info zoo\n  vkseg info zoo:unet:classes=4,width=0.5");
    command->callback([&] { run_info(info); });

    SegmentOptions segment;
    command = app.add_subcommand("segment", "Segment pictures: writes NAME_mask.png, NAME_overlay.png and, if the "
                                            "mask is soft, NAME_cutout.png; for networks that find instances, "
                                            "NAME_instances.json in COCO's format. With --video, the frames of a "
                                            "video, for pipes");
    add_model(*command, segment.segmenter.model);
    command
        ->add_option("IMAGE", segment.pictures,
                     fmt::format("Pictures in the formats {}; with --video, one video, or - for the standard input",
                                 pictures::readable_formats))
        ->required();
    command->add_option("-o,--output-dir", segment.output,
                        "Folder for the results (.); with --video, the file to write, or - (-)");
    add_video(*command, segment.video);
    command->add_option("--labels", segment.labels_directory,
                        "Folder for label maps: grey NAME_labels.png whose values are class numbers");
    command
        ->add_option("--max-megapixels", segment.max_megapixels,
                     "Largest picture to read, in megapixels (67; more if its file is large)")
        ->check(CLI::Range(1, 100000));
    command->add_option("--min-score", segment.min_score, "Lowest score of the instances to keep")
        ->check(CLI::Range(0.0, 1.0))
        ->capture_default_str();
    add_refinement(*command, segment.segmenter);
    add_common(*command, segment.common);
    add_trace(*command, segment.common);
    command->footer(
        "Examples:\n  vkseg segment selfie.onnx photo.jpg -o out\n"
        "  ffmpeg -i talk.mp4 -f yuv4mpegpipe - | vkseg segment selfie.onnx --video y4m - --video-output overlay |\n"
        "      ffmpeg -i - out.mp4\n\nMODEL.json beside the model describes its "
        "input and output (docs/model_description.md).\nPhotos and their masks are turned upright by the EXIF "
        "orientation. Only the first frame of an animation\nis used. Files that are cut "
        "short or damaged are refused.");
    command->callback([&] { segment.video.format.empty() ? run_segment(segment) : run_segment_video(segment); });

    EvaluateOptions evaluate;
    command = app.add_subcommand("evaluate", "Compare masks with the truth: IoU, accuracy and Dice of every class, or "
                                             "AP of instances");
    add_model(*command, evaluate.segmenter.model)->required(false);
    command
        ->add_option("--truth", evaluate.truth,
                     "True labels: a PNG or a folder; for instances, COCO annotations (JSON)")
        ->required();
    command->add_option("--masks", evaluate.masks, "Labels to compare: a PNG or a folder");
    command->add_option("--instances", evaluate.instances, "Detections to compare: results in COCO's JSON format");
    command->add_option("--pictures", evaluate.pictures, "Pictures to segment and compare: a file or a folder");
    command->add_option("--classes", evaluate.classes, "Number of classes, or a JSON description with their names");
    command->add_option("--ignore", evaluate.ignore, "Value in the truth whose pixels are ignored, such as 255")
        ->check(CLI::Range(0, 255));
    command->add_option("--map", evaluate.maps, "VALUE=CLASS: read this value, in truth and masks, as that class")
        ->allow_extra_args(false);
    command->add_flag("--binary", evaluate.is_binary,
                      "Read values of 128 and more, in truth and masks, as class 1, and others as class 0");
    command->add_option("--csv", evaluate.csv, "CSV file to write the confusion matrix to, a row for each true class");
    command->add_option("--json", evaluate.json,
                        "JSON file to write the scores to, with the confusion matrix if there is one");
    command->add_option("--picture", evaluate.picture, "PNG file to write the confusion matrix to");
    add_refinement(*command, evaluate.segmenter);
    add_common(*command, evaluate.common);
    command->footer(
        "Examples:\n  vkseg evaluate fcn8s.onnx --pictures JPEGImages --truth SegmentationClass --ignore 255\n"
        "  vkseg evaluate --masks out --truth truth --classes 21 --csv confusion.csv\n"
        "  vkseg evaluate --instances results.json --truth instances_val2017.json --verbose\n"
        "  vkseg evaluate mask_rcnn.safetensors --pictures val2017 --truth instances_val2017.json\n\nLabels are grey "
        "PNGs "
        "of at most 8 bits, or indexed ones. Their values are class numbers; with two classes,\n"
        "files with only 0 and 255 are also accepted. Files in folders are paired by name, ignoring extensions and\n"
        "the endings _labels and _mask. Every file of the truth needs a partner. Hidden files and subfolders are\n"
        "skipped.\n\nFor instances, COCO's twelve figures are computed as by pycocotools; --verbose adds every "
        "category. A model's labels are the ids of the categories.");
    command->callback([&] { run_evaluate(evaluate); });

    QuantizeOptions quantize;
    command = app.add_subcommand("quantize", "Quantise an ONNX network to 8-bit integers: weights by their size, "
                                             "activations by their range for calibration pictures");
    add_model(*command, quantize.model)->description("ONNX file");
    command
        ->add_option("--calibrate", quantize.calibrate,
                     "Pictures such as those the network is for, or .npy files of its input: a folder or a file")
        ->required();
    command->add_option("-o,--output", quantize.output, "ONNX file to write")->required()->check(is_given);
    command
        ->add_option("--method", quantize.method,
                     "Range of an activation: all values, all but the outermost, or the range in which 256 integers "
                     "keep most of the distribution")
        ->check(CLI::IsMember({"minmax", "percentile", "entropy"}))
        ->capture_default_str();
    command
        ->add_option("--percentile", quantize.percentile,
                     "Share of the values that the range holds, for --method percentile")
        ->check(CLI::Range(50.0, 100.0))
        ->capture_default_str();
    command->add_option("--activations", quantize.activations, "Type of the integers of activations")
        ->check(CLI::IsMember({"u8", "i8"}))
        ->capture_default_str();
    command->add_option("--keep", quantize.kept, "Name of a convolution or matrix product that stays in floats")
        ->allow_extra_args(false);
    command->add_flag("--all", quantize.quantizes_last,
                      "Quantise the last layers before the outputs too, which otherwise stay in floats");
    command->add_option("--truth", quantize.truth, "True labels of the calibration pictures: a PNG or a folder");
    command->add_option("--ignore", quantize.ignore, "Value in the truth whose pixels are ignored, such as 255")
        ->check(CLI::Range(0, 255));
    command->add_flag("--binary", quantize.is_binary,
                      "Read values of 128 and more in the truth as class 1, and others as class 0");
    add_common(*command, quantize.common);
    command->footer(
        "Examples:\n  vkseg quantize selfie.onnx --calibrate photos -o selfie-int8.onnx\n  vkseg quantize net.onnx "
        "--calibrate JPEGImages --truth SegmentationClass --ignore 255 --method entropy -o\n      net-int8.onnx\n\nThe "
        "file keeps its graph, with QuantizeLinear and DequantizeLinear before convolutions and matrix products\n(QDQ "
        "format). A hundred pictures or so are enough. How far the masks of both networks agree is printed, and\nwith "
        "--truth how far the mean IoU changes. A copy of MODEL.json beside the new file describes it as well.");
    command->callback([&] { run_quantize(quantize); });

    RunOptions run_options;
    command = app.add_subcommand("run", "Compute a network's outputs for NumPy inputs, as DIR/OUTPUT.npy");
    add_model(*command, run_options.model);
    command->add_option("--input", run_options.inputs, input_help)->allow_extra_args(false);
    command->add_option("FILE", run_options.files, "Like --input");
    command->add_option("-o,--output-dir", run_options.output_directory, "Folder for the results")
        ->capture_default_str();
    command->add_flag(
        "--check-range", run_options.check_range,
        "List the nodes whose results saturate (f16) or are not finite; slow, as every value is copied to the host");
    add_common(*command, run_options.common);
    add_trace(*command, run_options.common);
    command->footer("Example:\n  vkseg run net.onnx --input x=x.npy --output-dir out");
    command->callback([&] { run_run(run_options); });

    VerifyOptions verify;
    command =
        app.add_subcommand("verify", "Compare every node and output on the device with a reference on the processor");
    add_model(*command, verify.model);
    command->add_option("--input", verify.inputs, input_help)->allow_extra_args(false);
    command->add_option("--shape", verify.shapes, shape_help)->allow_extra_args(false);
    add_common(*command, verify.common);
    command->footer("Example:\n  vkseg verify selfie.onnx --precision f16\n\nInputs that are not given are random.");
    command->callback([&] { run_verify(verify); });

    BenchOptions bench;
    command = app.add_subcommand("bench", "Measure times and memory of a network");
    add_model(*command, bench.model);
    command->add_option("--shape", bench.shapes, shape_help)->allow_extra_args(false);
    command->add_option("--runs", bench.runs, "Number of measured runs")
        ->check(CLI::Range(1, 100000))
        ->capture_default_str();
    command->add_option("--warmup", bench.warmup, "Number of runs before these")
        ->check(CLI::Range(0, 100000))
        ->capture_default_str();
    command->add_flag("--per-node", bench.per_node, "Print the time of every node");
    command->add_option("--json", bench.json, "JSON file to write the results to");
    add_common(*command, bench.common);
    add_trace(*command, bench.common);
    command->footer("Examples:\n  vkseg bench selfie.onnx --precision f16 --per-node --json bench.json\n  vkseg bench "
                    "selfie.onnx --trace trace.json\n\nWith --trace, the network is measured as without it, and then "
                    "run again with times of every node.");
    command->callback([&] { run_bench(bench); });

    PipelinesOptions pipelines;
    command = app.add_subcommand("pipelines", "Compile every kernel that a network needs and print the driver's "
                                              "statistics: registers, spills, occupancy; allocates no device memory");
    add_model(*command, pipelines.model);
    command->add_option("--shape", pipelines.shapes, shape_help)->allow_extra_args(false);
    command->add_option("--json", pipelines.json, "JSON file to write the results to");
    command->add_flag("--report", pipelines.is_report,
                      "Print everything the driver reports, to be sent to the maintainers");
    add_common(*command, pipelines.common);
    command->footer(
        "Examples:\n  vkseg pipelines selfie.onnx --precision f16\n  vkseg pipelines zoo:unet --report > "
        "unet_on_my_gpu.txt\n\nThe worst come first: pipelines that the driver refused, then pipelines that "
        "spill registers to memory,\nthen the others by their share of the operations. Statistics and their "
        "names depend on the driver\n(VK_KHR_pipeline_executable_properties).");
    command->callback([&] { run_pipelines(pipelines); });

    try
    {
        app.parse(argc, argv);
    }
    catch (const CLI::ParseError& error)
    {
        if (error.get_exit_code() == int(CLI::ExitCodes::Success))
            return app.exit(error);
        const std::vector<std::string> rest = app.remaining();
        if (app.get_subcommands().empty() && !rest.empty())
            fmt::print(stderr, "vkseg: there is no subcommand '{}'; see vkseg --help\n", rest.front());
        else
            fmt::print(stderr, "vkseg: {}; see vkseg --help\n", shown_lines(error.what()));
        return wrong_usage;
    }
    return done;
}

} // namespace
} // namespace vkseg::cli

int main(int argc, char** argv)
{
    using namespace vkseg::cli;
#ifdef _WIN32
    take_utf8_arguments(argc, argv);
#endif
    try
    {
        return run(argc, argv);
    }
    catch (const Failure& failure)
    {
        std::fflush(stdout);
        fmt::print(stderr, "vkseg: {}\n", shown_lines(failure.what()));
        return failure.code();
    }
    catch (const std::bad_alloc&)
    {
        std::fputs("vkseg: out of memory\n", stderr);
        return no_usable_device;
    }
    catch (const std::exception& error)
    {
        fmt::print(stderr, "vkseg: {}\n", shown_lines(error.what()));
        return bad_input;
    }
}
