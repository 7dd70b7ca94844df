// Tensors with an extent of 0: every operator infers them, and none reaches the device.
#include "formats/onnx/read_onnx.hpp"
#include "ops/operators.hpp"
#include "reference/evaluate.hpp"
#include "support/check_op.hpp"
#include "support/devices.hpp"
#include "support/due_runs.hpp"
#include "support/onnx_writer.hpp"
#include "vkseg/session.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <set>

namespace vkseg::test::empty_tensors_test {
namespace {

/// y = Concat(x, the value 'none'), of type i64 or f32.
Graph joined_with_none(int64_t type, std::vector<onnx::Bytes> nodes, const std::vector<onnx::Bytes>& initializers)
{
    nodes.push_back(onnx::node("Concat", {"x", "none"}, {"y"}, {onnx::attribute("axis", int64_t(0))}));
    onnx::Model model = onnx::model_of(nodes, initializers);
    model.inputs = {onnx::value_info("x", type, {3})};
    model.outputs = {onnx::value_info("y", type, {3})};
    const auto bytes = std::make_shared<const std::string>(model.bytes());
    Result<Graph> graph = read_onnx(MemoryFile{.bytes = std::as_bytes(std::span(*bytes)), .owner = bytes});
    REQUIRE_MESSAGE(graph.is_ok(), graph.status().message());
    return *graph;
}

/// 0, 1, 2, … 6, 0, …: what halves hold exactly.
Tensor floats(Shape shape)
{
    std::vector<float> values(size_t(shape.elements()));
    for (size_t i = 0; i < values.size(); ++i)
        values[i] = float(i % 7);
    return Tensor::from(shape, std::move(values));
}

Tensor zeros(DType type, Shape shape)
{
    return Tensor::from_bytes(type, shape, std::vector<std::byte>(size_t(shape.elements()) * size_bytes(type)));
}

Tensor integers(Shape shape)
{
    return random_integers(shape, -5, 5);
}

Tensor booleans(Shape shape)
{
    return random_booleans(shape);
}

struct Case
{
    Op op;
    std::vector<Tensor> inputs;
    size_t outputs = 1;
};

/// Which of the data inputs are fed when the network runs; the others are constants of it.
enum class Fed
{
    all,
    those_with_values,
    those_without,
    none
};

bool is_fed(Fed fed, const Tensor& tensor)
{
    const bool has_values = tensor.elements() > 0;
    return fed == Fed::all || (fed == Fed::those_with_values && has_values) ||
           (fed == Fed::those_without && !has_values);
}

struct Network
{
    Graph graph;
    std::vector<NamedTensor> inputs;
};

Network network_of(const Case& test, Fed fed)
{
    Network network;
    std::vector<ValueId> ids;
    std::vector<TensorInfo> infos;
    for (const Tensor& input : test.inputs)
        infos.push_back({.type = input.type(), .shape = input.shape(), .constant = &input});
    for (size_t i = 0; i < test.inputs.size(); ++i)
    {
        const Tensor& input = test.inputs[i];
        const std::string name = "input" + std::to_string(i);
        if (!is_data_input(test.op, infos.size(), i) || !is_fed(fed, input))
            ids.push_back(network.graph.add_constant(name, input));
        else
        {
            ids.push_back(network.graph.add_input(name, input.type(), input.shape()));
            network.inputs.push_back({name, input});
        }
    }
    const ValueId first = network.graph.add_node("output", test.op, ids, test.outputs);
    for (size_t i = 0; i < test.outputs; ++i)
        network.graph.outputs.push_back(first + ValueId(i));
    return network;
}

bool is_same(const Tensor& actual, const Tensor& expected)
{
    if (actual.shape() != expected.shape() || is_float(actual.type()) != is_float(expected.type()))
        return false;
    if (!is_float(expected.type()))
        return actual.to_integers() == expected.to_integers();
    const std::vector<float> a = actual.to_floats();
    const std::vector<float> b = expected.to_floats();
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](float x, float y) { return x == y || (std::isnan(x) && std::isnan(y)); });
}

