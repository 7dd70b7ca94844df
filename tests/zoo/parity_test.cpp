#include "support/due_runs.hpp"
#include "vkseg/model.hpp"
#include "vkseg/session.hpp"
#include "vkseg/weights.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>

// Networks at reduced width against their twins in PyTorch: tests/zoo/data, written by samples/training/export.py.
namespace vkseg::test::parity_test {
namespace {

namespace fs = std::filesystem;

struct Pair
{
    std::string name;
    fs::path weights;
    Tensor input;
    std::map<std::string, Tensor> outputs; ///< by name
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
        Pair pair = {.name = file.substr(0, file.size() - ending.size()), .weights = {}, .input = {}, .outputs = {}};
        pair.weights = entry.path().parent_path() / (pair.name + ".safetensors");
        const Result<WeightFile> tensors = read_safetensors(entry.path());
        REQUIRE_MESSAGE(tensors.is_ok(), tensors.status().message());
        for (const auto& [name, tensor] : tensors->tensors)
        {
            if (name == "input")
                pair.input = Tensor::from(tensor.shape(), tensor.to_floats());
            else
                pair.outputs.emplace(name, tensor);
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

void check_scores(const std::string& who, const Tensor& found, const Tensor& wanted, Precision precision)
{
    const std::vector<float> values = found.to_floats();
    const std::vector<float> expected = wanted.to_floats();
    REQUIRE_MESSAGE(values.size() == expected.size(), who);
    const double error = relative_error(values, expected);
    CHECK_MESSAGE(error <= (precision == Precision::f16 ? 1e-2 : 1e-4), who << ": relative error " << error);
}

/// Area of the intersection of two boxes (x1, y1, x2, y2) by that of their union.
double overlap(const float* a, const float* b)
{
    const auto area = [](double width, double height) { return std::max(width, 0.0) * std::max(height, 0.0); };
    const double shared = area(double(std::min(a[2], b[2])) - double(std::max(a[0], b[0])),
                               double(std::min(a[3], b[3])) - double(std::max(a[1], b[1])));
    const double both = area(double(a[2]) - double(a[0]), double(a[3]) - double(a[1])) +
                        area(double(b[2]) - double(b[0]), double(b[3]) - double(b[1])) - shared;
    return both > 0 ? shared / both : 0;
}

/// In f32, finds the same instances in the same order; in f16, all of PyTorch's whose score is clearly above the
/// others'.
void check_instances(const std::string& who, const RunResult& result, const std::map<std::string, Tensor>& expected,
                     Precision precision)
{
    std::map<std::string, Tensor> found;
    for (const NamedTensor& output : result.outputs)
        found.emplace(output.name, output.tensor);
    const std::vector<int64_t> labels = found.at("labels").to_integers();
    const std::vector<float> boxes = found.at("boxes").to_floats();
    const std::vector<int64_t> wanted_labels = expected.at("labels").to_integers();
    const std::vector<float> wanted_boxes = expected.at("boxes").to_floats();
    if (precision == Precision::f32)
    {
        REQUIRE_MESSAGE(labels == wanted_labels, who);
        for (const auto& [name, tensor] : expected)
        {
            const std::vector<float> values = found.at(name).to_floats();
            const std::vector<float> wanted = tensor.to_floats();
            REQUIRE_MESSAGE(found.at(name).shape() == tensor.shape(), who << ": " << name);
            const double allowed = name == "boxes" ? 1e-2 : 1e-3;
            double largest = 0;
            for (size_t i = 0; i < values.size(); ++i)
                largest = std::max(largest, std::abs(double(values[i]) - double(wanted[i])));
            CHECK_MESSAGE(largest <= allowed, who << ": " << name << " differ by " << largest);
        }
        return;
    }
    const std::vector<float> scores = expected.at("scores").to_floats();
    for (size_t i = 0; i < scores.size() && scores[i] > 0.5f; ++i)
    {
        double best = 0;
        for (size_t k = 0; k < labels.size(); ++k)
        {
            if (labels[k] == wanted_labels[i])
                best = std::max(best, overlap(&boxes[4 * k], &wanted_boxes[4 * i]));
        }
        CHECK_MESSAGE(best > 0.9, who << ": instance " << i << " of score " << scores[i] << " overlaps by " << best);
    }
}

void check_parity(const Pair& pair, const TestDevice& device, Precision precision)
{
    const std::string who = pair.name + " on " + device.name + (precision == Precision::f16 ? " in f16" : " in f32");
    Result<Graph> graph = load_model(pair.weights);
    REQUIRE_MESSAGE(graph.is_ok(), graph.status().message());
    Result<Session> session = Session::create(device.device, *std::move(graph), {.precision = precision});
    REQUIRE_MESSAGE(session.is_ok(), session.status().message());
    const NamedTensor input = {"input", pair.input};
    const Result<RunResult> result = session->run({&input, 1});
    REQUIRE_MESSAGE(result.is_ok(), result.status().message());
    if (pair.outputs.contains("boxes"))
        check_instances(who, *result, pair.outputs, precision);
    else
        check_scores(who, result->outputs[0].tensor, pair.outputs.at("output"), precision);
    count_check(device.name);
}

} // namespace

TEST_CASE("zoo: every network gives what its twin in PyTorch gives, in f32 on a device in turn, and every fifth in f16")
{
    const std::vector<Pair> pairs = read_pairs();
    REQUIRE(!pairs.empty());
    for (const Pair& pair : pairs)
    {
        const size_t turn = next_turn();
        for (const TestDevice& device : devices_of_turn(turn))
            check_parity(pair, device, Precision::f32);
        if (turn % 5 != 0 && !runs_all())
            continue;
        for (const TestDevice& device : devices_of_turn(turn + 1))
            check_parity(pair, device, Precision::f16);
    }
}

} // namespace vkseg::test::parity_test
