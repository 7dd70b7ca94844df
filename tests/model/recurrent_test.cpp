#include "support/due_runs.hpp"
#include "vkseg/model.hpp"
#include "vkseg/segment.hpp"
#include "vkseg/weights.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

// A recurrent network as PyTorch exports it to ONNX, against PyTorch's alphas and states (model/data/README.md).
namespace vkseg::test::recurrent_test {
namespace {

constexpr int height = 40;
constexpr int width = 56;
constexpr int frames = 30;
constexpr std::array kept_frames = {9, 29};
constexpr std::array names = {"pha", "r1o", "r2o", "r3o", "r4o"};

/// Pixels, row by row: picture() of samples/training/export_recurrent.py.
std::vector<uint8_t> moving_picture(int frame)
{
    std::vector<uint8_t> pixels;
    for (int y = 0; y < height; ++y)
    {
        for (int x = 0; x < width; ++x)
        {
            const int dx = x - (8 + frame);
            const bool is_disc = dx * dx + (y - 20) * (y - 20) < 81;
            const bool is_bar = (y + 2 * frame) % height < 6;
            for (int c = 0; c < 3; ++c)
                pixels.push_back(uint8_t((x * 7 + y * 13 + c * 29 + frame * 3) % 61 + (is_disc ? 150 - 30 * c : 0) +
                                         (is_bar ? 20 + 10 * c : 0)));
        }
    }
    return pixels;
}

std::vector<NamedTensor> source_of(int frame)
{
    const std::vector<uint8_t> pixels = moving_picture(frame);
    std::vector<float> values(pixels.size());
    for (size_t i = 0; i < pixels.size(); ++i)
        values[i % 3 * (pixels.size() / 3) + i / 3] = float(pixels[i]) / 255;
    return {{"src", Tensor::from({1, 3, height, width}, std::move(values))}};
}

/// PyTorch's results of a frame, in the order of `names`.
std::vector<std::vector<float>> expected_of(int frame)
{
    const std::string path = VKSEG_MODEL_DATA "/recurrent-" + std::to_string(frame) + ".safetensors";
    const Result<WeightFile> file = read_safetensors(path);
    REQUIRE_MESSAGE(file.is_ok(), file.status().message());
    std::vector<std::vector<float>> results;
    for (const char* const name : names)
        results.push_back(std::ranges::find(file->tensors, name, &NamedTensor::name)->tensor.to_floats());
    return results;
}

Graph network()
{
    Result<Graph> graph = load_model(VKSEG_MODEL_DATA "/recurrent.onnx");
    REQUIRE_MESSAGE(graph.is_ok(), graph.status().message());
    return *std::move(graph);
}

ModelDescription description()
{
    Result<ModelDescription> found = find_description(VKSEG_MODEL_DATA "/recurrent.onnx", network());
    REQUIRE_MESSAGE(found.is_ok(), found.status().message());
    return *std::move(found);
}

/// The network that also gives its states to the host, as copies.
Graph telling_network()
{
    Graph graph = network();
    const std::vector<ValueId> outputs = graph.outputs;
    for (size_t i = 1; i < outputs.size(); ++i)
        graph.outputs.push_back(
            graph.add_node(std::string(names[i]) + " copy", Unary{.kind = UnaryKind::identity}, {outputs[i]}));
    return graph;
}

void check_results(const RunResult& result, int frame, float tolerance)
{
    const std::vector<std::vector<float>> expected = expected_of(frame);
    REQUIRE(result.outputs.size() == expected.size());
    for (size_t i = 0; i < expected.size(); ++i)
    {
        const std::vector<float> values = result.outputs[i].tensor.to_floats();
        REQUIRE(values.size() == expected[i].size());
        float largest = 0;
        for (size_t k = 0; k < values.size(); ++k)
            largest = std::max(largest, std::isfinite(values[k]) ? std::fabs(values[k] - expected[i][k]) : INFINITY);
        CAPTURE(names[i]);
        CAPTURE(frame);
        CHECK(largest <= tolerance);
    }
}

} // namespace

TEST_CASE("recurrent network: thirty frames have PyTorch's alphas and states, one at a time and three in flight")
{
    const ModelDescription described = description();
    for (const auto& due : runs_of_turn(next_turn()))
    {
        const TestDevice& device = due.first; // Clang 14 cannot capture structured bindings
        const Precision precision = due.second;
        CAPTURE(device.name);
        const float tolerance = precision == Precision::f32 ? 2e-5f : 6e-3f;
        Result<Session> session =
            Session::create(device.device, telling_network(), {.precision = precision, .state = described.state});
        REQUIRE_MESSAGE(session.is_ok(), session.status().message());
        for (const size_t in_flight : {1, 3})
        {
            session->reset_state();
            std::vector<PendingRun> runs;
            for (int frame = 0; frame < frames; ++frame)
            {
                Result<PendingRun> run = session->submit(source_of(frame));
                REQUIRE_MESSAGE(run.is_ok(), run.status().message());
                runs.push_back(*std::move(run));
                if (runs.size() < in_flight && frame + 1 < frames)
                    continue;
                for (size_t i = 0; i < runs.size(); ++i)
                {
                    const Result<RunResult> result = runs[i].wait();
                    REQUIRE_MESSAGE(result.is_ok(), result.status().message());
                    const int number = frame + 1 - int(runs.size()) + int(i);
                    if (std::ranges::find(kept_frames, number) != kept_frames.end())
                        check_results(*result, number, tolerance);
                }
                runs.clear();
            }
        }
    }
}

TEST_CASE("recurrent network: a segmenter has PyTorch's alphas, begins anew when asked, and with other sizes")
{
    const TestDevice& device = devices()[0];
    Result<Segmenter> segmenter = Segmenter::create(device.device, network(), description());
    REQUIRE_MESSAGE(segmenter.is_ok(), segmenter.status().message());
    const auto segment = [&](int frame)
    {
        const std::vector<uint8_t> pixels = moving_picture(frame);
        const Result<Segmentation> result = segmenter->segment({pixels.data(), width, height, 3});
        REQUIRE_MESSAGE(result.is_ok(), result.status().message());
        return result->soft_mask;
    };
    std::vector<std::vector<uint8_t>> masks;
    for (int frame = 0; frame < frames; ++frame)
        masks.push_back(segment(frame));
    for (const int frame : kept_frames)
    {
        const std::vector<float> alpha = expected_of(frame)[0];
        int largest = 0;
        for (size_t i = 0; i < alpha.size(); ++i)
            largest = std::max(largest, std::abs(int(std::lround(alpha[i] * 255)) - int(masks[size_t(frame)][i])));
        CHECK(largest <= 1);
    }
    CHECK(segment(0) != masks[0]); // after frame 29
    segmenter->reset_state();
    CHECK(segment(0) == masks[0]);
    CHECK(segment(1) == masks[1]);
    const std::vector<uint8_t> grey(size_t(64) * 48, 100);
    CHECK(segmenter->segment({grey.data(), 64, 48, 1}).is_ok());
    CHECK(segment(0) == masks[0]);
}

TEST_CASE("recurrent network: a description's states must be those of the network")
{
    ModelDescription wrong = description();
    wrong.state[1].output = "r9o";
    const Status unknown = Segmenter::create(devices()[0].device, network(), wrong).status();
    CHECK(unknown.code() == StatusCode::invalid_model);
    CHECK(unknown.message().find("no output 'r9o'; it has 'pha', 'r1o'") != std::string::npos);

    wrong = description();
    wrong.state.pop_back();
    const Status missing = Segmenter::create(devices()[0].device, network(), wrong).status();
    CHECK(missing.code() == StatusCode::invalid_model);

    const SessionOptions misplaced = {.state = description().state};
    CHECK(Segmenter::create(devices()[0].device, network(), description(), misplaced).status().code() ==
          StatusCode::invalid_argument);

    const std::string json = R"({"state": {"a": "b", "c": 4}})";
    const Status status = parse_description(json, "x.json").status();
    CHECK(status.message() == "x.json.state: expected the name of the input that follows output 'c', got 4");
    CHECK(parse_description(R"({"state": ["a"]})", "x.json").status().code() == StatusCode::invalid_model);
    const Result<ModelDescription> good = parse_description(R"({"state": {"a": "b"}})", "x.json");
    REQUIRE(good.is_ok());
    CHECK(good->state.at(0).output == "a");
    CHECK(good->state.at(0).input == "b");
}

} // namespace vkseg::test::recurrent_test