/// The node gives what the reference says, whether its inputs are constants or fed.
void check(const Case& test)
{
    std::vector<const Tensor*> arguments;
    std::string shapes;
    for (const Tensor& input : test.inputs)
    {
        arguments.push_back(&input);
        shapes += (shapes.empty() ? "" : ", ") + to_string(input.shape());
    }
    INFO(name(test.op), " of ", shapes);
    const Result<reference::Tensors> expected = reference::evaluate(test.op, arguments);
    REQUIRE_MESSAGE(expected.is_ok(), expected.status().message());
    for (const TestDevice& device : devices_of_turn(next_turn()))
    {
        for (const Precision precision : {Precision::f32, Precision::f16})
        {
            for (const Fed fed : {Fed::all, Fed::those_with_values, Fed::those_without, Fed::none})
            {
                INFO(device.name, precision == Precision::f16 ? ", f16" : ", f32", ", fed ", int(fed));
                const Network network = network_of(test, fed);
                Result<Session> session = Session::create(device.device, network.graph, {.precision = precision});
                REQUIRE_MESSAGE(session.is_ok(), session.status().message());
                const Result<RunResult> result = session->run(network.inputs);
                REQUIRE_MESSAGE(result.is_ok(), result.status().message());
                for (size_t i = 0; i < test.outputs; ++i)
                    CHECK(is_same(result->outputs[i].tensor, (*expected)[i]));
                count_check(device.name);
            }
        }
    }
}

/// [2,3,4,5], or what of it an operator needs, with a 0 in the place of each of its extents in turn.
std::vector<Shape> with_a_zero(const Shape& whole)
{
    std::vector<Shape> shapes;
    for (size_t axis = 0; axis < whole.rank(); ++axis)
    {
        shapes.push_back(whole);
        shapes.back()[axis] = 0;
    }
    return shapes;
}

Tensor channel_values(const Shape& x)
{
    return Tensor::from({x[1]}, std::vector<float>(size_t(x[1]), 2.0f));
}

std::vector<Case> elementwise_cases()
{
    std::vector<Case> cases;
    for (const Shape& shape : with_a_zero({2, 3, 4, 5}))
    {
        Shape row = {1, 1, 1, 1};
        row[3] = shape[3];
        cases.push_back({Unary{.kind = UnaryKind::relu}, {floats(shape)}});
        cases.push_back({Unary{.kind = UnaryKind::neg}, {integers(shape)}});
        cases.push_back({Unary{.kind = UnaryKind::logical_not}, {booleans(shape)}});
        cases.push_back({Binary{.kind = BinaryKind::add}, {floats(shape), floats(row)}});
        cases.push_back({Binary{.kind = BinaryKind::div}, {integers({1}), integers(shape)}});
        cases.push_back({Binary{.kind = BinaryKind::logical_and}, {booleans(shape), booleans({})}});
        cases.push_back({Binary{.kind = BinaryKind::less}, {floats(row), floats(shape)}});
        cases.push_back({Where{}, {booleans(row), floats(shape), floats({1})}});
        cases.push_back({Cast{.to = DType::i64}, {floats(shape)}});
        cases.push_back({Cast{.to = DType::f32}, {booleans(shape)}});
        cases.push_back({Chain{.steps = {{.function = Unary{.kind = UnaryKind::relu}}}}, {floats(shape)}});
    }
    cases.push_back({Binary{.kind = BinaryKind::mul}, {floats({0}), floats({3, 1})}});
    return cases;
}

