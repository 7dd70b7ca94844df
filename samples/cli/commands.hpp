#pragma once

#include "common.hpp"
#include "load_segmenter.hpp"

#include <optional>

/// The subcommands: for each, its options and the function that runs it.
namespace vkseg::cli {

struct DevicesOptions
{
    bool as_json = false;
};
void run_devices(const DevicesOptions& options);

struct InfoOptions
{
    ModelOptions model;
    std::vector<std::string> shapes;
    std::string precision = "f32";
    size_t max_memory_bytes = 0; ///< 0: the network's default
};
void run_info(const InfoOptions& options);

/// Options for a video of uncompressed frames instead of pictures.
struct VideoOptions
{
    std::string format;          ///< "768x576:rgb24", "y4m"; empty: pictures
    std::string output = "mask"; ///< "mask", "labels", "overlay", "cutout"
    std::string matrix;          ///< "bt601", "bt709"; empty: by the height
    bool is_raw = false;         ///< raw frames although the input is y4m
    int frames_in_flight = 3;
};

struct SegmentOptions
{
    CommonOptions common;
    SegmenterOptions segmenter;
    std::vector<std::string> pictures;
    std::string output; ///< folder for the results of pictures, file for a video; empty: "." or "-"
    VideoOptions video;
    std::string labels_directory; ///< empty: no label maps
    int64_t max_megapixels = 0;   ///< per picture; 0: pictures::default_max_pixels()
    double min_score = 0.5;       ///< lowest score of the instances to keep
};
void run_segment(const SegmentOptions& options);
/// run_segment() for a video.
void run_segment_video(const SegmentOptions& options);

struct EvaluateOptions
{
    CommonOptions common;
    SegmenterOptions segmenter; ///< its model may be left out
    std::string pictures;
    std::string masks;
    std::string instances; ///< results in COCO's format
    std::string truth;
    std::string classes;           ///< their number, or a description with their names
    int ignore = -1;               ///< label in the truth to ignore; −1: none
    std::vector<std::string> maps; ///< VALUE=CLASS
    bool is_binary = false;
    std::string csv;
    std::string json;
    std::string picture;
};
void run_evaluate(const EvaluateOptions& options);
/// run_evaluate() for `instances`, or for a model that finds instances and COCO annotations as the truth.
void evaluate_instances(const EvaluateOptions& options);

struct QuantizeOptions
{
    CommonOptions common;
    ModelOptions model;
    std::string calibrate; ///< folder of pictures or of .npy files, or one of them
    std::string output;
    std::string method = "percentile"; ///< "minmax", "percentile", "entropy"
    double percentile = 99.99;
    std::string activations = "u8"; ///< "u8", "i8"
    std::vector<std::string> kept;  ///< names of nodes that stay in floats
    bool quantizes_last = false;    ///< also the last nodes before the outputs
    std::string truth;              ///< true labels of the pictures; empty: none
    int ignore = -1;                ///< label in the truth to ignore; −1: none
    bool is_binary = false;
};
void run_quantize(const QuantizeOptions& options);

struct RunOptions
{
    CommonOptions common;
    ModelOptions model;
    std::vector<std::string> inputs;
    std::vector<std::string> files;
    std::string output_directory = ".";
    bool check_range = false; ///< list nodes whose results saturate or are not finite
};
void run_run(const RunOptions& options);

struct VerifyOptions
{
    CommonOptions common;
    ModelOptions model;
    std::vector<std::string> inputs;
    std::vector<std::string> shapes;
};
void run_verify(const VerifyOptions& options);

struct BenchOptions
{
    CommonOptions common;
    ModelOptions model;
    std::vector<std::string> shapes;
    int runs = 10;
    int warmup = 2;
    bool per_node = false;
    std::string json;
};
void run_bench(const BenchOptions& options);

struct PipelinesOptions
{
    CommonOptions common;
    ModelOptions model;
    std::vector<std::string> shapes;
    std::string json;
    bool is_report = false; ///< print everything that the driver reports, to be sent on
};
void run_pipelines(const PipelinesOptions& options);

} // namespace vkseg::cli
