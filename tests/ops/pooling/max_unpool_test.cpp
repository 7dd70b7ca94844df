#include "ops/operators.hpp"
#include "reference/evaluate.hpp"
#include "support/check_fusion.hpp"
#include "support/check_op.hpp"
#include "support/devices.hpp"
#include "support/plan_of.hpp"

#include <doctest/doctest.h>

namespace vkseg::test::max_unpool_test {
namespace {

/// What a pool makes of random values: inputs for its inverse.
std::vector<Tensor> pooled(const Window& window, Shape shape, bool ceil_mode = false)
{
    const Tensor x = random(shape);
    const Tensor* const inputs[] = {&x};
    const auto results = reference::evaluate(Pool{.window = window, .ceil_mode = ceil_mode}, inputs);
    REQUIRE(results.is_ok());
    return *results;
}

/// The last node's result, of a graph with one input.
Tensor by_reference(const Graph& graph, const Tensor& x)
{
    std::vector<Tensor> values(graph.values.size());
    for (size_t id = 0; id < values.size(); ++id)
        values[id] = graph.values[id].constant.value_or(x);
    for (const Node& node : graph.nodes)
    {
        std::vector<const Tensor*> inputs;
        for (const ValueId id : node.inputs)
            inputs.push_back(&values[id]);
        const auto results = reference::evaluate(node.op, inputs);
        REQUIRE_MESSAGE(results.is_ok(), results.status().message());
        for (size_t i = 0; i < node.outputs.size(); ++i)
            values[node.outputs[i]] = (*results)[i];
    }
    return values[graph.nodes.back().outputs[0]];
}

} // namespace

TEST_CASE("max_unpool: puts every value back where the pool found it")
{
    const Window window = {.kernel = {2, 2}, .strides = {2, 2}};
    for (const Shape& shape : {Shape{1, 1, 2, 2}, Shape{1, 5, 8, 10}, Shape{2, 21, 46, 30}})
        check_op(MaxUnpool{.window = window}, pooled(window, shape), {.is_exact = true});
    const Window cube = {.kernel = {2, 2, 2}, .strides = {2, 2, 2}};
    for (const Shape& shape : {Shape{1, 1, 2, 2, 2}, Shape{2, 5, 4, 6, 10}, Shape{1, 17, 8, 2, 4}})
        check_op(MaxUnpool{.window = cube}, pooled(cube, shape), {.is_exact = true});
}

TEST_CASE("max_unpool: an output shape says what the window leaves open")
{
    struct Case
    {
        Window window;
        Shape shape;
        bool ceil_mode = false;
    };
    for (const Case& c : {Case{{.kernel = {2, 2}, .strides = {2, 2}}, {1, 5, 7, 9}},
                          Case{{.kernel = {2, 2}, .strides = {2, 2}}, {1, 3, 7, 9}, true},
                          Case{{.kernel = {3, 3}, .strides = {2, 2}, .pads = {1, 1, 1, 1}}, {2, 4, 9, 8}},
                          Case{{.kernel = {3, 2}, .strides = {3, 4}, .pads = {0, 1, 2, 0}}, {1, 6, 13, 12}},
                          Case{{.kernel = {2}, .strides = {2}}, {2, 3, 11}},
                          Case{{.kernel = {2, 2, 2}, .strides = {2, 2, 2}}, {1, 3, 5, 4, 7}}})
    {
        std::vector<Tensor> inputs = pooled(c.window, c.shape, c.ceil_mode);
        inputs.push_back(ints({c.shape.begin(), c.shape.end()}));
        check_op(MaxUnpool{.window = c.window}, inputs, {.is_exact = true});
        // Exporters may leave the pads out where the output shape is given.
        Window unpadded = c.window;
        unpadded.pads.clear();
        check_op(MaxUnpool{.window = unpadded}, inputs, {.is_exact = true});
    }
}

TEST_CASE("max_unpool: indices alone say where values go")
{
    const Window window = {.kernel = {2, 2}, .strides = {2, 2}};
    // Anywhere in the tensor, several of them in one place or outside.
    for (const Shape& shape : {Shape{1, 1, 2, 2}, Shape{2, 5, 3, 4}, Shape{3, 4, 1, 7}, Shape{1, 17, 6, 5}})
    {
        const int64_t values = shape.elements() * 4;
        check_op(MaxUnpool{.window = window}, {random(shape), random_integers(shape, 0, values - 1, 5)},
                 {.is_exact = true});
        check_op(MaxUnpool{.window = window}, {random(shape), random_integers(shape, values - 3, values - 1)},
                 {.is_exact = true});
    }
    const Window cube = {.kernel = {2, 2, 2}, .strides = {2, 2, 2}};
    check_op(MaxUnpool{.window = cube}, {random({2, 6, 2, 3, 2}), random_integers({2, 6, 2, 3, 2}, 0, 1151)},
             {.is_exact = true});
    const Window line = {.kernel = {3}, .strides = {3}};
    check_op(MaxUnpool{.window = line}, {random({2, 3, 5}), random_integers({2, 3, 5}, 0, 89)}, {.is_exact = true});
    // Pools whose windows overlap find a maximum more than once.
    const Window overlapping = {.kernel = {3, 3}, .strides = {2, 2}, .pads = {1, 1, 1, 1}};
    check_op(MaxUnpool{.window = window}, pooled(overlapping, {2, 6, 12, 16}), {.is_exact = true});
}

TEST_CASE("max_unpool: computed indices that lead out of the output are ignored")
{
    Graph graph;
    const ValueId x = graph.add_input("x", DType::f32, {1, 1, 1, 4});
    const ValueId indices = graph.add_input("indices", DType::i64, {1, 1, 1, 4});
    const Window window = {.kernel = {1, 2}, .strides = {1, 2}};
    graph.outputs = {graph.add_node("unpool", MaxUnpool{.window = window}, {x, indices})};
    const std::vector<NamedTensor> inputs = {{"x", Tensor::from({1, 1, 1, 4}, {1, 2, 3, 4})},
                                             {"indices", Tensor::from_integers({1, 1, 1, 4}, {-1, 7, 8, INT32_MAX})}};
    for (const TestDevice& device : devices())
    {
        Result<Session> session = Session::create(device.device, graph, {});
        REQUIRE(session.is_ok());
        const Result<RunResult> result = session->run(inputs);
        REQUIRE(result.is_ok());
        CHECK(result->outputs[0].tensor.to_floats() == std::vector<float>{0, 0, 0, 0, 0, 0, 0, 2});
        count_check(device.name);
    }
}

TEST_CASE("max_unpool: tensors larger than a binding are scattered share by share")
{
    const Shape shape = {2, 9, 3, 4};
    const MaxUnpool op = {.window = {.kernel = {2, 2}, .strides = {2, 2}}};
    const Operand operands[] = {packed(shape), packed(shape, Storage::i32)};
    const Operand y = packed({2, 9, 6, 8});
    const Tensor x = random(shape);
    const TensorInfo infos[] = {{.shape = shape}, {.type = DType::i64, .shape = shape}};
    const Limits limits = {.max_storage_buffer_range_bytes = 48 * 16 + 256, .storage_buffer_alignment_bytes = 16};
    const auto plan = vkseg::plan(Op(op), {.inputs = operands, .outputs = {&y, 1}, .infos = infos, .limits = limits});
    REQUIRE_MESSAGE(plan.is_ok(), plan.status().message());
    CHECK(plan->scratch_bytes[0] <= limits.max_storage_buffer_range_bytes);
    // Six blocks of the output, each of which looks through the whole input twice.
    CHECK(plan->dispatches.size() >= 6 * 3);
    for (const Dispatch& dispatch : plan->dispatches)
    {
        for (const Binding& binding : dispatch.bindings)
            CHECK(binding.size_bytes <= limits.max_storage_buffer_range_bytes);
    }
}

TEST_CASE("max_unpool: the indices of a pool are looked for in its windows, all others scattered")
{
    struct Case
    {
        Window pool;
        Window unpool;
        Shape shape;
        bool ceil_mode = false;
    };
    const Window halves = {.kernel = {2, 2}, .strides = {2, 2}};
    const Case cases[] = {
        {halves, halves, {2, 5, 8, 10}},
        {halves, halves, {1, 3, 7, 9}, true},
        {{.kernel = {3, 3}, .strides = {2, 2}, .pads = {1, 1, 1, 1}}, halves, {1, 4, 12, 16}},
        {{.kernel = {3, 3}, .strides = {2, 2}, .pads = {0, 0, 1, 1}}, halves, {2, 3, 8, 6}},
        {{.kernel = {2, 3}, .dilations = {3, 2}}, halves, {1, 3, 9, 11}},
        {{.kernel = {3, 3}, .strides = {2, 2}, .auto_pad = AutoPad::same_lower}, halves, {1, 6, 7, 9}},
        {{.kernel = {5, 5}, .strides = {1, 1}, .pads = {2, 2, 2, 2}}, halves, {1, 2, 6, 7}}};
    for (const Case& c : cases)
    {
        Graph graph;
        const ValueId x = graph.add_input("x", DType::f32, c.shape);
        const ValueId values = graph.add_node("pool", Pool{.window = c.pool, .ceil_mode = c.ceil_mode}, {x}, 2);
        // Another value for each window, so that it matters which of those with one index counts.
        const ValueId other = graph.add_node(
            "pool again", Pool{.kind = PoolKind::average, .window = c.pool, .ceil_mode = c.ceil_mode}, {x});
        graph.outputs = {graph.add_node(
            "unpool", MaxUnpool{.window = c.unpool, .output_shape = Integers(c.shape.begin(), c.shape.end())},
            {other, values + 1})};
        const auto specialized = specialize(graph);
        REQUIRE_MESSAGE(specialized.is_ok(), specialized.status().message());
        CHECK(std::get<MaxUnpool>(specialized->nodes.back().op).pool);
        check_fusion(graph, c.shape);
    }
}

TEST_CASE("max_unpool: rearranged indices are not looked for in windows")
{
    Graph graph;
    const ValueId x = graph.add_input("x", DType::f32, {1, 4, 8, 8});
    const Window halves = {.kernel = {2, 2}, .strides = {2, 2}};
    const ValueId values = graph.add_node("pool", Pool{.window = halves}, {x}, 2);
    ValueId indices = values + 1;
    SUBCASE("turned round")
    {
        indices =
            graph.add_node("turn", Slice{.starts = {-1}, .ends = {INT64_MIN}, .axes = {3}, .steps = {-1}}, {indices});
    }
    SUBCASE("moved by a pixel")
    {
        indices = graph.add_node("move", Binary{BinaryKind::add}, {indices, graph.add_constant("one", ints({1}))});
    }
    SUBCASE("column by column")
    {
        std::get<Pool>(graph.nodes[0].op).column_major_indices = true;
    }
    SUBCASE("of a tensor of another shape")
    {
        std::get<Pool>(graph.nodes[0].op).window = {.kernel = {2, 2}, .strides = {1, 1}};
        std::get<Pool>(graph.nodes[0].op).window.pads = {};
    }
    graph.outputs = {graph.add_node("unpool", MaxUnpool{.window = halves}, {values, indices})};
    const auto specialized = specialize(graph);
    REQUIRE_MESSAGE(specialized.is_ok(), specialized.status().message());
    CHECK(!std::get<MaxUnpool>(specialized->nodes.back().op).pool);
    const Tensor input = random({1, 4, 8, 8});
    const Tensor expected = by_reference(graph, input);
    for (const TestDevice& device : devices())
    {
        Result<Session> session = Session::create(device.device, graph, {});
        REQUIRE(session.is_ok());
        const std::vector<NamedTensor> inputs = {{"x", input}};
        const Result<RunResult> result = session->run(inputs);
        REQUIRE(result.is_ok());
        CHECK(result->outputs[0].tensor.to_floats() == expected.to_floats());
        count_check(device.name);
    }
}

TEST_CASE("max_unpool: refuses what does not fit and says why")
{
    const Window window = {.kernel = {2, 2}, .strides = {2, 2}};
    const Tensor x = random({1, 3, 4, 4});
    const Tensor indices = random_integers({1, 3, 4, 4}, 0, 63);
    CHECK(refusal(MaxUnpool{.window = window}, {x}).find("input 1 is missing") != std::string::npos);
    CHECK(refusal(MaxUnpool{.window = window}, {x, x}).find("integers") != std::string::npos);
    CHECK(refusal(MaxUnpool{.window = window}, {x, random_integers({1, 3, 4, 5}, 0, 63)}).find("1x3x4x5") !=
          std::string::npos);
    CHECK(refusal(MaxUnpool{.window = window}, {x, indices, ints({8, 8})}).find("4 entries") != std::string::npos);
    CHECK(refusal(MaxUnpool{.window = window}, {x, indices, ints({1, 4, 8, 8})}).find("1x4x8x8") != std::string::npos);
    CHECK(refusal(MaxUnpool{.window = window}, {x, indices, ints({1, 3, 8, 0})}).find("at least 1") !=
          std::string::npos);
    // Constant indices are checked; -1 is what a pool gives for a window in padding alone.
    for (const int64_t astray : {int64_t(192), int64_t(-1), int64_t(1) << 40})
    {
        Tensor wrong = random_integers({1, 3, 4, 4}, astray, astray);
        CHECK(refusal(MaxUnpool{.window = window}, {x, wrong}).find("got " + std::to_string(astray)) !=
              std::string::npos);
    }
}

} // namespace vkseg::test::max_unpool_test
