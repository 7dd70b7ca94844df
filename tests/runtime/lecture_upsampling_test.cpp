#include "reference/evaluate.hpp"
#include "support/check_op.hpp"
#include "support/devices.hpp"
#include "support/due_runs.hpp"
#include "vkseg/session.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

// The worked examples of in-network upsampling from Stanford's CS231n, lecture 11 ("Detection and Segmentation"). The
// reference and a device in turn must give the numbers that the slides print, or what their letters stand for.
namespace vkseg::test::lecture_upsampling_test {
namespace {

/// A picture of one channel, row by row.
Tensor picture(int64_t height, int64_t width, std::vector<float> values)
{
    return Tensor::from({1, 1, height, width}, std::move(values));
}

/// Largest difference; infinite where the shapes differ or there is no number.
double distance(const Tensor& actual, const Tensor& printed)
{
    if (actual.shape() != printed.shape())
        return INFINITY;
    const std::vector<float> a = actual.to_floats();
    const std::vector<float> b = printed.to_floats();
    double largest = 0;
    for (size_t i = 0; i < a.size(); ++i)
    {
        const double difference = std::abs(double(a[i]) - double(b[i]));
        if (!std::isfinite(difference))
            return INFINITY;
        largest = std::max(largest, difference);
    }
    return largest;
}

/// Values of a graph by the reference.
std::vector<Tensor> evaluate(const Graph& graph, const std::vector<Tensor>& inputs)
{
    std::vector<Tensor> values(graph.values.size());
    for (size_t i = 0; i < values.size(); ++i)
        values[i] = graph.values[i].constant.value_or(Tensor());
    for (size_t i = 0; i < inputs.size(); ++i)
        values[graph.inputs[i]] = inputs[i];
    for (const Node& node : graph.nodes)
    {
        std::vector<const Tensor*> arguments;
        for (const ValueId id : node.inputs)
            arguments.push_back(&values[id]);
        const Result<reference::Tensors> results = reference::evaluate(node.op, arguments);
        REQUIRE_MESSAGE(results.is_ok(), results.status().message());
        for (size_t i = 0; i < node.outputs.size(); ++i)
            values[node.outputs[i]] = (*results)[i];
    }
    std::vector<Tensor> outputs;
    for (const ValueId id : graph.outputs)
        outputs.push_back(values[id]);
    return outputs;
}

void check_printed(const Graph& graph, const std::vector<Tensor>& inputs, const std::vector<Tensor>& printed,
                   double tolerance = 0)
{
    const std::vector<Tensor> by_reference = evaluate(graph, inputs);
    for (size_t i = 0; i < printed.size(); ++i)
        CHECK(distance(by_reference[i], printed[i]) <= tolerance);
    std::vector<NamedTensor> named;
    for (size_t i = 0; i < inputs.size(); ++i)
        named.push_back({graph.values[graph.inputs[i]].name, inputs[i]});
    for (const TestDevice& device : devices_of_turn(next_turn()))
    {
        CAPTURE(device.name);
        Result<Session> session = Session::create(device.device, graph);
        REQUIRE_MESSAGE(session.is_ok(), session.status().message());
        const Result<RunResult> result = session->run(named);
        REQUIRE_MESSAGE(result.is_ok(), result.status().message());
        for (size_t i = 0; i < printed.size(); ++i)
            CHECK(distance(result->outputs[i].tensor, printed[i]) <= tolerance);
        count_check(device.name);
    }
}

/// One operator; the inputs behind the first are its weights.
void check_printed(const Op& op, const Tensor& x, const std::vector<Tensor>& weights, const Tensor& printed,
                   double tolerance = 0)
{
    Graph graph;
    std::vector<ValueId> ids = {graph.add_input("x", x.type(), x.shape())};
    for (const Tensor& weight : weights)
        ids.push_back(graph.add_constant("weight", weight));
    graph.outputs = {graph.add_node("y", op, ids)};
    check_printed(graph, {x}, {printed}, tolerance);
}

/// Doubles height and width.
void check_resize(Resize op, const Tensor& x, const Tensor& printed, double tolerance = 0)
{
    op.scales = {1, 1, 2, 2};
    check_printed(op, x, {}, printed, tolerance);
}

const Tensor two_by_two = picture(2, 2, {1, 3, 2, 4});

// The letters of the one-dimensional examples: primes, so that no two sums are alike by chance.
constexpr float x = 2, y = 3, z = 5;
constexpr float a = 7, b = 11, c = 13, d = 17;

/// A signal as a network takes it: with one spatial axis, or with two of which the first has one row.
Tensor signal(size_t rank, std::vector<float> values)
{
    const int64_t length = int64_t(values.size());
    return Tensor::from(rank == 3 ? Shape{1, 1, length} : Shape{1, 1, 1, length}, std::move(values));
}

Window window_of(size_t rank, int64_t stride, int64_t padding)
{
    if (rank == 3)
        return {.strides = {stride}, .pads = {padding, padding}};
    return {.strides = {1, stride}, .pads = {0, padding, 0, padding}};
}

} // namespace

TEST_CASE("lecture: unpooling, nearest neighbor")
{
    check_resize({.mode = ResizeMode::nearest,
                  .coordinates = CoordinateTransformation::asymmetric,
                  .nearest_mode = NearestMode::floor},
                 two_by_two,
                 picture(4, 4,
                         {1, 1, 3, 3, //
                          1, 1, 3, 3, //
                          2, 2, 4, 4, //
                          2, 2, 4, 4}));
}

TEST_CASE("lecture: unpooling, bed of nails, which a transposed convolution by a corner does too")
{
    const Tensor printed = picture(4, 4,
                                   {1, 0, 3, 0, //
                                    0, 0, 0, 0, //
                                    2, 0, 4, 0, //
                                    0, 0, 0, 0});
    check_printed(BedOfNails{.strides = {2, 2}}, two_by_two, {}, printed);
    check_printed(ConvTranspose{.window = {.strides = {2, 2}}}, two_by_two, {picture(2, 2, {1, 0, 0, 0})}, printed);
}

TEST_CASE("lecture: upsampling, bilinear")
{
    check_resize({.mode = ResizeMode::linear}, two_by_two,
                 picture(4, 4,
                         {1.00f, 1.50f, 2.50f, 3.00f, //
                          1.25f, 1.75f, 2.75f, 3.25f, //
                          1.75f, 2.25f, 3.25f, 3.75f, //
                          2.00f, 2.50f, 3.50f, 4.00f}));
}

TEST_CASE("lecture: upsampling, bicubic, to the two decimals of the slide")
{
    check_resize({.mode = ResizeMode::cubic, .cubic_coeff_a = -0.75f}, two_by_two,
                 picture(4, 4,
                         {0.68f, 1.35f, 2.44f, 3.11f, //
                          1.02f, 1.68f, 2.77f, 3.44f, //
                          1.56f, 2.23f, 3.32f, 3.98f, //
                          1.89f, 2.56f, 3.65f, 4.32f}),
                 0.005);
}

TEST_CASE("lecture: max unpooling, to the positions that the pooling layer remembers")
{
    const Window window = {.kernel = {2, 2}, .strides = {2, 2}};
    Graph graph;
    const ValueId before = graph.add_input("before", DType::f32, {1, 1, 4, 4});
    const ValueId rest = graph.add_input("rest of the network", DType::f32, {1, 1, 2, 2});
    const ValueId pooled = graph.add_node("pool", Pool{.window = window}, {before}, 2);
    const ValueId unpooled = graph.add_node("unpool", MaxUnpool{.window = window}, {rest, pooled + 1});
    graph.outputs = {pooled, unpooled};
    check_printed(graph,
                  {picture(4, 4,
                           {1, 2, 6, 3, //
                            3, 5, 2, 1, //
                            1, 2, 2, 1, //
                            7, 3, 4, 8}),
                   picture(2, 2,
                           {1, 2, //
                            3, 4})},
                  {picture(2, 2,
                           {5, 6, //
                            7, 8}),
                   picture(4, 4,
                           {0, 0, 2, 0, //
                            0, 1, 0, 0, //
                            0, 0, 0, 0, //
                            3, 0, 0, 4})});
}

TEST_CASE("lecture: learnable upsampling, transpose convolution 3x3 of stride 2: outputs sum where they overlap")
{
    const ConvTranspose full = {.window = {.strides = {2, 2}}};
    check_printed(full, two_by_two, {picture(3, 3, std::vector<float>(9, 1))}, picture(5, 5, {1, 1, 4,  3, 3, //
                                                                                              1, 1, 4,  3, 3, //
                                                                                              3, 3, 10, 7, 7, //
                                                                                              2, 2, 6,  4, 4, //
                                                                                              2, 2, 6,  4, 4}));
    check_printed(full, two_by_two, {picture(3, 3, {1, 2, 3, 4, 5, 6, 7, 8, 9})}, picture(5, 5, {1,  2,  6,  6,  9,  //
                                                                                                 4,  5,  18, 15, 18, //
                                                                                                 9,  12, 40, 32, 39, //
                                                                                                 8,  10, 28, 20, 24, //
                                                                                                 14, 16, 46, 32, 36}));
}

TEST_CASE("lecture: learnable upsampling, transpose convolution 3x3 of stride 2 and pad 1 from 2x2 to 4x4")
{
    const Tensor filter = picture(3, 3, {1, 2, 3, 4, 5, 6, 7, 8, 9});
    const Tensor without_begin = picture(4, 4,
                                         {5, 18, 15, 18,  //
                                          12, 40, 32, 39, //
                                          10, 28, 20, 24, //
                                          16, 46, 32, 36});
    const Tensor without_end = picture(4, 4,
                                       {1, 2, 6, 6,    //
                                        4, 5, 18, 15,  //
                                        9, 12, 40, 32, //
                                        8, 10, 28, 20});
    const ConvTranspose padded = {.window = {.strides = {2, 2}, .pads = {1, 1, 1, 1}}, .output_padding = {1, 1}};
    const ConvTranspose cut_at_begin = {.window = {.strides = {2, 2}, .pads = {1, 1, 0, 0}}};
    const ConvTranspose cut_at_end = {.window = {.strides = {2, 2}, .pads = {0, 0, 1, 1}}};
    const ConvTranspose same = {.window = {.strides = {2, 2}, .auto_pad = AutoPad::same_upper}};
    check_printed(padded, two_by_two, {filter}, without_begin);
    check_printed(cut_at_begin, two_by_two, {filter}, without_begin);
    check_printed(cut_at_end, two_by_two, {filter}, without_end);
    check_printed(same, two_by_two, {filter}, without_end);
}

TEST_CASE("lecture: convolution as matrix multiplication (1D example), stride 1 and padding 1")
{
    const std::vector<float> product = {a * y + b * z, a * x + b * y + c * z, b * x + c * y + d * z, c * x + d * y};
    const Tensor matrix = Tensor::from({4, 6}, {x, y, z, 0, 0, 0, //
                                                0, x, y, z, 0, 0, //
                                                0, 0, x, y, z, 0, //
                                                0, 0, 0, x, y, z});
    check_printed(MatMul(), matrix, {Tensor::from({6, 1}, {0, a, b, c, d, 0})}, Tensor::from({4, 1}, product));
    for (const size_t rank : {3, 4})
        check_printed(Conv{.window = window_of(rank, 1, 1)}, signal(rank, {a, b, c, d}), {signal(rank, {x, y, z})},
                      signal(rank, product));
}

TEST_CASE("lecture: transpose convolution of stride 1 multiplies by the transposed matrix")
{
    const std::vector<float> product = {a * x,         a * y + b * x, a * z + b * y + c * x, b * z + c * y + d * x,
                                        c * z + d * y, d * z};
    const Tensor transposed = Tensor::from({6, 4}, {x, 0, 0, 0, //
                                                    y, x, 0, 0, //
                                                    z, y, x, 0, //
                                                    0, z, y, x, //
                                                    0, 0, z, y, //
                                                    0, 0, 0, z});
    check_printed(MatMul(), transposed, {Tensor::from({4, 1}, {a, b, c, d})}, Tensor::from({6, 1}, product));
    for (const size_t rank : {3, 4})
        check_printed(ConvTranspose{.window = window_of(rank, 1, 0)}, signal(rank, {a, b, c, d}),
                      {signal(rank, {x, y, z})}, signal(rank, product));
}

TEST_CASE("lecture: convolution as matrix multiplication (1D example), stride 2 and padding 1")
{
    const std::vector<float> product = {a * y + b * z, b * x + c * y + d * z};
    const Tensor matrix = Tensor::from({2, 6}, {x, y, z, 0, 0, 0, //
                                                0, 0, x, y, z, 0});
    check_printed(MatMul(), matrix, {Tensor::from({6, 1}, {0, a, b, c, d, 0})}, Tensor::from({2, 1}, product));
    for (const size_t rank : {3, 4})
        check_printed(Conv{.window = window_of(rank, 2, 1)}, signal(rank, {a, b, c, d}), {signal(rank, {x, y, z})},
                      signal(rank, product));
}

TEST_CASE("lecture: transpose convolution (1D example) of stride 2 holds copies of the filter, summed where they meet")
{
    const std::vector<float> copies = {a * x, a * y, a * z + b * x, b * y, b * z};
    std::vector<float> product = copies;
    product.push_back(0);
    const Tensor transposed = Tensor::from({6, 2}, {x, 0, //
                                                    y, 0, //
                                                    z, x, //
                                                    0, y, //
                                                    0, z, //
                                                    0, 0});
    check_printed(MatMul(), transposed, {Tensor::from({2, 1}, {a, b})}, Tensor::from({6, 1}, product));
    for (const size_t rank : {3, 4})
    {
        ConvTranspose op = {.window = window_of(rank, 2, 0)};
        check_printed(op, signal(rank, {a, b}), {signal(rank, {x, y, z})}, signal(rank, copies));
        op.output_padding = rank == 3 ? Integers{1} : Integers{0, 1};
        check_printed(op, signal(rank, {a, b}), {signal(rank, {x, y, z})}, signal(rank, product));
    }
}

} // namespace vkseg::test::lecture_upsampling_test
