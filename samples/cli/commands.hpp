#pragma once

#include "common.hpp"

#include <optional>

/// One subcommand each: its options, and what it does.
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
};
void run_info(const InfoOptions& options);

/// Where they are not given, the description's or the defaults of DenseCrf.
struct CrfOptions
{
    std::optional<int64_t> iterations;
    std::optional<float> gaussian_sxy;
    std::optional<float> gaussian_compat;
    std::optional<float> bilateral_sxy;
    std::optional<float> bilateral_srgb;
    std::optional<float> bilateral_compat;
};

struct SegmentOptions
{
    CommonOptions common;
    ModelOptions model;
    std::vector<std::string> pictures;
    std::string output_directory = ".";
    std::string labels_directory; ///< empty: no label maps
    std::string refine;           ///< "crf", "none", or empty: as the description says
    CrfOptions crf;
};
void run_segment(const SegmentOptions& options);

struct EvaluateOptions
{
    CommonOptions common;
    ModelOptions model;
    std::string pictures;
    std::string masks;
    std::string truth;
    std::string classes; ///< a number, or a description with their names
    int ignore = -1;     ///< label of the truth; −1: none
    std::string csv;
    std::string json;
    std::string picture;
};
void run_evaluate(const EvaluateOptions& options);

struct RunOptions
{
    CommonOptions common;
    ModelOptions model;
    std::vector<std::string> inputs;
    std::vector<std::string> files;
    std::string output_directory = ".";
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

} // namespace vkseg::cli
