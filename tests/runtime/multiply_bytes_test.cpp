#include "formats/onnx/read_onnx.hpp"
#include "runtime/fuse.hpp"
#include "support/check_op.hpp"
#include "support/devices.hpp"
#include "support/due_runs.hpp"
#include "support/onnx_writer.hpp"
#include "vkseg/session.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>

namespace vkseg::test::multiply_bytes_test {
namespace {

using namespace onnx;

/// Writes a model of quantised convolutions, one after the other, with values for which no float rounds before it is
/// quantised: scales are powers of two.
class Writer
{
public:
    Writer(int64_t channels, int64_t type, int64_t zero_point) : channels_(channels), type_(type)
    {
        byte("zero", zero_point);
        initializers_.push_back(float_tensor("scale", {}, {0.25f}));
    }

    void quantize() { apply("QuantizeLinear", {value_, "scale", "zero"}); }
    void dequantize() { apply("DequantizeLinear", {value_, "scale", "zero"}); }
    void apply(const std::string& op, std::vector<std::string> inputs, const std::vector<Bytes>& attributes = {})
    {
        value_ = "v" + std::to_string(nodes_.size());
        nodes_.push_back(node(op, inputs, {value_}, attributes));
    }
    const std::string& value() const { return value_; }

    /// Adds weights, their scales, of one or each output, their zero point, and a bias; returns their names.
    std::vector<std::string> weights(int64_t outputs, int64_t groups, int64_t kernel, bool has_scales)
    {
        const std::string name = "w" + std::to_string(nodes_.size());
        const Extents dims = {outputs, channels_ / groups, kernel, kernel};
        const int64_t count = outputs * channels_ / groups * kernel * kernel;
        std::string bytes;
        for (const int64_t weight : random_integers({count}, -128, 127, uint32_t(nodes_.size())).to_integers())
            bytes += char(uint8_t(weight));
        initializers_.push_back(raw_tensor(name, dims, type_i8, bytes));
        std::vector<float> scales;
        for (int64_t i = 0; i < (has_scales ? outputs : 1); ++i)
            scales.push_back(i % 3 == 1 ? 0x1p-8f : 0x1p-9f);
        initializers_.push_back(float_tensor(name + "_scale", has_scales ? Extents{outputs} : Extents{}, scales));
        initializers_.push_back(raw_tensor(name + "_zero", has_scales ? Extents{outputs} : Extents{}, type_i8,
                                           std::string(scales.size(), '\0')));
        std::vector<int32_t> biases;
        for (const int64_t bias : random_integers({outputs}, -9000, 9000, 3).to_integers())
            biases.push_back(int32_t(bias));
        const auto* const first = reinterpret_cast<const char*>(biases.data());
        initializers_.push_back(raw_tensor(name + "_bias", {outputs}, type_i32, std::string(first, biases.size() * 4)));
        channels_ = outputs;
        return {name, name + "_scale", name + "_zero", name + "_bias"};
    }

    Graph graph(const Shape& input)
    {
        nodes_.push_back(node("Identity", {value_}, {"y"}));
        const Model model = {.nodes = nodes_,
                             .initializers = initializers_,
                             .inputs = {value_info("x", type_f32, {input[0], input[1], input[2], input[3]})},
                             .outputs = {value_info("y", type_f32, {})},
                             .metadata = {},
                             .opset = 21,
                             .more_of_graph = {},
                             .more_of_model = {}};
        auto owner = std::make_shared<const std::string>(model.bytes());
        Result<Graph> graph = read_onnx(MemoryFile{.bytes = std::as_bytes(std::span(*owner)), .owner = owner});
        REQUIRE_MESSAGE(graph.is_ok(), graph.status().message());
        return *std::move(graph);
    }

private:
    void byte(const std::string& name, int64_t value)
    {
        initializers_.push_back(raw_tensor(name, {}, type_, std::string(1, char(uint8_t(value)))));
    }

