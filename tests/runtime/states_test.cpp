#include "vkseg/session.hpp"

#include "support/devices.hpp"
#include "vk/failing_driver.hpp"
#include "vk/fixture.hpp"

#include <doctest/doctest.h>

namespace vkseg::test::states_test {
namespace {

using vk::require_ok;
using vk::take;

/// Sum of all inputs so far: the state is `sum`, given out once more as `copy`.
Graph summing(const Shape& x_shape, const Shape& state_shape, DType type = DType::f32)
{
    Graph graph;
    graph.name = "summing";
    const ValueId x = graph.add_input("x", type, x_shape);
    const ValueId last = graph.add_input("last", type, state_shape);
    const ValueId sum = graph.add_node("sum", Binary{.kind = BinaryKind::add}, {x, last});
    graph.values[sum].type = type;
    const ValueId copy = graph.add_node("copy", Unary{.kind = UnaryKind::identity}, {sum});
    graph.values[copy].type = type;
    graph.outputs = {sum, copy};
    return graph;
}

const std::vector<StateLink> sum_to_last = {{.output = "sum", .input = "last"}};

std::vector<NamedTensor> x_of(float value, const Shape& shape)
{
    return {{"x", Tensor::from(shape, std::vector<float>(size_t(shape.elements()), value))}};
}

float first_value(Result<RunResult> result)
{
    REQUIRE_MESSAGE(result.is_ok(), result.status().message());
    REQUIRE(result->outputs.size() == 1); // the state stays on the device
    CHECK(result->outputs[0].name == "copy");
    const std::vector<float> values = result->outputs[0].tensor.to_floats();
    for (const float value : values)
        CHECK(value == values[0]);
    return values[0];
}

Status creation_of(const Graph& graph, const std::vector<StateLink>& state)
{
    return Session::create(devices()[0].device, graph, {.state = state}).status();
}

Status planning_of(const Graph& graph, const std::vector<StateLink>& state)
{
    Session session = take(Session::create(devices()[0].device, graph, {.state = state}));
    return session.prepare();
}

void check_refused(const Status& status, const std::string& message)
{
    CAPTURE(message);
    CAPTURE(status.message());
    CHECK(status.code() == StatusCode::invalid_argument);
    CHECK(status.message().find(message) != std::string::npos);
}

} // namespace

TEST_CASE("states: a run begins with what the run submitted before it has left, whatever the number in flight")
{
    const Shape shape = {1, 6, 5, 7}; // planes and channels that are no multiples of four
    for (const TestDevice& device : devices())
    {
        for (const Precision precision : {Precision::f32, Precision::f16})
        {
            for (const bool is_linear : {false, true})
            {
                CAPTURE(device.name);
                Session session = take(
                    Session::create(device.device, summing(shape, shape),
                                    {.precision = precision, .state = sum_to_last, .prefer_linear_layout = is_linear}));
                std::vector<PendingRun> runs;
                for (int i = 1; i <= 8; ++i)
                    runs.push_back(take(session.submit(x_of(float(i), shape))));
                for (size_t i = runs.size(); i-- > 0;)
                    CHECK(first_value(runs[i].wait()) == float((i + 1) * (i + 2) / 2));
                CHECK(first_value(session.run(x_of(4, shape))) == 40);
                session.reset_state();
                CHECK(first_value(session.run(x_of(4, shape))) == 4);
                CHECK(first_value(session.run(x_of(4, shape))) == 8);
            }
        }
    }
}

TEST_CASE("states: readers in both layouts, integers, and a delay line of outputs that are inputs")
{
    const Shape shape = {1, 3, 5, 7};
    Graph graph;
    const ValueId x = graph.add_input("x", DType::f32, shape);
    const ValueId one_ago = graph.add_input("one ago", DType::f32, shape);
    const ValueId two_ago = graph.add_input("two ago", DType::f32, shape);
    const ValueId count = graph.add_input("count", DType::i64, {1});
    const ValueId one = graph.add_constant("one", Tensor::from_integers({1}, {1}));
    const ValueId next = graph.add_node("next count", Binary{.kind = BinaryKind::add}, {count, one});
    graph.values[next].type = DType::i64;
    const ValueId kept = graph.add_node("kept", Unary{.kind = UnaryKind::identity}, {x});
    const ValueId w = graph.add_constant("w", Tensor::from({1, 3, 1, 1}, {1, 1, 1}));
    const ValueId flat = graph.add_node("flat", Transpose{{0, 2, 3, 1}}, {two_ago});
    graph.outputs = {kept, one_ago,
                     next, graph.add_node("conv", Conv{}, {two_ago, w}),
                     flat, graph.add_node("told", Unary{.kind = UnaryKind::identity}, {next})};
    graph.values[graph.outputs[5]].type = DType::i64;
    const std::vector<StateLink> state = {{.output = "one ago", .input = "two ago"},
                                          {.output = "kept", .input = "one ago"},
                                          {.output = "next count", .input = "count"}};
    for (const TestDevice& device : devices())
    {
        for (const Precision precision : {Precision::f32, Precision::f16})
        {
            CAPTURE(device.name);
            Session session = take(Session::create(device.device, graph, {.precision = precision, .state = state}));
            for (int run = 0; run < 5; ++run)
            {
                std::vector<float> values(size_t(shape.elements()));
                for (size_t i = 0; i < values.size(); ++i)
                    values[i] = float(i + size_t(run) * 100);
                const RunResult result =
                    take(session.run(std::vector<NamedTensor>{{"x", Tensor::from(shape, values)}}));
                REQUIRE(result.outputs.size() == 3);
                const std::vector<float> sums = result.outputs[0].tensor.to_floats();
                const std::vector<float> transposed = result.outputs[1].tensor.to_floats();
                for (size_t pixel = 0; pixel < 35; ++pixel)
                {
                    const auto value = [&](size_t channel)
                    { return run < 2 ? 0 : float(channel * 35 + pixel) + float(run - 2) * 100; };
                    CHECK(sums[pixel] == value(0) + value(1) + value(2));
                    for (size_t channel = 0; channel < 3; ++channel)
                        CHECK(transposed[pixel * 3 + channel] == value(channel));
                }
                CHECK(result.outputs[2].tensor.to_integers()[0] == run + 1);
            }
        }
    }
}

TEST_CASE("states: open shapes are those of the outputs, and other input shapes begin anew")
{
    const TestDevice& device = devices()[0];
    const Graph graph = summing({1, -1, -1, -1}, {1, -1, -1, -1});
    Session session = take(Session::create(device.device, graph, {.state = sum_to_last}));
    CHECK(first_value(session.run(x_of(1, {1, 2, 3, 4}))) == 1);
    CHECK(first_value(session.run(x_of(1, {1, 2, 3, 4}))) == 2);
    CHECK(first_value(session.run(x_of(5, {1, 2, 6, 4}))) == 5);
    CHECK(first_value(session.run(x_of(1, {1, 2, 3, 4}))) == 1); // the plan is kept, the state is not
    CHECK(first_value(session.run(x_of(1, {1, 2, 3, 4}))) == 2);

    // Two states, of which the shape of the second follows from that of the first.
    Graph chain = graph;
    const ValueId late = chain.add_input("late", DType::f32, {-1, -1, -1, -1});
    const ValueId later = chain.add_node("later", Binary{.kind = BinaryKind::add}, {chain.inputs[1], late});
    chain.outputs = {chain.outputs[0], later, chain.add_node("copy", Unary{.kind = UnaryKind::identity}, {later})};
    Session both = take(Session::create(
        device.device, chain, {.state = {{.output = "later", .input = "late"}, {.output = "sum", .input = "last"}}}));
    CHECK(first_value(both.run(x_of(1, {1, 2, 3, 4}))) == 0);
    CHECK(first_value(both.run(x_of(1, {1, 2, 3, 4}))) == 1);
    CHECK(first_value(both.run(x_of(1, {1, 2, 3, 4}))) == 3);
}

TEST_CASE("states: plans for other sizes do not end a sequence as long as two plans are kept")
{
    for (const size_t kept : {1, 2, 4})
    {
        Session session = take(Session::create(devices()[0].device, summing({1, 6, -1, -1}, {1, 6, -1, -1}),
                                               {.kept_plans = kept, .state = sum_to_last}));
        const Shape shape = {1, 6, 4, 4};
        CHECK(first_value(session.run(x_of(4, shape))) == 4);
        for (int64_t side = 5; side < 12; ++side)
        {
            const NamedShape other = {"x", {1, 6, side, side}};
            REQUIRE(session.prepare({&other, 1}).is_ok());
        }
        CHECK(first_value(session.run(x_of(4, shape))) == (kept == 1 ? 4 : 8));
    }
}

TEST_CASE("states: what does not fit is refused, and says what it is")
{
    const Graph good = summing({1, 2, 4, 4}, {1, 2, 4, 4});
    check_refused(creation_of(good, {{.output = "nothing", .input = "last"}}),
                  "no output 'nothing'; it has 'sum', 'copy'");
    check_refused(creation_of(good, {{.output = "sum", .input = "nothing"}}), "no input 'nothing'; it has 'x', 'last'");
    check_refused(creation_of(good, {sum_to_last[0], {.output = "sum", .input = "x"}}), "the output is linked twice");
    check_refused(creation_of(good, {sum_to_last[0], {.output = "copy", .input = "last"}}),
                  "the input is linked twice");
    check_refused(planning_of(summing({1, 2, 4, 4}, {1, 2, 1, 1}), sum_to_last),
                  "state from output 'sum' to input 'last': expected the same shape, got 1x2x4x4 and 1x2x1x1");
    check_refused(planning_of(summing({1, 2, 4, 4}, {2, 1, 1}), sum_to_last), "got 1x2x4x4 and 2x1x1");
    check_refused(planning_of(summing({1, 2, 4, 4}, {1, -1, 1, -1}), sum_to_last),
                  "the input has the shape 1x?x1x?, the output 1x2x4x4");

    Graph growing;
    const ValueId last = growing.add_input("last", DType::f32, {1, 1, -1, 1});
    growing.outputs = {growing.add_node("sum", Concat{.axis = 2}, {last, last})};
    check_refused(planning_of(growing, sum_to_last), "state from output 'sum' to input 'last': found no shape");

    Graph typed;
    const ValueId count = typed.add_input("last", DType::i64, {1});
    typed.outputs = {typed.add_node("sum", Cast{}, {count})};
    check_refused(planning_of(typed, sum_to_last), "expected the same type, got f32 and i64");

    Graph bytes;
    bytes.outputs = {bytes.add_input("last", DType::u8, {4, 4, 3})};
    check_refused(creation_of(bytes, {{.output = "last", .input = "last"}}), "got u8");

    Graph constant;
    const ValueId unused = constant.add_input("last", DType::f32, {1});
    const ValueId shape = constant.add_node("shape", ShapeOf{}, {unused});
    constant.values[shape].type = DType::i64;
    constant.outputs = {constant.add_node("sum", Cast{}, {shape})};
    check_refused(planning_of(constant, sum_to_last), "the output is a constant");

    Session session = take(Session::create(devices()[0].device, good, {.state = sum_to_last}));
    const Shape x_shape = {1, 2, 4, 4};
    CHECK(first_value(session.run(x_of(3, x_shape))) == 3);
    std::vector<NamedTensor> both = x_of(3, x_shape);
    both.push_back({"last", both[0].tensor});
    check_refused(session.run(both).status(), "input 'last' is a state, which the session keeps");
    check_refused(session.prepare(std::vector<NamedShape>{{"last", x_shape}}), "input 'last' is a state");
    CHECK(session.run(x_of(3, {1, 2, 4, 5})).status().code() == StatusCode::invalid_argument);
    CHECK(first_value(session.run(x_of(3, x_shape))) == 6); // refused runs have not touched the state
}

TEST_CASE("states: after a run that failed on the device they begin anew, never half written")
{
    const Shape shape = {1, 2, 4, 4};
    const vk::LoaderOptions loader = vk::failing_driver::install();
    {
        const Device device(
            take(vk::Device::create({.loader = loader, .poison_memory = true, .use_pipeline_cache = false})));
        Session session = take(Session::create(device, summing(shape, shape), {.state = sum_to_last}));
        size_t failures = 0;
        for (bool has_failed = true; has_failed; ++failures)
        {
            session.reset_state();
            CHECK(first_value(session.run(x_of(1, shape))) == 1);
            CHECK(first_value(session.run(x_of(1, shape))) == 2);
            vk::failing_driver::fail_after(failures, VK_ERROR_OUT_OF_DEVICE_MEMORY);
            const Result<RunResult> result = session.run(x_of(1, shape));
            has_failed = !std::string(vk::failing_driver::failed_function()).empty();
            vk::failing_driver::fail_after(size_t(-1) / 2, VK_SUCCESS);
            CHECK(result.is_ok() != has_failed);
            CHECK(first_value(session.run(x_of(1, shape))) == (has_failed ? 1 : 4));
        }
        CHECK(failures > 2);
    }
    CHECK(vk::failing_driver::live_objects() == 0);
}

TEST_CASE("states: --check-range sees their values, and memory counts them")
{
    const Shape shape = {1, 1, 64, 64};
    Graph graph = summing(shape, shape);
    graph.outputs.pop_back();
    Session session = take(Session::create(devices()[0].device, graph, {.state = sum_to_last, .check_range = true}));
    CHECK(take(session.run(x_of(3e38f, shape))).range_faults.empty());
    const RunResult second = take(session.run(x_of(3e38f, shape)));
    CHECK(second.outputs.empty());
    REQUIRE(second.range_faults.size() == 1);
    CHECK(second.range_faults[0].node == "sum");
    CHECK(second.range_faults[0].not_finite == 64 * 64);

    Session plain = take(Session::create(devices()[0].device, graph, {.state = sum_to_last}));
    require_ok(plain.prepare());
    CHECK(plain.memory_use().activations_bytes >= 3 * 64 * 64 * 4); // both ends, and the state itself
    const Status status =
        take(Session::create(devices()[0].device, graph, {.max_memory_bytes = 1000, .state = sum_to_last})).prepare();
    CHECK(status.code() == StatusCode::out_of_memory);
}

} // namespace vkseg::test::states_test
