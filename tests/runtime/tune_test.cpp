#include "runtime/tune.hpp"

#include "ops/convolution/convolution.hpp"
#include "reference/evaluate.hpp"
#include "runtime/specialize.hpp"
#include "support/check_op.hpp"
#include "support/devices.hpp"
#include "support/due_runs.hpp"
#include "support/forced_choice.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>

namespace vkseg::test::tune_test {
namespace {

struct Case
{
    Op op;
    Shape x;
    Shape weights;
    bool has_residual = false;
};

/// One of each family of kernels.
std::vector<Case> cases()
{
    const Window padded = {.pads = {1, 1, 1, 1}};
    const Window wide = {.pads = {2, 2, 2, 2}};
    const Activation relu = {.kind = UnaryKind::relu};
    return {
        {Conv{.window = padded, .activation = relu}, {1, 70, 30, 31}, {65, 70, 3, 3}},
        {Conv{.activation = relu, .has_residual = true}, {2, 37, 9, 11}, {41, 37, 1, 1}, true},
        {Conv{.window = padded, .groups = 35}, {1, 35, 17, 13}, {35, 1, 3, 3}},
        {Conv{.window = wide, .groups = 24}, {1, 24, 19, 14}, {24, 1, 5, 5}},
        {Conv{.window = padded, .groups = 2}, {1, 32, 12, 9}, {64, 16, 3, 3}},
        {Conv{.window = padded}, {1, 20, 12, 9}, {2, 20, 3, 3}},
        {ConvTranspose{.window = {.strides = {2, 2}, .pads = {1, 1, 1, 1}}}, {1, 72, 30, 30}, {72, 70, 4, 4}},
    };
}

std::vector<Tensor> tensors_of(const Case& c)
{
    const float scale = 1 / std::sqrt(float(c.weights.elements() / c.weights[0]));
    std::vector<Tensor> tensors = {random(c.x), random(c.weights, -scale, scale, 2)};
    if (c.has_residual)
        tensors.insert(tensors.end(), {missing(), random({c.x[0], c.weights[0], c.x[2], c.x[3]}, -1, 1, 3)});
    return tensors;
}

Graph graph_of(const Case& c, const std::vector<Tensor>& tensors)
{
    Graph graph;
    std::vector<ValueId> inputs = {graph.add_input("x", DType::f32, c.x), graph.add_constant("weights", tensors[1])};
    if (c.has_residual)
        inputs.insert(inputs.end(), {no_value, graph.add_input("residual", DType::f32, tensors[3].shape())});
    graph.outputs = {graph.add_node("y", c.op, inputs)};
    const Result<Graph> specialized = specialize(graph, {}, false);
    REQUIRE_MESSAGE(specialized.is_ok(), specialized.status().message());
    return *specialized;
}

std::vector<NamedTensor> inputs_of(const Case& c, const std::vector<Tensor>& tensors)
{
    std::vector<NamedTensor> inputs = {{"x", tensors[0]}};
    if (c.has_residual)
        inputs.push_back({"residual", tensors[3]});
    return inputs;
}

Tensor expected_of(const Case& c, const std::vector<Tensor>& tensors)
{
    std::vector<const Tensor*> arguments;
    for (size_t i = 0; i < tensors.size(); ++i)
        arguments.push_back(c.has_residual && i == 2 ? nullptr : &tensors[i]);
    const Result<reference::Tensors> results = reference::evaluate(c.op, arguments);
    REQUIRE(results.is_ok());
    return (*results)[0];
}

/// All kinds of choices for the first case, and a third of them for each other one, with one of the tiles, in turn;
/// tests/ops/convolution computes with each.
std::vector<ConvolutionChoice> choices_to_check(size_t turn)
{
    const int tile = int(turn % std::size(shared_tiles));
    const ConvolutionChoice all[] = {{},
                                     {.kernel = ConvolutionKernel::texels},
                                     {.kernel = ConvolutionKernel::shuffled},
                                     {.winograd = 2},
                                     {.winograd = 4},
                                     {.winograd = 4, .kernel = ConvolutionKernel::shuffled},
                                     {.winograd = 2, .kernel = ConvolutionKernel::shared},
                                     {.kernel = ConvolutionKernel::matrices},
                                     {.kernel = ConvolutionKernel::shared, .tile = tile},
                                     {.kernel = ConvolutionKernel::shared, .tile = tile, .shares = 5},
                                     {.winograd = 4, .kernel = ConvolutionKernel::shared, .tile = tile}};
    std::vector<ConvolutionChoice> choices;
    for (size_t i = 0; i < std::size(all); ++i)
    {
        if (turn == 0 || i % 3 == turn % 3 || runs_all())
            choices.push_back(all[i]);
    }
    return choices;
}

double largest_difference(const Tensor& a, const Tensor& b)
{
    REQUIRE(a.shape() == b.shape());
    double largest = 0;
    for (size_t i = 0; i < a.floats().size(); ++i)
        largest = std::max(largest, std::abs(double(a.floats()[i]) - double(b.floats()[i])));
    return largest;
}

bool are_same_bits(const Tensor& a, const Tensor& b)
{
    return a.bytes().size() == b.bytes().size() &&
           std::memcmp(a.bytes().data(), b.bytes().data(), a.bytes().size()) == 0;
}

class TemporaryDirectory
{
public:
    TemporaryDirectory()
        : path_(std::filesystem::temp_directory_path() / ("vkseg-tune-test-" + std::to_string(uintptr_t(this))))
    {}
    ~TemporaryDirectory()
    {
        std::error_code error;
        std::filesystem::remove_all(path_, error);
    }
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
    const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

} // namespace

TEST_CASE("tune: ways to compute a convolution agree with the reference, on one device after the other")
{
    size_t turn = 0;
    for (const Case& c : cases())
    {
        CAPTURE(to_string(c.weights));
        const std::vector<Tensor> tensors = tensors_of(c);
        const Graph graph = graph_of(c, tensors);
        const Tensor expected = expected_of(c, tensors);
        const std::vector<ConvolutionChoice> choices = choices_to_check(turn++);
        for (const ConvolutionChoice& choice : choices)
        {
            for (const TestDevice& device : devices_of_turn(next_turn()))
            {
                CAPTURE(device.name);
                CAPTURE(choice.winograd);
                CAPTURE(int(choice.kernel));
                CAPTURE(choice.tile);
                CAPTURE(choice.shares);
                const Result<ForcedRun> run =
                    run_with_choice(device.device, graph, inputs_of(c, tensors), Precision::f32, choice);
                REQUIRE_MESSAGE(run.is_ok(), run.status().message());
                CHECK(largest_difference(run->output, expected) < 2e-5);
                count_check(device.name);
            }
        }
    }
}

TEST_CASE("tune: choices are kept for the device, the first one here, and give the same bits in every run")
{
    const Case c = cases()[0];
    const std::vector<Tensor> tensors = tensors_of(c);
    const Graph graph = graph_of(c, tensors);
    const Tensor expected = expected_of(c, tensors);
    const Result<std::vector<DeviceDescription>> descriptions = list_devices();
    REQUIRE(descriptions.is_ok());
    size_t tuned = 0;
    for (size_t i = 0; i < descriptions->size(); ++i)
    {
        if (!(*descriptions)[i].unusable_because.empty() || (tuned > 0 && !runs_all()))
            continue;
        ++tuned;
        CAPTURE((*descriptions)[i].name);
        const TemporaryDirectory directory;
        const Result<Device> device =
            Device::create({.select = std::to_string(i), .cache_directory = directory.path().string()});
        REQUIRE(device.is_ok());
        std::vector<Tensor> outputs;
        for (int session_number = 0; session_number < 2; ++session_number)
        {
            Result<Session> session = Session::create(*device, graph, {.tune = true});
            REQUIRE(session.is_ok());
            for (int run = 0; run < 3; ++run)
            {
                const Result<RunResult> result = session->run(inputs_of(c, tensors));
                REQUIRE_MESSAGE(result.is_ok(), result.status().message());
                outputs.push_back(result->outputs[0].tensor);
            }
            const std::string kept = load_choices(*device->vulkan()).text();
            CHECK(kept.find("conv-1x70x30x31-65x70x3x3") != std::string::npos);
        }
        CHECK(largest_difference(outputs[0], expected) < 2e-5);
        for (const Tensor& output : outputs)
            CHECK(are_same_bits(output, outputs[0]));
    }
}

TEST_CASE("tune: choices survive being written, and damage to them costs no more than a measurement")
{
    TunedChoices choices;
    choices.set("conv-a", {.winograd = 4, .kernel = ConvolutionKernel::texels});
    choices.set("conv-b", {.kernel = ConvolutionKernel::shuffled});
    choices.set("conv-c", {.kernel = ConvolutionKernel::shared, .tile = 2, .shares = 3});
    const std::string text = choices.text();
    CHECK(TunedChoices::parse(text).text() == text);
    REQUIRE(TunedChoices::parse(text).find("conv-a") != nullptr);
    CHECK(*TunedChoices::parse(text).find("conv-a") ==
          ConvolutionChoice{.winograd = 4, .kernel = ConvolutionKernel::texels});
    CHECK(*TunedChoices::parse(text).find("conv-c") ==
          ConvolutionChoice{.kernel = ConvolutionKernel::shared, .tile = 2, .shares = 3});
    for (size_t length = 0; length < text.size(); ++length)
        TunedChoices::parse(text.substr(0, length));
    CHECK(TunedChoices::parse(text + "conv-d 3 direct 0 0\nconv-e 2 near 0 0\nconv-f 2 direct 0 0 0\n"
                                     "conv-g 0 shared 9 0\nconv-h 0 shared -1 0\nconv-i 0 shared 1 -1\n"
                                     "conv-j 0 shared 1\n\xff\xfe\n")
              .text() == text);
    CHECK(TunedChoices::parse("vkseg tuning 2\nconv-a 4 direct 0\n").find("conv-a") == nullptr);
    CHECK(TunedChoices::parse("").find("conv-a") == nullptr);
}

} // namespace vkseg::test::tune_test
