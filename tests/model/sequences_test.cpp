#include "support/devices.hpp"
#include "support/due_runs.hpp"
#include "vkseg/model.hpp"
#include "vkseg/session.hpp"
#include "vkseg/weights.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

// Lists of tensors as PyTorch exports them to ONNX, against PyTorch's results (model/data/README.md).
namespace vkseg::test::sequences_test {
namespace {

struct Results
{
    std::vector<NamedTensor> inputs;
    Tensor output;
};

/// The tensors of a set of extents, whose names begin with the set's number.
Results results_of(const std::vector<NamedTensor>& tensors, const std::string& set)
{
    Results results;
    for (const NamedTensor& tensor : tensors)
    {
        if (!tensor.name.starts_with(set))
            continue;
        const std::string name = tensor.name.substr(set.size());
        if (name == "out")
            results.output = tensor.tensor;
        else
            results.inputs.push_back({.name = name, .tensor = tensor.tensor});
    }
    return results;
}

void check_equal(const Tensor& found, const Tensor& expected)
{
    REQUIRE(found.shape() == expected.shape());
    const std::vector<float> a = found.to_floats();
    const std::vector<float> b = expected.to_floats();
    float largest = 0;
    for (size_t i = 0; i < a.size(); ++i)
        largest = std::max(largest, std::isfinite(a[i]) ? std::fabs(a[i] - b[i]) : INFINITY);
    CHECK(largest < 1e-5f);
}

TEST_CASE("sequences: lists as PyTorch exports them give its results for all extents")
{
    for (const std::string name : {"repeat", "repeat-each", "split-in-halves", "split-by-sizes", "recurrence", "chunks",
                                   "comprehension", "nested"})
    {
        CAPTURE(name);
        const std::string path = VKSEG_MODEL_DATA "/sequences/" + name;
        const Result<Graph> graph = load_model(path + ".onnx");
        REQUIRE_MESSAGE(graph.is_ok(), graph.status().message());
        const Result<WeightFile> file = read_safetensors(path + ".safetensors");
        REQUIRE_MESSAGE(file.is_ok(), file.status().message());
        for (const TestDevice& device : devices_of_turn(next_turn()))
        {
            Result<Session> session = Session::create(device.device, *graph);
            REQUIRE_MESSAGE(session.is_ok(), session.status().message());
            for (const char* const set : {"0.", "1."})
            {
                const Results results = results_of(file->tensors, set);
                const Result<RunResult> run = session->run(results.inputs);
                REQUIRE_MESSAGE(run.is_ok(), run.status().message());
                check_equal(run->outputs[0].tensor, results.output);
            }
            count_check(device.name);
        }
    }
}

} // namespace
} // namespace vkseg::test::sequences_test
