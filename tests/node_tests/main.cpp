// Runs ONNX's tests of single operators (Debian: libonnx-testdata) by the reference and on the Vulkan devices found:
// each test on the device whose turn it is (support/due_runs.hpp), on all with VKSEG_TEST_ALL=1 and if tests are named:
//   vkseg_node_tests [--data DIRECTORY] [--reference-only] [--f16] [PART-OF-NAME…]
#include "node_tests/node_case.hpp"
#include "support/due_runs.hpp"
#include "vkseg/session.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>

namespace vkseg::test {
namespace {

namespace fs = std::filesystem;

struct Options
{
    fs::path data = "/usr/share/libonnx-testdata/data/node";
    bool is_reference_only = false;
    Precision precision = Precision::f32;
    std::vector<std::string> filters;
};

/// Tests that contradict the operator's definition. Of the unpooling one: https://github.com/onnx/onnx/issues/2398
struct LeftOut
{
    const char* name;
    const char* reason;
};

constexpr LeftOut left_out[] = {
    {"test_maxunpool_export_with_output_shape",
     "its indices count in another shape than the output's, against the definition"},
};

const char* reason_to_leave_out(const std::string& name)
{
    for (const LeftOut& test : left_out)
    {
        if (name == test.name)
            return test.reason;
    }
    return nullptr;
}

struct Count
{
    std::string runner;
    size_t passed = 0;
    size_t failed = 0;
};

Options parse(int argc, char** argv)
{
    Options options;
    for (int i = 1; i < argc; ++i)
    {
        if (std::strcmp(argv[i], "--data") == 0 && i + 1 < argc)
            options.data = argv[++i];
        else if (std::strcmp(argv[i], "--reference-only") == 0)
            options.is_reference_only = true;
        else if (std::strcmp(argv[i], "--f16") == 0)
            options.precision = Precision::f16;
        else
            options.filters.emplace_back(argv[i]);
    }
    return options;
}

bool is_chosen(const Options& options, const std::string& name)
{
    const auto is_part = [&](const std::string& filter) { return name.find(filter) != std::string::npos; };
    return options.filters.empty() || std::any_of(options.filters.begin(), options.filters.end(), is_part);
}

std::vector<fs::path> test_directories(const fs::path& data)
{
    std::vector<fs::path> directories;
    std::error_code error;
    for (const fs::directory_entry& entry : fs::directory_iterator(data, error))
        directories.push_back(entry.path());
    std::sort(directories.begin(), directories.end());
    return directories;
}

Result<std::vector<Tensor>> run_on_device(const NodeCase& node_case, const Device& device, Precision precision)
{
    Result<Session> session = Session::create(device, node_case.graph, {.precision = precision});
    if (!session.is_ok())
        return session.status();
    Result<RunResult> result = session->run(node_case.inputs);
    if (!result.is_ok())
        return result.status();
    std::vector<Tensor> outputs;
    for (NamedTensor& output : result->outputs)
    {
        const DType got = output.tensor.type();
        const DType expected = node_case.expected[outputs.size()].tensor.type();
        if (!is_float(expected) && got != expected)
            return Status(StatusCode::invalid_model, std::string("expected ") + name(expected) + ", got " + name(got));
        outputs.push_back(std::move(output.tensor));
    }
    return outputs;
}

void record(Count& count, const NodeCase& node_case, const Result<std::vector<Tensor>>& outputs,
            Precision precision = Precision::f32)
{
    const std::string problem =
        outputs.is_ok() ? compare_outputs(node_case, outputs.value(), precision) : outputs.status().message();
    ++(problem.empty() ? count.passed : count.failed);
    if (!problem.empty())
        std::printf("FAILED  %s on %s: %s\n", node_case.name.c_str(), count.runner.c_str(), problem.c_str());
}

/// Half floats above this are more than 2 apart, and 65504 is the largest: tests that need such values say nothing.
bool has_large_values(const NodeCase& node_case)
{
    constexpr float limit = 4096;
    const auto is_large = [](const NamedTensor& named)
    {
        const std::vector<float> values =
            is_float(named.tensor.type()) ? named.tensor.to_floats() : std::vector<float>();
        return std::any_of(values.begin(), values.end(), [](float value) { return std::abs(value) > limit; });
    };
    return std::any_of(node_case.inputs.begin(), node_case.inputs.end(), is_large) ||
           std::any_of(node_case.expected.begin(), node_case.expected.end(), is_large);
}

bool skip(const std::string& name, std::string reason)
{
    std::replace(reason.begin(), reason.end(), '\n', ';');
    std::printf("skipped %s: %s\n", name.c_str(), reason.c_str());
    return false;
}

/// False if the test was skipped: by all, not only by the devices.
bool run_test(const fs::path& directory, const Options& options, std::vector<Count>& counts)
{
    const Precision precision = options.precision;
    const std::string name = directory.filename().string();
    if (const char* reason = reason_to_leave_out(name))
        return skip(name, reason);
    const Result<NodeCase> node_case = load_node_case(directory);
    if (!node_case.is_ok())
        return skip(name, node_case.status().message());
    const Result<std::vector<Tensor>> outputs = run_reference(*node_case);
    if (outputs.status().code() == StatusCode::unsupported)
        return skip(name, outputs.status().message());
    record(counts[0], *node_case, outputs);
    if (precision == Precision::f16 && has_large_values(*node_case))
    {
        skip(name + " on devices", "it has values above 4096, which are too coarse in f16");
        return true;
    }
    const size_t turn = next_turn();
    for (size_t i = 1; i < counts.size(); ++i)
    {
        const TestDevice& device = devices()[i - 1];
        if (!options.filters.empty() || has_turn(device, turn, precision))
            record(counts[i], *node_case, run_on_device(*node_case, device.device, precision), precision);
    }
    return true;
}

int run(const Options& options)
{
    std::vector<Count> counts = {{.runner = "reference"}};
    if (!options.is_reference_only)
    {
        for (const TestDevice& device : devices())
            counts.push_back({.runner = device.name + (options.precision == Precision::f16 ? " in f16" : " in f32")});
    }
    size_t skipped = 0;
    for (const fs::path& directory : test_directories(options.data))
    {
        if (is_chosen(options, directory.filename().string()))
            skipped += run_test(directory, options, counts) ? 0 : 1;
    }
    size_t failed = 0;
    for (const Count& count : counts)
    {
        std::printf("%zu node tests passed on %s\n", count.passed, count.runner.c_str());
        if (count.failed > 0)
            std::printf("%zu node tests failed on %s\n", count.failed, count.runner.c_str());
        failed += count.failed;
    }
    std::printf("%zu node tests skipped\n", skipped);
    for (const std::string& message : validation_messages())
        std::printf("validation: %s\n", message.c_str());
    return failed > 0 || counts[0].passed == 0 || !validation_messages().empty() ? 1 : 0;
}

} // namespace
} // namespace vkseg::test

int main(int argc, char** argv)
{
    return vkseg::test::run(vkseg::test::parse(argc, argv));
}
