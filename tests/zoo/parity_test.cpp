#include "support/devices.hpp"
#include "vkseg/model.hpp"
#include "vkseg/session.hpp"
#include "vkseg/weights.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

// Networks at reduced width against their twins in PyTorch: tests/zoo/data, written by samples/training/export.py.
namespace vkseg::test::parity_test {
namespace {

namespace fs = std::filesystem;

struct Pair
{
    std::string name;
    fs::path weights;
    Tensor input;
    std::vector<float> output;
};

/// Where the test is not run beside its sources, the environment says where the pairs are.
fs::path pairs_folder()
{
    const char* const folder = std::getenv("VKSEG_TEST_ZOO_DATA");
    return folder != nullptr ? folder : VKSEG_ZOO_DATA;
}

std::vector<Pair> read_pairs()
{
    const std::string ending = ".pair.safetensors";
    std::vector<Pair> pairs;
    for (const auto& entry : fs::directory_iterator(pairs_folder()))
    {
        const std::string file = entry.path().filename().string();
        if (!file.ends_with(ending))
            continue;
        Pair pair = {.name = file.substr(0, file.size() - ending.size()), .weights = {}, .input = {}, .output = {}};
        pair.weights = entry.path().parent_path() / (pair.name + ".safetensors");
        const Result<WeightFile> tensors = read_safetensors(entry.path());
        REQUIRE_MESSAGE(tensors.is_ok(), tensors.status().message());
        for (const auto& [name, tensor] : tensors->tensors)
        {
            if (name == "input")
                pair.input = Tensor::from(tensor.shape(), tensor.to_floats());
            else
                pair.output = tensor.to_floats();
        }
        pairs.push_back(std::move(pair));
    }
    std::sort(pairs.begin(), pairs.end(), [](const Pair& a, const Pair& b) { return a.name < b.name; });
    return pairs;
}

/// The largest difference as a part of the output's range; infinite where a value is not finite.
double relative_error(const std::vector<float>& values, const std::vector<float>& expected)
{
    const auto [least, most] = std::minmax_element(expected.begin(), expected.end());
    double largest = 0;
    for (size_t i = 0; i < expected.size(); ++i)
    {
        const double error = std::abs(double(values[i]) - double(expected[i]));
        largest = std::isfinite(error) ? std::max(largest, error) : INFINITY;
    }
    return largest / (double(*most) - double(*least));
}

void check_parity(const Pair& pair, const TestDevice& device, Precision precision)
{
    const bool is_half = precision == Precision::f16;
    const std::string who = pair.name + " on " + device.name + (is_half ? " in f16" : " in f32");
    Result<Graph> graph = load_model(pair.weights);
    REQUIRE_MESSAGE(graph.is_ok(), graph.status().message());
    Result<Session> session = Session::create(device.device, *std::move(graph), {.precision = precision});
    REQUIRE_MESSAGE(session.is_ok(), session.status().message());
    const NamedTensor input = {"input", pair.input};
    const Result<RunResult> result = session->run({&input, 1});
    REQUIRE_MESSAGE(result.is_ok(), result.status().message());
    const std::vector<float> values = result->outputs[0].tensor.to_floats();
    REQUIRE_MESSAGE(values.size() == pair.output.size(), who);
    const double error = relative_error(values, pair.output);
    CHECK_MESSAGE(error <= (is_half ? 1e-2 : 1e-4), who << ": relative error " << error);
    count_check(device.name);
}

} // namespace

TEST_CASE("zoo: every network gives what its twin in PyTorch gives, on every device")
{
    const std::vector<Pair> pairs = read_pairs();
    REQUIRE(!pairs.empty());
    for (const TestDevice& device : devices())
    {
        for (const Pair& pair : pairs)
        {
            check_parity(pair, device, Precision::f32);
            check_parity(pair, device, Precision::f16);
        }
    }
}

} // namespace vkseg::test::parity_test
