#include "vkseg/session.hpp"

#include "reference/evaluate.hpp"
#include "support/check_op.hpp"
#include "support/devices.hpp"
#include "vk/device.hpp"
#include "vk/failing_driver.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <map>
#include <thread>

namespace vkseg::session_test {
namespace {

using test::random;

/// The values of all graph outputs by the reference, node after node.
std::vector<Tensor> expected_outputs(const Graph& graph, const std::vector<NamedTensor>& inputs)
{
    std::vector<std::optional<Tensor>> values(graph.values.size());
    for (size_t i = 0; i < values.size(); ++i)
        values[i] = graph.values[i].constant;
    for (const ValueId id : graph.inputs)
    {
        for (const NamedTensor& input : inputs)
        {
            if (input.name == graph.values[id].name)
                values[id] = input.tensor;
        }
    }
    for (const Node& node : graph.nodes)
    {
        std::vector<const Tensor*> arguments;
        for (const ValueId id : node.inputs)
            arguments.push_back(id == no_value ? nullptr : &*values[id]);
        const Result<reference::Tensors> results = reference::evaluate(node.op, arguments);
        REQUIRE_MESSAGE(results.is_ok(), node.name, ": ", results.status().message());
        for (size_t i = 0; i < node.outputs.size(); ++i)
        {
            if (node.outputs[i] != no_value)
                values[node.outputs[i]] = (*results)[i];
        }
    }
    std::vector<Tensor> outputs;
    for (const ValueId id : graph.outputs)
        outputs.push_back(*values[id]);
    return outputs;
}

bool are_same_bits(const Tensor& a, const Tensor& b)
{
    return a.shape() == b.shape() && a.bytes().size() == b.bytes().size() &&
           std::memcmp(a.bytes().data(), b.bytes().data(), a.bytes().size()) == 0;
}

RunResult run(Session& session, const std::vector<NamedTensor>& inputs)
{
    Result<RunResult> result = session.run(inputs);
    REQUIRE_MESSAGE(result.is_ok(), result.status().message());
    return *std::move(result);
}

void check_network(const Graph& graph, const std::vector<NamedTensor>& inputs)
{
    const std::vector<Tensor> expected = expected_outputs(graph, inputs);
    for (const test::TestDevice& device : test::devices())
    {
        for (const bool reuse : {true, false})
        {
            INFO(device.name, reuse ? "" : ", without reuse of memory");
            Result<Session> session = Session::create(device.device, graph, {.reuse_memory = reuse});
            REQUIRE(session.is_ok());
            const RunResult result = run(*session, inputs);
            for (size_t i = 0; i < expected.size(); ++i)
            {
                const std::vector<float> a = result.outputs[i].tensor.to_floats();
                const std::vector<float> b = expected[i].to_floats();
                CHECK(result.outputs[i].tensor.shape() == expected[i].shape());
                for (size_t k = 0; k < a.size(); ++k)
                    REQUIRE(a[k] == doctest::Approx(b[k]).epsilon(1e-6));
            }
            test::count_check(device.name);
        }
    }
}

ValueId relu(Graph& graph, const std::string& name, ValueId x)
{
    return graph.add_node(name, Unary{.kind = UnaryKind::relu}, {x});
}

ValueId add(Graph& graph, const std::string& name, ValueId a, ValueId b)
{
    return graph.add_node(name, Binary{.kind = BinaryKind::add}, {a, b});
}

TEST_CASE("session: products in halves where they are wanted, and refused where there is no arithmetic of halves")
{
    Graph graph;
    const ValueId x = graph.add_input("x", DType::f32, {1, 48, 9, 11});
    const ValueId weights = graph.add_constant("weights", random({32, 48, 1, 1}, -0.2f, 0.2f, 2));
    graph.outputs = {graph.add_node("conv", Conv{}, {x, weights})};
    const std::vector<NamedTensor> inputs = {{"x", random({1, 48, 9, 11})}};
    for (const test::TestDevice& device : test::devices())
    {
        INFO(device.name);
        const auto run = [&](HalfProducts products, Precision precision) -> Result<Tensor>
        {
            Result<Session> session =
                Session::create(device.device, graph, {.precision = precision, .half_products = products});
            if (!session.is_ok())
                return session.status();
            Result<RunResult> result = session->run(inputs);
            if (!result.is_ok())
                return result.status();
            return result->outputs[0].tensor;
        };
        const Result<Tensor> exact = run(HalfProducts::never, Precision::f16);
        REQUIRE_MESSAGE(exact.is_ok(), exact.status().message());
        const Result<Tensor> halves = run(HalfProducts::always, Precision::f16);
        const Limits& limits = device.device.vulkan()->limits();
        if (limits.has_arithmetic_f16)
        {
            REQUIRE_MESSAGE(halves.is_ok(), halves.status().message());
            if (limits.preferences.shared_memory != SharedMemory::fast) // whose kernels multiply in f32
                CHECK_FALSE(are_same_bits(*exact, *halves));
        }
        else
            CHECK(halves.status().message().find("expected a device with f16 arithmetic") != std::string::npos);
        const Result<Tensor> full = run(HalfProducts::never, Precision::f32);
        const Result<Tensor> same = run(HalfProducts::always, Precision::f32);
        REQUIRE_MESSAGE(full.is_ok(), full.status().message());
        REQUIRE_MESSAGE(same.is_ok(), same.status().message());
        CHECK(are_same_bits(*full, *same));
    }
}

TEST_CASE("session: parts of a concatenation are computed in place, nested ones too")
{
    // As in a dense block: every concatenation is part of the next; 5 channels do not line up with blocks of 4.
    for (const int64_t batch : {1, 2})
    {
        Graph graph;
        const ValueId x = graph.add_input("x", DType::f32, {batch, 4, 3, 5});
        const ValueId y = graph.add_input("y", DType::f32, {batch, 5, 3, 5});
        const ValueId a = relu(graph, "a", x);
        const ValueId first = graph.add_node("first", Concat{.axis = 1}, {a, x});
        const ValueId b = relu(graph, "b", first);
        const ValueId second = graph.add_node("second", Concat{.axis = -3}, {first, b, y});
        const ValueId third = graph.add_node("third", Concat{.axis = 1}, {y, second, second});
        graph.outputs = {third, add(graph, "sum", second, second), a};
        check_network(graph, {{"x", random({batch, 4, 3, 5})}, {"y", random({batch, 5, 3, 5}, -1, 1, 2)}});
    }
}

TEST_CASE("session: slices of channels are views where blocks line up, and copies elsewhere")
{
    Graph graph;
    const ValueId x = graph.add_input("x", DType::f32, {2, 13, 2, 3});
    for (const auto& [begin, end] :
         std::vector<std::pair<int64_t, int64_t>>{{0, 4}, {4, 13}, {8, 11}, {3, 9}, {-5, 13}})
    {
        const std::string name = "slice " + std::to_string(begin);
        const ValueId part =
            graph.add_node(name, Slice{.starts = {begin}, .ends = {end}, .axes = {1}, .steps = {}}, {x});
        graph.outputs.push_back(relu(graph, "relu of " + name, part));
    }
    const ValueId parts = graph.add_node("split", Split{.axis = 1, .split = {8, 4, 1}, .parts = 3}, {x}, 3);
    graph.outputs.insert(graph.outputs.end(), {relu(graph, "p0", parts), relu(graph, "p1", parts + 1), parts + 2});
    check_network(graph, {{"x", random({2, 13, 2, 3})}});
}

TEST_CASE("session: a reshape of a part keeps the pitches of the whole")
{
    Graph graph;
    const ValueId x = graph.add_input("x", DType::f32, {2, 8, 3, 4});
    const ValueId part = graph.add_node("part", Slice{.starts = {4}, .ends = {8}, .axes = {1}, .steps = {}}, {x});
    const ValueId flat = graph.add_node("flat", Reshape{.shape = {2, 4, 12}}, {part});
    graph.outputs = {relu(graph, "relu", flat)};
    check_network(graph, {{"x", random({2, 8, 3, 4})}});
}

TEST_CASE("session: elementwise operators broadcast inputs of lower rank")
{
    Graph graph;
    const ValueId x = graph.add_input("x", DType::f32, {1, 5, 2, 3});
    const ValueId row = graph.add_input("row", DType::f32, {3});
    const ValueId channels = graph.add_constant("channels", random({5, 1, 1}));
    const ValueId scalar = graph.add_constant("scalar", Tensor::from({}, {2.5f}));
    graph.outputs = {add(graph, "a", add(graph, "b", x, row), add(graph, "c", channels, scalar))};
    check_network(graph, {{"x", random({1, 5, 2, 3})}, {"row", random({3})}});
}

TEST_CASE("session: outputs may be inputs, constants, or the same value twice")
{
    Graph graph;
    const ValueId x = graph.add_input("x", DType::f32, {1, 3, 2, 2});
    const ValueId constant = graph.add_constant("constant", Tensor::from({2}, {1, 2}));
    const ValueId sum = add(graph, "sum", constant, constant);
    const ValueId y = relu(graph, "y", x);
    graph.outputs = {x, constant, sum, y, y};
    check_network(graph, {{"x", random({1, 3, 2, 2})}});
}

Graph chain()
{
    Graph graph;
    graph.name = "chain";
    ValueId x = graph.add_input("x", DType::f32, {1, 6, -1, -1});
    for (int i = 0; i < 6; ++i)
    {
        const ValueId y = graph.add_node("tanh" + std::to_string(i), Unary{.kind = UnaryKind::tanh}, {x});
        x = add(graph, "add" + std::to_string(i), x, y);
    }
    graph.outputs = {x};
    return graph;
}

TEST_CASE("session: the same input gives the same bits, whatever shapes came between")
{
    const std::vector<NamedTensor> small = {{"x", random({1, 6, 3, 5})}};
    const std::vector<NamedTensor> large = {{"x", random({1, 6, 17, 9})}};
    for (const test::TestDevice& device : test::devices())
    {
        INFO(device.name);
        Result<Session> session = Session::create(device.device, chain(), {.kept_plans = 1});
        REQUIRE(session.is_ok());
        const Tensor first = run(*session, small).outputs[0].tensor;
        const Tensor other = run(*session, large).outputs[0].tensor;
        for (int i = 0; i < 20; ++i)
        {
            CHECK(are_same_bits(first, run(*session, small).outputs[0].tensor));
            CHECK(are_same_bits(other, run(*session, large).outputs[0].tensor));
        }
        const std::vector<Tensor> expected = expected_outputs(chain(), small);
        CHECK(first.floats()[7] == doctest::Approx(expected[0].floats()[7]).epsilon(1e-6));
    }
}

/// A graph of one operator that reads "x".
Graph graph_of(Op op, std::vector<Tensor> parameters)
{
    Graph graph;
    std::vector<ValueId> inputs = {graph.add_input("x", DType::f32, {-1, -1, -1, -1})};
    for (Tensor& parameter : parameters)
    {
        const std::string name = "parameter" + std::to_string(inputs.size());
        inputs.push_back(graph.add_constant(name, std::move(parameter)));
    }
    graph.outputs = {graph.add_node("y", std::move(op), inputs)};
    return graph;
}

TEST_CASE("session: weights whose packing depends on the input's shape are packed for each shape")
{
    const Tensor two = Tensor::from(Shape{1}, {2.f});
    const Tensor one = Tensor::from(Shape{1}, {1.f});
    const std::pair<const char*, Graph> cases[] = {
        {"norm along rows", graph_of(LayerNormalization{.kind = NormalizationKind::l2, .axes = {2}}, {})},
        {"scaled norm along columns", graph_of(LayerNormalization{.axes = {3}}, {two, one})},
        {"norm along channels", graph_of(LayerNormalization{.kind = NormalizationKind::rms, .axes = {1}}, {two})},
        {"norm over all", graph_of(LayerNormalization{.axes = {1}, .to_last = true}, {two})},
        {"resize", graph_of(Resize{.mode = ResizeMode::linear, .scales = {1, 1, 2.5f, 1.5f}}, {})},
        {"conv", graph_of(Conv{}, {random({5, 6, 2, 2}), random({5})})},
    };
    const Shape shapes[] = {{1, 6, 3, 5}, {1, 6, 17, 9}, {2, 6, 2, 13}, {1, 6, 3, 5}};
    for (const test::TestDevice& device : test::devices())
    {
        for (const auto& [name, graph] : cases)
        {
            const std::string what = device.name + ", " + name;
            INFO(what);
            Result<Session> session = Session::create(device.device, graph, {.kept_plans = 1});
            REQUIRE(session.is_ok());
            for (const Shape& shape : shapes)
            {
                const std::vector<NamedTensor> inputs = {{"x", random(shape)}};
                const Tensor expected = expected_outputs(graph, inputs)[0];
                const Tensor found = run(*session, inputs).outputs[0].tensor;
                REQUIRE(found.shape() == expected.shape());
                float error = 0;
                for (size_t i = 0; i < expected.floats().size(); ++i)
                    error = std::max(error, std::fabs(found.floats()[i] - expected.floats()[i]));
                CHECK(error < 2e-5f);
            }
        }
    }
}

TEST_CASE("session: a layer normalization without scale has its bias in each shape")
{
    Graph graph;
    const ValueId x = graph.add_input("x", DType::f32, {-1, -1, -1, -1});
    const ValueId bias = graph.add_constant("bias", Tensor::from({1}, {0.5f}));
    graph.outputs = {graph.add_node("y", LayerNormalization{.axes = {-1}}, {x, no_value, bias})};
    for (const test::TestDevice& device : test::devices())
    {
        INFO(device.name);
        Result<Session> session = Session::create(device.device, graph, {.kept_plans = 1});
        REQUIRE(session.is_ok());
        for (const Shape& shape : {Shape{1, 2, 3, 4}, Shape{1, 2, 3, 9}})
        {
            const std::vector<NamedTensor> inputs = {{"x", random(shape)}};
            const Tensor found = run(*session, inputs).outputs[0].tensor;
            const Tensor expected = expected_outputs(graph, inputs)[0];
            for (size_t i = 0; i < expected.floats().size(); ++i)
                CHECK(found.floats()[i] == doctest::Approx(expected.floats()[i]).epsilon(1e-4));
        }
    }
}

TEST_CASE("session: constants whose shape follows the input are laid out for each shape")
{
    std::vector<float> numbers(24);
    for (size_t i = 0; i < numbers.size(); ++i)
        numbers[i] = float(i);
    Graph graph;
    const ValueId x = graph.add_input("x", DType::f32, {-1, -1, -1, -1});
    const ValueId shape = graph.add_node("shape", ShapeOf{}, {x});
    const ValueId constant = graph.add_constant("numbers", Tensor::from({24}, numbers));
    const ValueId reshaped = graph.add_node("reshaped", Reshape{}, {constant, shape});
    const ValueId blocked = graph.add_node("blocked", Lrn{}, {x}); // its kernel takes blocks of channels alone
    graph.outputs = {add(graph, "sum", blocked, reshaped)};
    for (const test::TestDevice& device : test::devices())
    {
        INFO(device.name);
        Result<Session> session = Session::create(device.device, graph, {.kept_plans = 1});
        REQUIRE(session.is_ok());
        for (const Shape& extents : {Shape{2, 3, 2, 2}, Shape{1, 3, 4, 2}, Shape{1, 4, 3, 2}, Shape{24, 1, 1, 1}})
        {
            const std::vector<NamedTensor> inputs = {{"x", random(extents)}};
            const Tensor found = run(*session, inputs).outputs[0].tensor;
            const Tensor expected = expected_outputs(graph, inputs)[0];
            for (size_t i = 0; i < numbers.size(); ++i)
                CHECK(found.floats()[i] == doctest::Approx(expected.floats()[i]).epsilon(1e-5));
        }
    }
}

TEST_CASE("session: weights that do not depend on the shapes are packed once")
{
    const Tensor scale = random({600});
    for (const auto& graph : {graph_of(LayerNormalization{.axes = {1}}, {scale.reshaped({600, 1, 1})}),
                              graph_of(InstanceNormalization{}, {scale, scale})})
    {
        Result<Session> session = Session::create(test::devices().front().device, graph, {.kept_plans = 1});
        REQUIRE(session.is_ok());
        size_t bytes = 0;
        for (int64_t width = 2; width < 8; ++width)
        {
            run(*session, {{"x", random({1, 600, 3, width})}});
            bytes = bytes == 0 ? session->memory_use().weights_bytes : bytes;
            CHECK(session->memory_use().weights_bytes == bytes);
        }
    }
}

TEST_CASE("session: a plan that is kept is not made again")
{
    for (const test::TestDevice& device : test::devices())
    {
        Result<Session> session = Session::create(device.device, chain(), {.kept_plans = 2});
        REQUIRE(session.is_ok());
        const NamedShape shape = {"x", {1, 6, 4, 4}};
        REQUIRE(session->prepare({&shape, 1}).is_ok());
        const size_t bytes = session->memory_use().activations_bytes;
        run(*session, {{"x", random({1, 6, 4, 4})}});
        CHECK(session->memory_use().activations_bytes == bytes);
    }
}

TEST_CASE("session: constants go when the only plan there can be is made, and wrong shapes do no harm")
{
    for (const bool is_fixed : {true, false})
    {
        CAPTURE(is_fixed);
        Graph graph;
        const ValueId x = graph.add_input("x", DType::f32, {1, 4, is_fixed ? 5 : -1, 6});
        const ValueId weights = graph.add_constant("weights", random({4, 4, 3, 3}));
        const ValueId y = graph.add_node("conv", Conv{.window = {.pads = {1, 1, 1, 1}}}, {x, weights});
        graph.outputs = {add(graph, "sum", y, graph.add_constant("offset", random({1, 4, 1, 1}))), weights};
        const std::vector<NamedTensor> inputs = {{"x", random({1, 4, 5, 6})}};
        const std::vector<Tensor> expected = expected_outputs(graph, inputs);
        for (const test::TestDevice& device : test::devices())
        {
            INFO(device.name);
            Result<Session> session = Session::create(device.device, graph, {.kept_plans = 1});
            REQUIRE(session.is_ok());
            const Tensor first = run(*session, inputs).outputs[0].tensor;
            CHECK(session->graph().values[weights].constant.has_value() == !is_fixed);
            const Result<RunResult> wrong = session->run(std::vector<NamedTensor>{{"x", random({1, 4, 5, 7})}});
            CHECK_FALSE(wrong.is_ok());
            CHECK(wrong.status().message().find("expected shape 1x4x") != std::string::npos);
            const RunResult again = run(*session, inputs);
            CHECK(are_same_bits(first, again.outputs[0].tensor));
            CHECK(are_same_bits(again.outputs[1].tensor, expected[1]));
        }
    }
}

TEST_CASE("session: a plan that failed, wherever it did, can be made again")
{
    Graph graph;
    const ValueId x = graph.add_input("x", DType::f32, {1, 4, 5, 6});
    const ValueId conv = graph.add_node("conv", Conv{.window = {.pads = {1, 1, 1, 1}}},
                                        {x, graph.add_constant("w", random({4, 4, 3, 3}))});
    graph.outputs = {add(graph, "sum", conv, graph.add_constant("offset", random({1, 4, 1, 1})))};
    const std::vector<NamedTensor> inputs = {{"x", random({1, 4, 5, 6})}};
    const Tensor expected = expected_outputs(graph, inputs)[0];

    Result<std::shared_ptr<vk::Device>> vulkan =
        vk::Device::create({.loader = vk::failing_driver::install(), .use_pipeline_cache = false});
    REQUIRE_MESSAGE(vulkan.is_ok(), vulkan.status().message());
    const Device device(*vulkan);
    size_t failures = 0;
    for (size_t call = 0;; ++call)
    {
        Result<Session> session = Session::create(device, graph);
        REQUIRE(session.is_ok());
        vk::failing_driver::fail_after(call, VK_ERROR_OUT_OF_DEVICE_MEMORY);
        const Status status = session->prepare();
        const std::string failed = vk::failing_driver::failed_function();
        if (failed.empty())
            break; // there are no more calls than these
        CAPTURE(failed);
        ++failures;
        if (status.is_ok())
            CHECK(failed == "vkAllocateMemory"); // memory of another kind served as well
        else
            CHECK(status.code() == StatusCode::out_of_memory);
        const std::vector<float> values = run(*session, inputs).outputs[0].tensor.to_floats();
        for (size_t i = 0; i < values.size(); ++i)
            REQUIRE(values[i] == doctest::Approx(expected.to_floats()[i]).epsilon(1e-5));
    }
    CHECK(failures > 10);
    vk::failing_driver::install(); // fails no more
}

TEST_CASE("session: inputs and outputs larger than a binding are moved block by block")
{
    Result<std::shared_ptr<vk::Device>> vulkan = vk::Device::create(
        {.max_storage_buffer_range_bytes = 4096, .poison_memory = true, .use_pipeline_cache = false});
    REQUIRE_MESSAGE(vulkan.is_ok(), vulkan.status().message());
    const Device device(*vulkan);
    for (const Shape& shape : {Shape{1, 18, 11, 13}, Shape{3, 7, 9, 11}, Shape{2, 5, 3, 5, 7}})
    {
        Graph graph;
        const ValueId x = graph.add_input("x", DType::f32, shape);
        const size_t axes = shape.rank() - 2;
        const Window window = {
            .kernel = Integers(axes, 3), .strides = Integers(axes, 1), .pads = Integers(2 * axes, 1)};
        graph.outputs = {graph.add_node("pool", Pool{.window = window}, {x})};
        const std::vector<NamedTensor> inputs = {{"x", random(shape)}};
        const Tensor expected = expected_outputs(graph, inputs)[0];
        Result<Session> session = Session::create(device, graph);
        REQUIRE_MESSAGE(session.is_ok(), session.status().message());
        CHECK(are_same_bits(run(*session, inputs).outputs[0].tensor, expected));
    }
}

TEST_CASE("session: threads may share a session, and sessions a device")
{
    for (const test::TestDevice& device : test::devices())
    {
        INFO(device.name);
        Result<Session> shared = Session::create(device.device, chain());
        REQUIRE(shared.is_ok());
        const std::vector<NamedTensor> inputs = {{"x", random({1, 6, 8, 8})}};
        const Tensor expected = run(*shared, inputs).outputs[0].tensor;
        std::array<bool, 4> is_right = {};
        std::vector<std::thread> threads;
        for (size_t i = 0; i < is_right.size(); ++i)
        {
            threads.emplace_back(
                [&, i]
                {
                    Result<Session> own = Session::create(device.device, chain());
                    is_right[i] = own.is_ok();
                    for (int k = 0; k < 10 && is_right[i]; ++k)
                    {
                        Session& session = k % 2 == 0 ? *shared : *own;
                        const Result<RunResult> result = session.run(inputs);
                        is_right[i] = result.is_ok() && are_same_bits(result->outputs[0].tensor, expected);
                    }
                });
        }
        for (std::thread& thread : threads)
            thread.join();
        CHECK(is_right == std::array<bool, 4>{true, true, true, true});
    }
}

TEST_CASE("session: memory is given back when sessions end")
{
    for (const test::TestDevice& device : test::devices())
    {
        const MemoryUse before = device.device.memory_use();
        for (int i = 0; i < 5; ++i)
        {
            Result<Session> session = Session::create(device.device, chain());
            REQUIRE(session.is_ok());
            run(*session, {{"x", random({1, 6, 4, 4})}});
            CHECK(session->memory_use().activations_bytes > 0);
        }
        const MemoryUse after = device.device.memory_use();
        CHECK(after.activations_bytes == before.activations_bytes);
        CHECK(after.weights_bytes == before.weights_bytes);
        CHECK(after.staging_bytes == before.staging_bytes);
    }
}

TEST_CASE("session: f16 stores what no half holds as the largest one, and NaN as NaN")
{
    constexpr float infinity = std::numeric_limits<float>::infinity();
    const std::vector<float> given = {65504,  65519,  65520,  1e5f,      3e38f, infinity,
                                      -65504, -65520, -1e30f, -infinity, 0,     1};
    const std::vector<float> halves = {65504, 65504, 65504, 65504, 65504, 65504, -65504, -65504, -65504, -65504, 0, 1};
    Graph graph;
    const ValueId x = graph.add_input("x", DType::f32, {1, 13});
    graph.outputs = {graph.add_node("negated", Unary{.kind = UnaryKind::neg}, {x})};
    std::vector<float> values = given;
    values.push_back(std::numeric_limits<float>::quiet_NaN());
    for (const test::TestDevice& device : test::devices())
    {
        INFO(device.name);
        Result<Session> session = Session::create(device.device, graph, {.precision = Precision::f16});
        REQUIRE(session.is_ok());
        const std::vector<float> stored =
            run(*session, {{"x", Tensor::from({1, 13}, values)}}).outputs[0].tensor.to_floats();
        for (size_t i = 0; i < halves.size(); ++i)
            CHECK(stored[i] == -halves[i]);
        CHECK(std::isnan(stored.back()));
    }
}

TEST_CASE("session: times come per node when asked for")
{
    const test::TestDevice& device = test::devices().front();
    if (!device.device.description().has_timestamps)
        return;
    Result<Session> session = Session::create(device.device, chain(), {.timing = Timing::nodes, .fuse = false});
    REQUIRE(session.is_ok());
    const RunResult result = run(*session, {{"x", random({1, 6, 16, 16})}});
    REQUIRE(result.nodes.size() == 14); // 12 nodes, one input, one output
    CHECK(result.nodes[0].op == "input");
    CHECK(result.nodes[1].op == "Tanh");
    CHECK(result.nodes[13].op == "output");
    CHECK(result.device_ms > 0);
}

TEST_CASE("session: nodes tell what they compute and move")
{
    const test::TestDevice& device = test::devices().front();
    if (!device.device.description().has_timestamps)
        return;
    Graph graph;
    const ValueId x = graph.add_input("x", DType::f32, {1, 5, 4, 4});
    const ValueId y = graph.add_node("conv", Conv{}, {x, graph.add_constant("w", random({6, 5, 1, 1}))});
    graph.outputs = {add(graph, "twice", y, y)};
    for (const Precision precision : {Precision::f32, Precision::f16})
    {
        Result<Session> session =
            Session::create(device.device, graph, {.precision = precision, .timing = Timing::nodes, .fuse = false});
        REQUIRE(session.is_ok());
        const std::vector<NodeTime> nodes = run(*session, {{"x", random({1, 5, 4, 4})}}).nodes;
        REQUIRE(nodes.size() == 4);
        const size_t real = precision == Precision::f16 ? 2 : 4;
        CHECK(nodes[0].moved_bytes == 5 * 16 * 4 + 8 * 16 * real);
        CHECK(nodes[1].multiply_adds == 5 * 6 * 16);
        CHECK(nodes[1].moved_bytes == (8 + 8) * 16 * real + 5 * 6 * real); // channels are stored in fours
        CHECK(nodes[2].multiply_adds == 0);
        CHECK(nodes[2].moved_bytes == (8 + 8) * 16 * real); // its input counts once
        CHECK(nodes[3].moved_bytes == 8 * 16 * real + 6 * 16 * 4);
    }
}

TEST_CASE("session: inputs that do not fit are refused by name")
{
    const test::TestDevice& device = test::devices().front();
    Result<Session> session = Session::create(device.device, chain());
    REQUIRE(session.is_ok());
    const auto message = [&](const std::vector<NamedTensor>& inputs)
    { return session->run(inputs).status().message(); };
    CHECK(message({}) == "input 'x': expected once, got it 0 times");
    CHECK(message({{"x", random({1, 6, 4, 4})}, {"y", random({1})}}) == "the network has no input 'y'");
    CHECK(message({{"x", random({1, 5, 4, 4})}}) == "input 'x': expected shape 1x6x?x?, got 1x5x4x4");
    CHECK(message({{"x", random({6, 4, 4})}}) == "input 'x': expected shape 1x6x?x?, got 6x4x4");
    CHECK(message({{"x", test::random_integers({1, 6, 4, 4}, 0, 9)}}) == "input 'x': expected f32, got i64");
    CHECK(session->prepare().message() == "input 'x' has the open shape 1x6x?x?: give it a shape");
    const NamedShape huge = {"x", {1, 6, 1 << 30, 1 << 30}};
    CHECK(session->prepare({&huge, 1}).message().find("more than 2147483647 values") != std::string::npos);
}

TEST_CASE("session: planning names the node that is wrong")
{
    Graph graph;
    const ValueId x = graph.add_input("x", DType::f32, {1, 3, 4, 4});
    const ValueId y = graph.add_input("y", DType::f32, {1, 5, 4, 4});
    graph.outputs = {add(graph, "the sum", x, y)};
    Result<Session> session = Session::create(test::devices().front().device, graph);
    REQUIRE(session.is_ok());
    const Status status = session->prepare();
    CHECK(status.code() == StatusCode::invalid_model);
    CHECK(status.message().find("node 'the sum' (Add): ") == 0);
}

TEST_CASE("session: a tensor larger than a binding is refused with its size and what helps")
{
    Result<Device> device = Device::create({.max_binding_bytes = 4096, .use_pipeline_cache = false});
    if (!device.is_ok())
        return;
    Graph graph;
    const ValueId x = graph.add_input("x", DType::f32, {1, 4, 64, 64});
    graph.outputs = {graph.add_node("t", Transpose{.permutation = {0, 1, 3, 2}}, {x})};
    Result<Session> session = Session::create(*device, graph);
    REQUIRE(session.is_ok());
    const Status status = session->prepare();
    CHECK(status.code() == StatusCode::out_of_memory);
    CHECK(status.message().find("65536") != std::string::npos);
    CHECK(status.message().find("4096") != std::string::npos);
}

TEST_CASE("session: shape arithmetic is folded, so that only the data is left for the device")
{
    // y = reshape(x, concat(shape(x)[0:1], [-1])), as exporters write a flatten.
    Graph graph;
    const ValueId x = graph.add_input("x", DType::f32, {2, 3, -1, 5});
    const ValueId shape = graph.add_node("shape", ShapeOf{}, {x});
    const ValueId batch = graph.add_node("batch", Slice{.starts = {0}, .ends = {1}, .axes = {0}, .steps = {}}, {shape});
    const ValueId rest = graph.add_constant("rest", test::ints({-1}));
    const ValueId target = graph.add_node("target", Concat{.axis = 0}, {batch, rest});
    graph.outputs = {graph.add_node("y", Reshape{}, {x, target})};
    check_network(graph, {{"x", random({2, 3, 4, 5})}});
    const NamedShape known = {"x", {2, 3, 4, 5}};
    const Result<Graph> specialized = specialize(graph, {&known, 1});
    REQUIRE(specialized.is_ok());
    CHECK(specialized->nodes.size() == 1);
}

} // namespace
} // namespace vkseg::session_test