    int64_t channels_;
    int64_t type_;
    std::string value_ = "x";
    std::vector<Bytes> nodes_;
    std::vector<Bytes> initializers_;
};

std::string operators_of(const Graph& graph)
{
    Result<Graph> specialized = specialize(graph);
    REQUIRE_MESSAGE(specialized.is_ok(), specialized.status().message());
    multiply_bytes(*specialized);
    std::string names;
    for (const Node& node : specialized->nodes)
        names += (names.empty() ? "" : " ") + name(node.op);
    return names;
}

/// Checks that a device in turn computes the same bits from bytes as from floats.
void check_equal(const Graph& graph, const Shape& input)
{
    const std::vector<NamedTensor> inputs = {{"x", random(input, -40, 40)}};
    for (const TestDevice& device : devices_of_turn(next_turn()))
    {
        INFO(device.name);
        std::vector<std::vector<float>> results;
        for (const ByteProducts products : {ByteProducts::never, ByteProducts::always})
        {
            Result<Session> session = Session::create(device.device, graph, {.byte_products = products});
            REQUIRE_MESSAGE(session.is_ok(), session.status().message());
            const Result<RunResult> result = session->run(inputs);
            REQUIRE_MESSAGE(result.is_ok(), result.status().message());
            results.push_back(result->outputs[0].tensor.to_floats());
        }
        CHECK(results[0] == results[1]);
        CHECK(std::ranges::minmax(results[0]).min != std::ranges::minmax(results[0]).max);
        count_check(device.name);
    }
}

} // namespace

TEST_CASE("multiply_bytes: runs of QLinearConv hand bytes on")
{
    struct Types
    {
        int64_t type;
        int64_t zero_point;
    };
    for (const Types& types : {Types{type_u8, 117}, Types{type_i8, -3}, Types{type_u8, 0}})
    {
        const Shape input = {2, 6, 7, 5};
        Writer writer(6, types.type, types.zero_point);
        writer.quantize();
        const auto convolve = [&](int64_t outputs, int64_t groups, int64_t kernel, const std::vector<Bytes>& attributes)
        {
            const bool has_scales = outputs != 9;
            const std::vector<std::string> w = writer.weights(outputs, groups, kernel, has_scales);
            std::vector<Bytes> all = attributes;
            all.push_back(attribute("group", groups));
            writer.apply("QLinearConv", {writer.value(), "scale", "zero", w[0], w[1], w[2], "scale", "zero", w[3]},
                         all);
        };
        convolve(10, 1, 3, {attribute("pads", Extents{1, 2, 0, 1})});
        convolve(10, 10, 3, {attribute("strides", Extents{1, 2}), attribute("pads", Extents{1, 1, 1, 1})});
        convolve(9, 1, 1, {});
        convolve(5, 1, 2, {attribute("dilations", Extents{2, 1})});
        writer.dequantize();
        const Graph graph = writer.graph(input);
        CHECK(operators_of(graph).find("ByteConv ByteConv ByteConv ByteConv") != std::string::npos);
        check_equal(graph, input);
    }
}

TEST_CASE("multiply_bytes: QuantizeLinear and DequantizeLinear around operators on floats")
{
    const Shape input = {1, 7, 6, 9};
    Writer writer(7, type_u8, 90);
    const auto convolve = [&](int64_t outputs, int64_t groups, int64_t kernel)
    {
        writer.quantize();
        writer.dequantize();
        const std::string x = writer.value();
        const std::vector<std::string> w = writer.weights(outputs, groups, kernel, outputs % 2 == 0);
        writer.apply("DequantizeLinear", {w[0], w[1], w[2]}, {attribute("axis", int64_t(0))});
        const std::string floats = writer.value();
        writer.apply("Conv", {x, floats}, {attribute("group", groups), attribute("pads", Extents(4, kernel / 2))});
    };
    convolve(12, 1, 3);
    writer.apply("Relu", {writer.value()});
    convolve(12, 12, 3);
    const std::string before = writer.value();
    convolve(12, 1, 1);
    writer.apply("Add", {writer.value(), before});
    convolve(5, 1, 1);
    const Graph graph = writer.graph(input);
    CHECK(operators_of(graph) == "Div+Round+Add ByteConv ByteConv Div+Round+Add ByteConv ByteConv");
    check_equal(graph, input);
}

TEST_CASE("multiply_bytes: a result that a chain reads again later stays what it is")
{
    struct Function
    {
        const char* name;
        std::vector<Bytes> attributes;
    };
    const Shape input = {1, 5, 6, 7};
    for (const Function& function :
         {Function{"Relu", {}}, Function{"LeakyRelu", {attribute("alpha", 0.25f)}},
          Function{"HardSigmoid", {attribute("alpha", 0.25f), attribute("beta", 0.5f)}}, Function{"Mul", {}}})
    {
        INFO(std::string(function.name));
        Writer writer(5, type_u8, 128);
        writer.quantize();
        const std::vector<std::string> w = writer.weights(6, 1, 3, false);
        writer.apply("ConvInteger", {writer.value(), w[0], "zero"});
        writer.apply("Cast", {writer.value()}, {attribute("to", int64_t(type_f32))});
        const std::string sums = writer.value();
        const bool is_factor = function.name == std::string_view("Mul");
        writer.apply(function.name,
                     is_factor ? std::vector<std::string>{sums, "scale"} : std::vector<std::string>{sums},
                     function.attributes);
        writer.apply("Add", {writer.value(), sums});
        const Graph graph = writer.graph(input);
        CHECK(operators_of(graph).find("ByteConv") != std::string::npos);
        check_equal(graph, input);
    }
}

TEST_CASE("multiply_bytes: leaves convolutions of floats as they are")
{
    Graph graph;
    const ValueId x = graph.add_input("x", DType::f32, {1, 4, 5, 5});
    const auto clip = [&](float low, float high)
    {
        const ValueId round = graph.add_node("round", Unary{.kind = UnaryKind::round}, {x});
        return graph.add_node("clip", Unary{.kind = UnaryKind::clip, .a = low, .b = high}, {round});
    };
    const ValueId whole = graph.add_constant("whole", Tensor::from({1, 4, 1, 1}, {1, -128, 127, 0}));
    const ValueId large = graph.add_constant("large", Tensor::from({1, 4, 1, 1}, {1, -128, 128, 0}));
    const ValueId broken = graph.add_constant("broken", Tensor::from({1, 4, 1, 1}, {1, 0.5f, 0, 0}));
    const auto convolve = [&](ValueId input, ValueId weights) {
        graph.outputs.push_back(graph.add_node("conv", Conv{}, {input, weights}));
    };
    convolve(clip(0, 255), large);
    convolve(clip(0, 255), broken);
    convolve(clip(0, 256), whole);
    convolve(clip(1, 255), whole); // no byte stands for 0, which pads
    convolve(clip(0.5f, 255), whole);
    convolve(x, whole);
    CHECK(operators_of(graph).find("ByteConv") == std::string::npos);
    convolve(clip(-200, 55), whole);
    CHECK(operators_of(graph).find("ByteConv") != std::string::npos);
}

} // namespace vkseg::test::multiply_bytes_test