std::vector<Case> moving_cases()
{
    std::vector<Case> cases;
    for (const Shape& shape : with_a_zero({2, 4, 6, 8}))
    {
        cases.push_back({Transpose{}, {integers(shape)}});
        cases.push_back({Tile{.repeats = {2, 1, 3, 1}}, {floats(shape)}});
        cases.push_back({Pad{.pads = {0, 0, 1, 0, 0, 0, 0, 1}}, {floats(shape)}});
        cases.push_back({Pad{.pads = {1, 1, 1, 1, 0, 0, 0, 0}, .value = 3}, {floats(shape)}});
        cases.push_back({DepthToSpace{}, {floats(shape)}});
        cases.push_back({SpaceToDepth{}, {floats(shape)}});
        cases.push_back({Slice{.starts = {1, 0}, .ends = {9, 9}, .axes = {1, 2}, .steps = {2, 1}}, {floats(shape)}});
        cases.push_back({Reshape{.kind = ReshapeKind::flatten, .axes = {1}}, {floats(shape)}});
        cases.push_back({Expand{.shape = {3, 1, 1, 1, 1}}, {floats(shape)}});
        cases.push_back({Split{.axis = 2, .parts = 2}, {floats(shape)}, 2});
    }
    cases.push_back({Slice{.starts = {2}, .ends = {2}, .axes = {2}}, {floats({1, 4, 6, 8})}});
    cases.push_back({Slice{.starts = {9}, .ends = {0}}, {booleans({4})}});
    cases.push_back({Tile{.repeats = {1, 0}}, {integers({2, 3})}});
    cases.push_back({Expand{.shape = {2, 0}}, {floats({2, 1})}});
    cases.push_back({Pad{.pads = {0, -3, 0, -2}}, {floats({2, 5})}});
    cases.push_back({Split{.axis = 1, .split = {0, 5, 0, 3}}, {floats({1, 8, 2, 3})}, 4});
    cases.push_back({Split{.axis = 0, .parts = 2}, {integers({0})}, 2});
    cases.push_back({Reshape{.shape = {0, 3}, .allow_zero = true}, {floats({3, 0})}});
    cases.push_back({Reshape{.kind = ReshapeKind::unsqueeze, .axes = {0}}, {integers({0})}});
    cases.push_back({Reshape{.kind = ReshapeKind::squeeze}, {booleans({1, 0})}});
    cases.push_back({Gather{.axis = 1}, {floats({2, 5}), integers({0})}});
    cases.push_back({Gather{.axis = 1}, {floats({0, 5}), ints({3, -1})}});
    cases.push_back({Gather{}, {integers({0, 2}), integers({3, 0})}});
    cases.push_back({ScatterElements{}, {floats({3, 2}), integers({0, 2}), floats({0, 2})}});
    cases.push_back({ScatterElements{.axis = 1}, {integers({3, 2}), integers({3, 0}), integers({3, 0})}});
    cases.push_back({ScatterElements{}, {booleans({3, 2}), Tensor::from_integers({2, 1}, {0, 2}), booleans({2, 0})}});
    cases.push_back({ScatterElements{}, {floats({0, 2}), integers({0, 2}), floats({0, 2})}});
    cases.push_back({GatherElements{.axis = 1}, {floats({2, 5}), integers({2, 0})}});
    cases.push_back({GatherElements{.axis = 0}, {floats({0, 5}), integers({0, 5})}});
    cases.push_back({GatherNd{}, {floats({2, 5}), integers({0, 2})}});
    cases.push_back({GatherNd{}, {floats({2, 0}), ints({1}).reshaped({1, 1})}});
    cases.push_back({ScatterNd{}, {floats({3, 2}), integers({0, 1}), floats({0, 2})}});
    cases.push_back(
        {ScatterNd{.reduction = ScatterReduction::add}, {floats({0, 2}), integers({0, 1}), floats({0, 2})}});
    for (const auto& of : {floats, integers, booleans})
    {
        cases.push_back({Concat{.axis = 0}, {of({0}), of({3}), of({0})}});
        cases.push_back({Concat{.axis = 0}, {of({0}), of({0})}});
        cases.push_back({Concat{.axis = 1}, {of({1, 4, 3, 5}), of({1, 0, 3, 5})}});
        cases.push_back({Concat{.axis = -2}, {of({1, 3, 0, 5}), of({1, 3, 2, 5}), of({1, 3, 2, 5})}});
        cases.push_back({Concat{.axis = 1}, {of({0, 4}), of({0, 3})}});
    }
    return cases;
}

std::vector<Case> reducing_cases()
{
    std::vector<Case> cases;
    for (const Shape& shape : with_a_zero({2, 3, 4}))
    {
        for (int kind = 0; kind <= int(ReduceKind::log_sum_exp); ++kind)
            cases.push_back({Reduce{.kind = ReduceKind(kind), .axes = {2}}, {floats(shape)}});
        for (const ReduceKind kind : {ReduceKind::sum, ReduceKind::prod, ReduceKind::max, ReduceKind::l1})
            cases.push_back({Reduce{.kind = kind, .axes = {}, .keep_dims = false}, {floats(shape)}});
        cases.push_back({Reduce{.kind = ReduceKind::mean, .axes = {}, .all_spatial = true}, {floats(shape)}});
        cases.push_back({Reduce{.axes = {}, .noop_with_empty_axes = true}, {floats(shape)}});
        cases.push_back({Reduce{.kind = ReduceKind::prod, .axes = {1}}, {integers(shape)}});
        cases.push_back({CumSum{.axis = 1}, {floats(shape)}});
        cases.push_back({CumSum{.is_reverse = true}, {integers(shape)}});
        for (int64_t axis = 0; axis < 3; ++axis)
        {
            cases.push_back({Softmax{.axis = axis}, {floats(shape)}});
            cases.push_back({Softmax{.axis = axis, .is_log = true, .flattens = true}, {floats(shape)}});
            if (shape[size_t(axis)] > 0)
                cases.push_back({ArgReduce{.axis = axis}, {floats(shape)}});
        }
        cases.push_back({MatMul{}, {floats(shape), floats({shape[2], 5})}});
        cases.push_back({MatMul{}, {floats({2, 1, 5, shape[1]}), floats(shape)}});
        cases.push_back({MatMul{}, {floats(shape), floats({shape[2]})}});
    }
    cases.push_back({MatMul{}, {floats({0}), floats({0})}});
    for (const Shape& c : {Shape{}, Shape{4}, Shape{3, 1}, Shape{3, 4}})
        cases.push_back({Gemm{.beta = 2}, {floats({3, 0}), floats({0, 4}), floats(c)}});
    cases.push_back({Gemm{.transpose_a = true, .transpose_b = true}, {floats({0, 3}), floats({4, 0})}});
    cases.push_back({Gemm{}, {floats({0, 3}), floats({3, 4}), floats({4})}});
    cases.push_back({Gemm{}, {floats({2, 3}), floats({3, 0})}});
    cases.push_back({FullyConnected{}, {floats({0, 8}), floats({4, 8})}});
    cases.push_back({ScaledDotProductAttention{}, {floats({0, 3, 8}), floats({0, 5, 8}), floats({0, 5, 4})}});
    return cases;
}

