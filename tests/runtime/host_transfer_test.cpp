#include "reference/evaluate.hpp"
#include "support/check_op.hpp"
#include "support/devices.hpp"
#include "vk/device.hpp"
#include "vkseg/session.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>

namespace vkseg::host_transfer_test {
namespace {

using test::random;

Tensor evaluate(const Op& op, const Tensor& x)
{
    const Tensor* const inputs[] = {&x};
    const Result<reference::Tensors> results = reference::evaluate(op, inputs);
    REQUIRE_MESSAGE(results.is_ok(), results.status().message());
    return results->front();
}

std::vector<Tensor> run(const Device& device, const Graph& graph, const std::vector<NamedTensor>& inputs,
                        const SessionOptions& options = {})
{
    Result<Session> session = Session::create(device, graph, options);
    REQUIRE_MESSAGE(session.is_ok(), session.status().message());
    const Result<RunResult> result = session->run(inputs);
    REQUIRE_MESSAGE(result.is_ok(), result.status().message());
    std::vector<Tensor> outputs;
    for (const NamedTensor& output : result->outputs)
        outputs.push_back(output.tensor);
    return outputs;
}

std::string refusal(const Device& device, const Graph& graph, const std::vector<NamedTensor>& inputs)
{
    Result<Session> session = Session::create(device, graph);
    REQUIRE_MESSAGE(session.is_ok(), session.status().message());
    return session->run(inputs).status().message();
}

void check_close(const Tensor& got, const Tensor& expected, double tolerance)
{
    REQUIRE(got.shape() == expected.shape());
    const std::vector<float> a = got.to_floats();
    const std::vector<float> b = expected.to_floats();
    for (size_t i = 0; i < a.size(); ++i)
        REQUIRE(std::abs(double(a[i]) - double(b[i])) <= tolerance);
}

/// Nodes that take x in blocked layout, in linear layout, and in either; and x itself.
struct ReadByAll
{
    Graph graph;
    std::vector<NamedTensor> inputs;
    std::vector<Tensor> expected;
};

ReadByAll read_by_all(const Tensor& x)
{
    const size_t axes = x.shape().rank() - 2;
    const Op pool = Pool{.window = {.kernel = Integers(axes, 3), .strides = {}, .pads = Integers(2 * axes, 1)}};
    const Op reduce = Reduce{.kind = ReduceKind::max, .axes = {0, 1}, .keep_dims = false};
    const Op negate = Unary{.kind = UnaryKind::neg};
    ReadByAll made;
    made.inputs = {{"x", x}};
    const ValueId id = made.graph.add_input("x", DType::f32, x.shape());
    made.graph.outputs = {id};
    made.expected = {x};
    for (const Op& op : {pool, reduce, negate, reduce, pool})
    {
        made.graph.outputs.push_back(made.graph.add_node(name(op), op, {id}));
        made.expected.push_back(evaluate(op, x));
    }
    return made;
}

TEST_CASE("host transfers: an input is read in every layout that its readers ask for")
{
    // Planes of a multiple of four values, which both layouts read from the same words, and others.
    for (const Shape& shape : {Shape{2, 5, 7}, Shape{1, 3, 4, 5}, Shape{2, 6, 3, 7}, Shape{1, 1, 1, 1},
                               Shape{3, 17, 5, 5}, Shape{2, 3, 2, 3, 5}})
    {
        const ReadByAll made = read_by_all(random(shape, 1, 2));
        for (const test::TestDevice& device : test::devices())
        {
            for (const Precision precision : {Precision::f32, Precision::f16})
            {
                INFO(device.name, ", ", to_string(shape), precision == Precision::f16 ? ", f16" : ", f32");
                const std::vector<Tensor> outputs =
                    run(device.device, made.graph, made.inputs, {.precision = precision});
                for (size_t i = 0; i < outputs.size(); ++i)
                    check_close(outputs[i], made.expected[i], precision == Precision::f16 ? 0x1p-9 : 0);
                test::count_check(device.name);
            }
        }
    }
}

TEST_CASE("host transfers: integers and booleans are read in every layout as well")
{
    for (const DType type : {DType::i64, DType::u8, DType::boolean})
    {
        Tensor x = test::random_integers({2, 5, 3, 7}, 0, 1);
        x = evaluate(Cast{.to = type}, x);
        Graph graph;
        const ValueId id = graph.add_input("x", type, x.shape());
        const Op transpose = Transpose{.permutation = {3, 1, 0, 2}};
        const ValueId floats = graph.add_node("floats", Cast{.to = DType::f32}, {id});
        const ValueId pool = graph.add_node("pool", Pool{.window = {.kernel = {2, 2}, .strides = {}}}, {floats});
        const ValueId index = graph.add_constant("index", test::ints({2, 0}));
        const ValueId gathered = graph.add_node("gathered", Gather{.axis = 3}, {id, index});
        graph.outputs = {graph.add_node("transposed", transpose, {id}), pool, gathered, id};
        for (const test::TestDevice& device : test::devices())
        {
            INFO(device.name, ", ", name(type));
            const std::vector<Tensor> outputs = run(device.device, graph, {{"x", x}});
            CHECK(outputs[0].to_integers() == evaluate(transpose, x).to_integers());
            CHECK(outputs[1].to_floats() ==
                  evaluate(Pool{.window = {.kernel = {2, 2}, .strides = {}}}, evaluate(Cast{.to = DType::f32}, x))
                      .to_floats());
            CHECK(outputs[2].to_integers()[2] == x.to_integers()[7 + 2]);
            CHECK(outputs[3].to_integers() == x.to_integers());
        }
    }
}

TEST_CASE("host transfers: an input larger than a binding in one layout is read in both")
{
    Result<std::shared_ptr<vk::Device>> vulkan = vk::Device::create(
        {.max_storage_buffer_range_bytes = 4096, .poison_memory = true, .use_pipeline_cache = false});
    REQUIRE_MESSAGE(vulkan.is_ok(), vulkan.status().message());
    const ReadByAll made = read_by_all(random({5, 1, 9, 13}, 1, 2)); // 9,360 bytes in blocks of channels, 2,340 without
    const std::vector<Tensor> outputs = run(Device(*vulkan), made.graph, made.inputs);
    for (size_t i = 0; i < outputs.size(); ++i)
        check_close(outputs[i], made.expected[i], 0);
}

TEST_CASE("host transfers: row-major tensors larger than a binding are moved in parts")
{
    const std::vector<test::TestDevice>& devices = test::devices_that_bind(4096);
    // A value; rows of whole elements, of others, and longer than a binding; values that just do and do not fit one.
    for (const Shape& shape : {Shape{1601}, Shape{37, 60}, Shape{41, 7, 13}, Shape{3, 3001}, Shape{1, 5003},
                               Shape{2, 1023}, Shape{1024}, Shape{1025}, Shape{4, 2, 1, 2, 3, 67}})
    {
        for (const DType type : {DType::f32, DType::f16, DType::i64, DType::i32, DType::i8, DType::u8, DType::boolean})
        {
            const int64_t highest = type == DType::boolean ? 1 : 120;
            const Tensor x = evaluate(Cast{.to = type}, test::random_integers(shape, 0, highest));
            const Op kind =
                type == DType::boolean ? Op(Unary{.kind = UnaryKind::logical_not}) : Op(Unary{.kind = UnaryKind::abs});
            Graph graph;
            const ValueId id = graph.add_input("x", type, shape);
            graph.outputs = {graph.add_node("computed", kind, {id}), id};
            const Tensor expected[] = {evaluate(kind, x), x};
            for (const test::TestDevice& device : devices)
            {
                for (const Precision precision : {Precision::f32, Precision::f16})
                {
                    INFO(device.name, ", ", to_string(shape), " ", name(type),
                         precision == Precision::f16 ? ", f16" : ", f32");
                    const std::vector<Tensor> outputs =
                        run(device.device, graph, {{"x", x}}, {.precision = precision, .prefer_linear_layout = true});
                    for (size_t i = 0; i < outputs.size(); ++i)
                    {
                        CHECK(outputs[i].shape() == shape);
                        CHECK(outputs[i].to_floats() == expected[i].to_floats());
                    }
                    test::count_check(device.name);
                }
            }
        }
    }
}

TEST_CASE("host transfers: values larger than a binding change their storage type between nodes")
{
    const Tensor x = random({41, 7, 13}, -1, 1);
    Graph graph;
    const ValueId id = graph.add_input("x", DType::f32, x.shape());
    const ValueId negative = graph.add_node("negative", Unary{.kind = UnaryKind::neg}, {id});
    graph.outputs = {negative, graph.add_node("exp", Unary{.kind = UnaryKind::exp}, {negative})};
    const Tensor expected = evaluate(Unary{.kind = UnaryKind::exp}, evaluate(Unary{.kind = UnaryKind::neg}, x));
    for (const test::TestDevice& device : test::devices_that_bind(4096))
    {
        INFO(device.name);
        const std::vector<Tensor> outputs =
            run(device.device, graph, {{"x", x}},
                {.precision = Precision::f16, .fuse = false, .prefer_linear_layout = true});
        check_close(outputs[1], expected, 4e-3);
        test::count_check(device.name);
    }
}

TEST_CASE("host transfers: a picture may be read as bytes by one node and as integers by another")
{
    const Tensor picture = test::random_picture({6, 7, 3});
    Graph graph;
    const ValueId x = graph.add_input("x", DType::u8, picture.shape());
    const ValueId tensor = graph.add_node("tensor", PictureToTensor{}, {x});
    const ValueId integers = graph.add_node("integers", Reduce{.kind = ReduceKind::max, .axes = {2}}, {x});
    const ValueId floats = graph.add_node("floats", Cast{.to = DType::f32}, {x});
    for (const bool is_picture_first : {true, false})
    {
        graph.outputs = {tensor, integers, floats, x};
        Graph ordered = graph;
        if (!is_picture_first)
            std::swap(ordered.nodes[0], ordered.nodes[2]);
        for (const test::TestDevice& device : test::devices())
        {
            INFO(device.name);
            const std::vector<Tensor> outputs = run(device.device, ordered, {{"x", picture}});
            check_close(outputs[0], evaluate(PictureToTensor{}, picture), 1e-3);
            CHECK(outputs[1].type() == DType::u8);
            CHECK(outputs[1].to_integers() ==
                  evaluate(Reduce{.kind = ReduceKind::max, .axes = {2}}, picture).to_integers());
            CHECK(outputs[2].to_floats() == picture.to_floats());
            CHECK(outputs[3].to_integers() == picture.to_integers());
        }
    }
}

TEST_CASE("host transfers: u8 that a node computes is no picture, and a mask no operand")
{
    Graph graph;
    const ValueId x = graph.add_input("x", DType::f32, {6, 7, 3});
    const ValueId bytes = graph.add_node("bytes", Cast{.to = DType::u8}, {x});
    graph.outputs = {graph.add_node("tensor", PictureToTensor{}, {bytes})};
    const std::string message = refusal(test::devices().front().device, graph, {{"x", random({6, 7, 3})}});
    CHECK(message.find("tensor 'bytes': PictureToTensor and TensorToMask read u8 from graph inputs") == 0);
}

TEST_CASE("host transfers: outputs have the type that the graph gives them, floats f32")
{
    for (const DType type : {DType::u8, DType::i8, DType::i32, DType::i64, DType::boolean, DType::f32, DType::f16})
    {
        Graph graph;
        const ValueId x = graph.add_input("x", DType::f32, {3});
        const ValueId constant = graph.add_constant("constant", Tensor::from({3}, {1, 0, 7}));
        const ValueId folded = graph.add_node("folded", Cast{.to = type}, {constant});
        const ValueId computed = graph.add_node("computed", Cast{.to = type}, {x});
        graph.outputs = {folded, computed, graph.add_node("shape", ShapeOf{}, {x})};
        const Tensor expected = evaluate(Cast{.to = type}, Tensor::from({3}, {1, 0, 7}));
        for (const test::TestDevice& device : test::devices())
        {
            INFO(device.name, ", ", name(type));
            const std::vector<Tensor> outputs = run(device.device, graph, {{"x", Tensor::from({3}, {1, 0, 7})}});
            for (size_t i = 0; i < 2; ++i)
            {
                CHECK(outputs[i].type() == (is_float(type) ? DType::f32 : type));
                CHECK(outputs[i].to_floats() == expected.to_floats());
            }
            CHECK(outputs[2].type() == DType::i64);
        }
    }
}

TEST_CASE("host transfers: inputs that are given back, or are never read, are checked as all are")
{
    Graph graph;
    const ValueId bytes = graph.add_input("bytes", DType::i8, {2});
    graph.add_input("unread", DType::f32, {2});
    graph.outputs = {bytes};
    const Device& device = test::devices().front().device;
    const auto message = [&](const Tensor& given, const Tensor& unread) {
        return refusal(device, graph, {{"bytes", given}, {"unread", unread}});
    };
    CHECK(message(test::ints({-128, 127}), random({2})) == "");
    CHECK(message(test::ints({-128, 128}), random({2})) == "input 'bytes': i8 holds -128 to 127, got 128");
    CHECK(message(random({2}), random({2})) == "input 'bytes': expected i8, got f32");
    CHECK(message(test::ints({1, 2}), test::ints({1, 2})) == "input 'unread': expected f32, got i64");
}

} // namespace
} // namespace vkseg::host_transfer_test
