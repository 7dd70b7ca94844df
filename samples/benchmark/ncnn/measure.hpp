#pragma once

#include "network.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <stdexcept>
#include <thread>

namespace comparison {

using Json = nlohmann::ordered_json;

enum ExitCode
{
    done = 0,
    failed = 1,
    wrong_usage = 2,
    no_usable_device = 3
};

class Failure : public std::runtime_error
{
public:
    Failure(ExitCode code, const std::string& message) : std::runtime_error(message), code_(code) {}
    ExitCode code() const { return code_; }

private:
    ExitCode code_;
};

struct Options
{
    std::vector<std::string> rows = {"all"};
    int device = 0; ///< -1: ncnn's CPU kernels
    bool is_f16 = false;
    bool has_shape_hints = true;
    int runs = 10;
    double max_seconds = 30; ///< limit for the runs of a row; at least three runs are made
    int threads = int(std::max(1u, std::thread::hardware_concurrency()));
    std::string json;
    bool only_list = false;

    bool uses_vulkan() const { return device >= 0; }
};

/// Loads the row's network into ncnn and times it in this process. Throws Failure.
Json measure(const Row& row, const Options& options);

} // namespace comparison