std::vector<Case> spatial_cases()
{
    std::vector<Case> cases;
    const Window three = {.kernel = {3, 3}, .strides = {2, 1}, .dilations = {}, .pads = {1, 1, 1, 1}};
    const Window two = {.kernel = {2, 2}, .strides = {2, 2}, .dilations = {}, .pads = {}};
    for (const Shape& shape : with_a_zero({2, 3, 4, 6}))
    {
        const Tensor x = floats(shape);
        const Tensor values = channel_values(shape);
        if (shape[1] > 0)
        {
            cases.push_back({Conv{.window = three}, {x, floats({5, 3, 3, 3}), floats({5})}});
            cases.push_back({ByteConv{.window = three},
                             {zeros(DType::i8, shape), zeros(DType::i8, {5, 3, 3, 3}), zeros(DType::i32, {5}),
                              floats({5}), floats({5})}});
            cases.push_back(
                {Conv{.window = {.auto_pad = AutoPad::same_upper}, .groups = 3}, {x, floats({6, 1, 5, 5})}});
            cases.push_back({ConvTranspose{.window = two}, {x, floats({3, 5, 2, 2}), floats({5})}});
        }
        cases.push_back({Pool{.window = three}, {x}, 2});
        cases.push_back({Pool{.kind = PoolKind::average, .window = two, .ceil_mode = true}, {x}});
        cases.push_back({Pool{.kind = PoolKind::lp, .window = two}, {x}});
        cases.push_back({MaxUnpool{.window = two}, {x, integers(shape)}});
        cases.push_back({BedOfNails{.strides = {2, 3}}, {x}});
        for (const ResizeMode mode : {ResizeMode::nearest, ResizeMode::linear, ResizeMode::cubic})
        {
            cases.push_back({Resize{.mode = mode, .scales = {1, 1, 2, 0.5f}}, {x}});
            cases.push_back({Resize{.mode = mode, .sizes = {shape[2] * 3, shape[3] / 2}, .axes = {2, 3}}, {x}});
        }
        if (shape[2] > 0 && shape[3] > 0)
        {
            cases.push_back({GridSample{}, {x, floats({shape[0], 5, 2, 2})}});
            cases.push_back({DeformColumns{.window = {.kernel = {2, 2}}}, {x, floats({shape[0], 8, 3, 5})}});
        }
        cases.push_back({GridSample{}, {x, floats({shape[0], 0, 2, 2})}});
        cases.push_back({BatchNormalization{}, {x, values, values, values, values}});
        cases.push_back({InstanceNormalization{}, {x, values, values}});
        cases.push_back({LayerNormalization{.axes = {1}}, {x}});
        cases.push_back({Lrn{}, {x}});
    }
    cases.push_back({AffineGrid{.size = {0, 1, 3, 4}}, {floats({0, 2, 3})}});
    cases.push_back({AffineGrid{.size = {2, 1, 0, 4}}, {floats({2, 2, 3})}});
    cases.push_back({Col2im{.image = {4, 4}, .window = {.kernel = {2, 2}}}, {floats({0, 4, 9})}});
    cases.push_back({Recurrent{},
                     {floats({3, 0, 8}), floats({1, 8, 2}), floats({1, 8}), integers({0}), floats({1, 6}),
                      floats({1, 0, 2}), floats({1, 0, 2})},
                     3});
    return cases;
}

