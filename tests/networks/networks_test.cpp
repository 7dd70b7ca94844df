#include "node_tests/node_case.hpp"
#include "support/due_runs.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>

// Small networks of newer architectures as people export them, with what PyTorch computes: tests/networks/data, written
// by samples/training/export_modern.py.
namespace vkseg::test::networks_test {
namespace {

namespace fs = std::filesystem;

/// An environment variable names the folder if the test does not run beside its sources.
fs::path networks_folder()
{
    const char* const folder = std::getenv("VKSEG_TEST_NETWORKS");
    return folder != nullptr ? folder : VKSEG_NETWORKS_DATA;
}

std::vector<fs::path> network_folders()
{
    std::vector<fs::path> folders;
    for (const fs::directory_entry& entry : fs::directory_iterator(networks_folder()))
    {
        if (fs::exists(entry.path() / "model.onnx"))
            folders.push_back(entry.path());
    }
    std::sort(folders.begin(), folders.end());
    return folders;
}

/// Part of the output's range by which results may differ: in f16 twice the difference that rounding weights, inputs
/// and all results to f16 makes in PyTorch.
double allowed_error(const fs::path& folder, Precision precision)
{
    if (precision == Precision::f32)
        return 1e-3;
    double error_of_halves = 0;
    std::ifstream(folder / "error_of_halves.txt") >> error_of_halves;
    return 2 * error_of_halves;
}

double relative_error(const std::vector<float>& values, const std::vector<float>& expected)
{
    const auto [lowest, highest] = std::minmax_element(expected.begin(), expected.end());
    double largest = 0;
    for (size_t i = 0; i < expected.size(); ++i)
    {
        const double error = std::abs(double(values[i]) - double(expected[i]));
        largest = std::isfinite(error) ? std::max(largest, error) : INFINITY;
    }
    return largest / std::max(double(*highest) - double(*lowest), 1e-6);
}

void check_network(const fs::path& folder, const TestDevice& device, Precision precision)
{
    const std::string who =
        folder.filename().string() + " on " + device.name + (precision == Precision::f16 ? " in f16" : " in f32");
    const Result<NodeCase> network = load_node_case(folder);
    REQUIRE_MESSAGE(network.is_ok(), network.status().message());
    Result<Session> session = Session::create(device.device, network->graph, {.precision = precision});
    REQUIRE_MESSAGE(session.is_ok(), who << ": " << session.status().message());
    const Result<RunResult> result = session->run(network->inputs);
    REQUIRE_MESSAGE(result.is_ok(), who << ": " << result.status().message());
    for (size_t i = 0; i < network->expected.size(); ++i)
    {
        const auto& [name, expected] = network->expected[i];
        const Tensor& found = result->outputs[i].tensor;
        REQUIRE_MESSAGE(found.shape() == expected.shape(), who << ": " << name);
        if (is_float(expected.type()))
        {
            const double error = relative_error(found.to_floats(), expected.to_floats());
            CHECK_MESSAGE(error <= allowed_error(folder, precision),
                          who << ": " << name << ": relative error " << error);
        }
        else
        {
            CHECK_MESSAGE(found.to_integers() == expected.to_integers(), who << ": " << name);
        }
    }
    count_check(device.name);
}

} // namespace

TEST_CASE("networks: exported networks give what PyTorch gives, in f32 on a device in turn, and every fifth in f16")
{
    const std::vector<fs::path> folders = network_folders();
    REQUIRE(!folders.empty());
    for (const fs::path& folder : folders)
    {
        const size_t turn = next_turn();
        for (const TestDevice& device : devices_of_turn(turn))
            check_network(folder, device, Precision::f32);
        if (turn % 5 != 0 && !runs_all())
            continue;
        for (const TestDevice& device : devices_of_turn(turn + 1))
            check_network(folder, device, Precision::f16);
    }
}

} // namespace vkseg::test::networks_test