std::vector<Case> shape_cases()
{
    return {
        {ShapeOf{}, {floats({2, 0, 3})}},
        {ShapeOf{.is_size = true}, {floats({2, 0, 3})}},
        {ShapeOf{.start = 1, .end = 1}, {floats({2, 3})}},
        {ConstantOfShape{}, {ints({2, 0})}},
        {ConstantOfShape{.value = booleans({1})}, {ints({0})}},
        {Range{}, {Tensor::from_integers({}, {3}), Tensor::from_integers({}, {3}), Tensor::from_integers({}, {1})}},
        {Range{}, {Tensor::from({}, {3}), Tensor::from({}, {2}), Tensor::from({}, {0.5f})}},
    };
}

std::vector<Case> selecting_cases()
{
    const NonMaxSuppression nms = {.max_outputs = 3, .iou_threshold = 0.5f};
    return {
        {TopK{.k = 0}, {floats({2, 3})}, 2},
        {TopK{.axis = 1, .k = 0}, {integers({2, 0})}, 2},
        {TopK{.axis = 0, .k = 2}, {floats({3, 0})}, 2},
        {nms, {floats({1, 0, 4}), floats({1, 2, 0})}, 2},
        {nms, {floats({1, 3, 4}), floats({1, 0, 3})}, 2},
        {nms, {floats({0, 3, 4}), floats({0, 2, 3})}, 2},
        {BatchedNms{}, {floats({0, 4}), floats({0}), integers({0})}, 2},
        {NonZero{}, {floats({3, 0})}, 2},
        {NonZero{}, {booleans({0})}, 2},
    };
}

std::vector<Case> detecting_cases()
{
    return {
        {Anchors{.base = {0, 0, 1, 1}}, {floats({1, 2, 0, 4})}},
        {DecodeBoxes{}, {floats({0, 4}), floats({0, 8})}},
        {RoiAlign{}, {floats({1, 3, 4, 4}), floats({0, 4})}},
        {RoiAlign{}, {floats({1, 0, 4, 4}), floats({2, 4})}},
        {RoiPool{}, {floats({1, 3, 4, 4}), floats({0, 5})}},
        {PasteSoftMasks{.size = {4, 4}}, {floats({0, 1, 4, 4}), integers({0, 4})}},
    };
}

Session session_of(const TestDevice& device, const Graph& graph, Precision precision = Precision::f32)
{
    Result<Session> session = Session::create(device.device, graph, {.precision = precision});
    REQUIRE_MESSAGE(session.is_ok(), session.status().message());
    return std::move(*session);
}

std::vector<NamedTensor> run(Session& session, const std::vector<NamedTensor>& inputs)
{
    Result<RunResult> result = session.run(inputs);
    REQUIRE_MESSAGE(result.is_ok(), result.status().message());
    return std::move(result->outputs);
}

} // namespace

TEST_CASE("empty tensors: elementwise operators give and take them")
{
    for (const Case& test : elementwise_cases())
        check(test);
}

TEST_CASE("empty tensors: operators that move values give and take them")
{
    for (const Case& test : moving_cases())
        check(test);
}

TEST_CASE("empty tensors: sums and extremes of no values are neutral")
{
    for (const Case& test : reducing_cases())
        check(test);
}

TEST_CASE("empty tensors: operators on pictures take none, or none of their channels or pixels")
{
    for (const Case& test : spatial_cases())
        check(test);
}

TEST_CASE("empty tensors: shapes, constants and ranges may have no values")
{
    for (const Case& test : shape_cases())
        check(test);
}

TEST_CASE("empty tensors: operators that select values give and take them")
{
    for (const Case& test : selecting_cases())
        check(test);
}

TEST_CASE("empty tensors: operators on boxes give and take them")
{
    for (const Case& test : detecting_cases())
        check(test);
}

TEST_CASE("empty tensors: every operator is tried, or refuses them")
{
    std::set<size_t> tried;
    for (const auto& cases : {elementwise_cases(), moving_cases(), reducing_cases(), spatial_cases(), shape_cases(),
                              selecting_cases(), detecting_cases()})
    {
        for (const Case& test : cases)
            tried.insert(test.op.index());
    }
    for (const Op& refusing : {Op(PictureToTensor{}), Op(TensorToMask{}), Op(DenseCrf{}), Op(BoxesToPicture{}),
                               Op(PasteMasks{}), Op(If{}), Op(Loop{}), Op(TensorSequence{}), Op(Einsum{})})
        CHECK(tried.insert(refusing.index()).second);
    const auto try_if_new = [&](const Op& op)
    {
        INFO("an operator that takes more than a tensor of floats needs a case of its own in this file");
        if (tried.insert(op.index()).second)
            check({.op = op, .inputs = {floats({2, 0, 3})}});
    };
#define VKSEG_TRY_IF_NEW(Type) try_if_new(Op(Type{}));
    VKSEG_FOR_EACH_OPERATOR(VKSEG_TRY_IF_NEW)
#undef VKSEG_TRY_IF_NEW
}

TEST_CASE("empty tensors: reductions of none are what ONNX says")
{
    const auto reduced = [](ReduceKind kind, const Tensor& x)
    {
        const Tensor* const input = &x;
        const Result<reference::Tensors> result = reference::evaluate(Reduce{.kind = kind, .axes = {0}}, {&input, 1});
        REQUIRE_MESSAGE(result.is_ok(), result.status().message());
        return (*result)[0].to_floats()[0];
    };
    const Tensor none = floats({0});
    constexpr float infinity = std::numeric_limits<float>::infinity();
    CHECK(reduced(ReduceKind::sum, none) == 0);
    CHECK(reduced(ReduceKind::sum_square, none) == 0);
    CHECK(reduced(ReduceKind::l1, none) == 0);
    CHECK(reduced(ReduceKind::l2, none) == 0);
    CHECK(reduced(ReduceKind::prod, none) == 1);
    CHECK(reduced(ReduceKind::max, none) == -infinity);
    CHECK(reduced(ReduceKind::min, none) == infinity);
    CHECK(reduced(ReduceKind::log_sum, none) == -infinity);
    CHECK(reduced(ReduceKind::log_sum_exp, none) == -infinity);
    CHECK(std::isnan(reduced(ReduceKind::mean, none)));
    const Tensor bytes = Tensor::from_bytes(DType::u8, {0}, {});
    CHECK(reduced(ReduceKind::max, bytes) == 0);
    CHECK(reduced(ReduceKind::min, bytes) == 255);
    CHECK(reduced(ReduceKind::max, Tensor::from_bytes(DType::i8, {0}, {})) == -128);
    CHECK(reduced(ReduceKind::min, Tensor::from_bytes(DType::i32, {0}, {})) == float(INT32_MAX));
    CHECK(reduced(ReduceKind::max, integers({0})) == float(INT64_MIN));
}

TEST_CASE("empty tensors: what cannot be made of no values is refused")
{
    const Window two = {.kernel = {2, 2}, .strides = {2, 2}, .dilations = {}, .pads = {}};
    const Window padded = {.kernel = {3, 3}, .strides = {}, .dilations = {}, .pads = {2, 2, 2, 2}};
    const Tensor picture = floats({1, 3, 0, 4});
    CHECK(refusal(ArgReduce{.axis = 1}, {floats({2, 0})}) ==
          "axis 1 must have at least one value to find the index of, got shape 2x0");
    CHECK(refusal(Reduce{.axes = {1}}, {integers({2, 0})}) ==
          "the mean of no integers is undefined: axis 1 of 2x0 has extent 0");
    CHECK(refusal(Gather{}, {floats({0, 2}), ints({0})}) == "indices must lie within an extent of 0, got 0");
    CHECK(refusal(Binary{}, {floats({0}), floats({3})}) ==
          "operands 0 and 3 do not broadcast: extents 0 and 3 are neither equal nor 1");
    CHECK(refusal(Expand{.shape = {3}}, {floats({0})}) != "");
    CHECK(refusal(Expand{.shape = {0}}, {floats({3})}) != "");
    CHECK(refusal(Reshape{.shape = {0, -1}}, {floats({0, 3})}) == "input 0x3 cannot be given the shape [0, -1]");
    CHECK(refusal(Reshape{.shape = {0, 3}}, {floats({3, 0})}) == "input 3x0 cannot be given the shape [0, 3]");
    CHECK(refusal(Concat{.axis = 1}, {floats({1, 3, 2}), floats({0})}) != "");
    CHECK(refusal(Pad{.mode = PadMode::edge, .pads = {1, 0}}, {floats({0})}) ==
          "an extent of 0 has too few values to repeat for pads of 1 and 0");
    CHECK(refusal(ScaledDotProductAttention{}, {floats({3, 8}), floats({0, 8}), floats({0, 4})}) != "");
    CHECK(refusal(MatMul{}, {floats({2, 0}), floats({1, 3})}) != "");
    const std::string only_padding =
        "window of spatial axis 0 has nothing but padding to read for 2 outputs: the input has extent 0";
    CHECK(refusal(Conv{.window = padded}, {picture, floats({1, 3, 3, 3})}) == only_padding);
    CHECK(refusal(Pool{.window = padded}, {picture}) == only_padding);
    CHECK(refusal(ConvTranspose{}, {picture, floats({3, 1, 3, 3})}) == only_padding);
    CHECK(refusal(MaxUnpool{.window = two, .output_shape = {1, 3, 2, 8}}, {picture, integers({1, 3, 0, 4})}) ==
          "output_shape 1x3x2x8 needs values, but the input 1x3x0x4 has none");
    CHECK(refusal(Conv{}, {floats({1, 0, 4, 4}), floats({5, 0, 3, 3})}) == "weights 5x0x3x3 are empty");
    CHECK(refusal(Resize{.sizes = {1, 3, 8, 8}}, {picture}) ==
          "an extent of 0 has no values and cannot be resized to 8");
    CHECK(refusal(SpaceToDepth{.block_size = INT64_MAX}, {picture}) != "");
    CHECK(refusal(PictureToTensor{}, {random_picture({0, 4, 3})}) != "");
    CHECK(refusal(TensorToMask{}, {picture, random_picture({4, 4, 3})}) != "");
    CHECK(refusal(DenseCrf{}, {floats({1, 2, 0, 4}), picture}) ==
          "unary must have at least one label and pixel, got 1x2x0x4");

    const TensorInfo computed[] = {{.shape = {2, 0, 3}}, {.type = DType::i64, .shape = {4}}};
    CHECK(infer(Gather{.axis = 1}, computed).status().message() ==
          "indices 4 have no values to point to: axis 1 of 2x0x3 has extent 0");
}

TEST_CASE("empty tensors: shapes without values are as bounded as others")
{
    const TensorInfo large = {.shape = {0, int64_t(1) << 40, int64_t(1) << 40}};
    CHECK_FALSE(infer(Unary{}, {&large, 1}).is_ok());
    Graph graph;
    const ValueId x = graph.add_input("x", DType::f32, {0, -1, -1});
    graph.outputs = {graph.add_node("y", Unary{}, {x})};
    const NamedShape shape = {"x", large.shape};
    CHECK(specialize(graph, {&shape, 1}).status().message().find("more than 2147483647 values") != std::string::npos);
}

TEST_CASE("empty tensors: a constant one costs a concatenation nothing")
{
    Graph graph;
    const ValueId x = graph.add_input("x", DType::f32, {1, 4, 9, 11});
    const ValueId none = graph.add_constant("none", floats({1, 0, 9, 11}));
    graph.outputs = {
        graph.add_node("y", Unary{.kind = UnaryKind::relu}, {graph.add_node("joined", Concat{}, {x, none})})};
    const Result<Graph> specialized = specialize(graph);
    REQUIRE_MESSAGE(specialized.is_ok(), specialized.status().message());
    CHECK(specialized->nodes.size() == 1);
    CHECK(summarize(graph).is_ok());
}

TEST_CASE("empty tensors: a batch of none runs between others")
{
    Graph graph;
    const ValueId x = graph.add_input("x", DType::f32, {-1, 3, 6, 6});
    const ValueId weights = graph.add_constant("weights", floats({4, 3, 3, 3}));
    const ValueId features = graph.add_node("features", Conv{}, {x, weights});
    const ValueId pooled =
        graph.add_node("pooled", Reduce{.kind = ReduceKind::max, .axes = {}, .all_spatial = true}, {features});
    const ValueId flat = graph.add_node("flat", Reshape{.kind = ReshapeKind::flatten, .axes = {1}}, {pooled});
    const ValueId batch = graph.add_node("batch", ShapeOf{.start = 0, .end = 1}, {x});
    graph.outputs = {features, flat, graph.add_node("total", Reduce{.kind = ReduceKind::sum, .axes = {0}}, {flat}),
                     batch};
    for (const TestDevice& device : devices_of_turn(next_turn()))
    {
        for (const Precision precision : {Precision::f32, Precision::f16})
        {
            INFO(device.name, precision == Precision::f16 ? ", f16" : ", f32");
            Session session = session_of(device, graph, precision);
            const std::vector<NamedTensor> before = run(session, {{"x", floats({2, 3, 6, 6})}});
            const std::vector<NamedTensor> none = run(session, {{"x", floats({0, 3, 6, 6})}});
            CHECK(none[0].tensor.shape() == Shape{0, 4, 4, 4});
            CHECK(none[1].tensor.shape() == Shape{0, 4});
            CHECK(none[2].tensor.to_floats() == std::vector<float>{0, 0, 0, 0});
            CHECK(none[3].tensor.to_integers() == Integers{0});
            const std::vector<NamedTensor> after = run(session, {{"x", floats({2, 3, 6, 6})}});
            for (size_t i = 0; i < before.size(); ++i)
                CHECK(is_same(after[i].tensor, before[i].tensor));
            count_check(device.name);
        }
    }
}

TEST_CASE("empty tensors: the graph's inputs and constants may be its outputs")
{
    Graph graph;
    const ValueId x = graph.add_input("x", DType::f32, {2, -1});
    const ValueId labels = graph.add_input("labels", DType::i64, {-1});
    const ValueId none = graph.add_constant("none", booleans({3, 0}));
    graph.outputs = {x, labels, none, graph.add_node("y", Unary{.kind = UnaryKind::relu}, {x})};
    for (const TestDevice& device : devices_of_turn(next_turn()))
    {
        INFO(device.name);
        Session session = session_of(device, graph);
        const std::vector<NamedTensor> outputs = run(session, {{"x", floats({2, 0})}, {"labels", integers({0})}});
        CHECK(outputs[0].tensor.shape() == Shape{2, 0});
        CHECK(outputs[1].tensor.shape() == Shape{0});
        CHECK(outputs[1].tensor.type() == DType::i64);
        CHECK(outputs[2].tensor.shape() == Shape{3, 0});
        CHECK(outputs[2].tensor.type() == DType::boolean);
        CHECK(outputs[3].tensor.shape() == Shape{2, 0});
        CHECK(session.run({{{"x", floats({2, 0})}, {"labels", floats({0})}}}).status().message() ==
              "input 'labels': expected i64, got f32");
        count_check(device.name);
    }
}

TEST_CASE("empty tensors: an ONNX file may hold them in every form")
{
    using namespace onnx;
    const Bytes zero = integer_tensor("zero", {}, {0});
    const Bytes one = integer_tensor("one", {}, {1});
    const Bytes zeros = integer_tensor("zeros", {1}, {0});
    const Bytes float_none = float_tensor("none", {0}, {});
    const Bytes raw_none = raw_tensor("none", {0}, type_f32, "");
    const std::vector<Graph> of_floats = {
        joined_with_none(type_f32, {}, {float_none}),
        joined_with_none(type_f32, {}, {raw_none}),
        joined_with_none(type_f32, {node("Constant", {}, {"none"}, {tensor_attribute("value", raw_none)})}, {}),
        joined_with_none(type_f32, {node("Constant", {}, {"none"}, {attribute("value_floats", std::vector<float>())})},
                         {}),
        joined_with_none(type_f32, {node("ConstantOfShape", {"zeros"}, {"none"})}, {zeros}),
        joined_with_none(type_f32, {node("Slice", {"x", "zeros", "zeros"}, {"none"})}, {zeros}),
        joined_with_none(type_f32, {node("Gather", {"x", "places"}, {"none"})}, {integer_tensor("places", {0}, {})}),
    };
    const std::vector<Graph> of_integers = {
        joined_with_none(type_i64, {}, {integer_tensor("none", {0}, {})}),
        joined_with_none(type_i64, {node("Range", {"zero", "zero", "one"}, {"none"})}, {zero, one}),
        joined_with_none(type_i64, {node("Slice", {"x", "zeros", "zeros"}, {"none"})}, {zeros}),
    };
    for (const TestDevice& device : devices_of_turn(next_turn()))
    {
        INFO(device.name);
        for (const Graph& graph : of_floats)
        {
            Session session = session_of(device, graph);
            CHECK(run(session, {{"x", floats({3})}})[0].tensor.to_floats() == std::vector<float>{0, 1, 2});
        }
        for (const Graph& graph : of_integers)
        {
            Session session = session_of(device, graph);
            CHECK(run(session, {{"x", ints({4, 5, 6})}})[0].tensor.to_integers() == Integers{4, 5, 6});
        }
        count_check(device.name);
    }
}

} // namespace vkseg::test::empty_tensors_test
