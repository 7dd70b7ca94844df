#include "runtime/program.hpp"
#include "runtime/specialize.hpp"
#include "support/check_op.hpp"
#include "support/devices.hpp"
#include "support/due_runs.hpp"
#include "vkseg/graph_builder.hpp"
#include "vkseg/session.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

// Tensors of which the device finds how many entries are valid.
namespace vkseg::test::valid_entries_test {
namespace {

constexpr int64_t boxes_in_all = 12;

/// A network that keeps the boxes [12,4] whose scores are above 0.5, and what `tail` computes from their indices.
struct Selection
{
    Graph graph;
    ValueId boxes = no_value;
    ValueId kept = no_value;

    Selection()
    {
        boxes = graph.add_input("boxes", DType::f32, {boxes_in_all, 4});
        const ValueId scores = graph.add_input("scores", DType::f32, {boxes_in_all});
        const ValueId groups = graph.add_constant("groups", random_integers({boxes_in_all}, 0, 0));
        kept = graph.add_node("kept", BatchedNms{.score_threshold = 0.5f}, {boxes, scores, groups});
    }

    ValueId add(const char* name, Op op, std::vector<ValueId> inputs)
    {
        return graph.add_node(name, std::move(op), std::move(inputs));
    }

    ValueId constant(Tensor tensor)
    {
        return graph.add_constant("constant " + std::to_string(graph.values.size()), std::move(tensor));
    }

    std::string refusal(ValueId output)
    {
        graph.outputs = {output};
        return specialize(graph).status().message();
    }
};

/// Boxes side by side, of which the last `count` are kept, in falling order of their scores.
std::vector<NamedTensor> inputs_that_keep(int64_t count)
{
    std::vector<float> corners;
    std::vector<float> scores;
    for (int64_t i = 0; i < boxes_in_all; ++i)
    {
        const auto x = float(10 * i);
        corners.insert(corners.end(), {x, 0, x + 5, float(i + 1)});
        scores.push_back(i < boxes_in_all - count ? 0.25f : 0.5f + 0.01f * float(i + 1));
    }
    return {{"boxes", Tensor::from({boxes_in_all, 4}, corners)}, {"scores", Tensor::from({boxes_in_all}, scores)}};
}

RunResult run(const TestDevice& device, const Graph& graph, int64_t count, const SessionOptions& options = {})
{
    Result<Session> session = Session::create(device.device, graph, options);
    REQUIRE_MESSAGE(session.is_ok(), session.status().message());
    Result<RunResult> result = session->run(inputs_that_keep(count));
    REQUIRE_MESSAGE(result.is_ok(), result.status().message());
    return *std::move(result);
}

/// Launches that move outputs to the host, and only as many entries as are valid.
int64_t counted_output_launches(const Graph& graph, const ScheduleOptions& options)
{
    Result<Graph> specialized = specialize(graph);
    REQUIRE_MESSAGE(specialized.is_ok(), specialized.status().message());
    const Result<Program> program = make_program(*std::move(specialized), options, Limits{}, true);
    REQUIRE_MESSAGE(program.is_ok(), program.status().message());
    return std::ranges::count_if(program->launches,
                                 [&](const Launch& launch)
                                 {
                                     const Step& step = program->schedule.steps[launch.step];
                                     return launch.group_count && step.kind == Step::Kind::output;
                                 });
}

} // namespace

TEST_CASE("valid entries: outputs have as many as the device finds")
{
    Selection network;
    const ValueId corners = network.add("corners", Gather{}, {network.boxes, network.kept});
    const ValueId doubled = network.add("doubled", Binary{.kind = BinaryKind::add}, {corners, corners});
    const ValueId columns = network.add("columns", Transpose{.permutation = {1, 0}}, {doubled});
    const ValueId flat = network.add("flat", Reshape{.shape = {-1}}, {doubled});
    network.graph.outputs = {network.kept, doubled, columns, flat};
    for (const TestDevice& device : devices_of_turn(next_turn()))
    {
        for (const Precision precision : {Precision::f32, Precision::f16})
        {
            for (const int64_t count : {0, 1, 5, 12})
            {
                CAPTURE(count);
                const RunResult result = run(device, network.graph, count, {.precision = precision});
                REQUIRE(result.outputs.size() == 4);
                CHECK(result.outputs[0].tensor.shape() == Shape{count});
                CHECK(result.outputs[1].tensor.shape() == Shape{count, 4});
                CHECK(result.outputs[2].tensor.shape() == Shape{4, count});
                CHECK(result.outputs[3].tensor.shape() == Shape{count * 4});
                const std::vector<float> rows = result.outputs[1].tensor.to_floats();
                const std::vector<float> turned = result.outputs[2].tensor.to_floats();
                for (int64_t i = 0; i < count; ++i)
                {
                    const auto box = float(boxes_in_all - 1 - i); // the last has the highest score
                    CHECK(rows[size_t(4 * i)] == 20 * box);
                    CHECK(rows[size_t(4 * i + 3)] == 2 * (box + 1));
                    CHECK(turned[size_t(3 * count + i)] == 2 * (box + 1));
                }
                CHECK(result.outputs[3].tensor.to_floats() == rows);
            }
            count_check(device.name);
        }
    }
}

TEST_CASE("valid entries: soft masks are pasted, and data are scattered into, as many as there are")
{
    Selection network;
    const ValueId masks = network.constant(random({boxes_in_all, 1, 3, 3}, 0, 1));
    std::vector<int64_t> corners;
    for (int64_t i = 0; i < boxes_in_all; ++i)
        corners.insert(corners.end(), {i % 3, i % 2, 4 + i % 2, 5});
    const ValueId places = network.constant(Tensor::from_integers({boxes_in_all, 4}, corners));
    const ValueId pasted = network.add("pasted", PasteSoftMasks{.size = {6, 7}},
                                       {network.add("masks", Gather{}, {masks, network.kept}),
                                        network.add("places", Gather{}, {places, network.kept})});
    const ValueId kept_boxes = network.add("corners", Gather{}, {network.boxes, network.kept});
    const ValueId moved = network.add("moved", ScatterElements{.axis = 1},
                                      {kept_boxes, network.constant(Tensor::from_integers({1, 1}, {2})),
                                       network.constant(Tensor::from({1, 1}, {-7}))});
    network.graph.outputs = {pasted, moved};
    for (const TestDevice& device : devices_of_turn(next_turn()))
    {
        const RunResult all = run(device, network.graph, boxes_in_all);
        for (const int64_t count : {0, 1, 5})
        {
            const RunResult result = run(device, network.graph, count);
            CHECK(result.outputs[0].tensor.shape() == Shape{count, 6, 7});
            CHECK(result.outputs[1].tensor.shape() == Shape{count, 4});
            const auto begins_as_all = [&](size_t output)
            {
                const std::vector<float> some = result.outputs[output].tensor.to_floats();
                const std::vector<float> whole = all.outputs[output].tensor.to_floats();
                return std::equal(some.begin(), some.end(), whole.begin());
            };
            CHECK(begins_as_all(0));
            CHECK(begins_as_all(1));
            if (count > 0)
                CHECK(result.outputs[1].tensor.to_floats()[2] == -7);
        }
        count_check(device.name);
    }
}

TEST_CASE("valid entries: large outputs are moved to the host only as far as they are valid")
{
    for (const int64_t values : {6000, 6001}) // of whole elements, and not
    {
        Selection network;
        const ValueId corners = network.add("corners", Gather{}, {network.boxes, network.kept});
        const ValueId heights = network.add("heights", Slice{.starts = {3}, .ends = {4}, .axes = {1}}, {corners});
        const ValueId row = network.constant(random_integers({1, values}, 0, 100));
        const ValueId floats = network.add("floats", Cast{.to = DType::f32}, {row});
        const ValueId products = network.add("products", Binary{.kind = BinaryKind::mul}, {heights, floats});
        network.graph.outputs = {products, network.add("integers", Cast{.to = DType::i64}, {products})};
        const std::vector<float> factors = network.graph.values[row].constant->to_floats();
        CHECK(counted_output_launches(network.graph, {}) == 2);
        CHECK(counted_output_launches(network.graph, {.keep_invalid_entries = true}) == 0);
        for (const TestDevice& device : devices_of_turn(next_turn()))
        {
            for (const bool is_linear : {false, true})
            {
                for (const int64_t count : {0, 1, 5, 12})
                {
                    INFO(device.name, ", ", values, " values, ", is_linear ? "linear, " : "", count, " valid");
                    const RunResult result = run(device, network.graph, count, {.prefer_linear_layout = is_linear});
                    std::vector<float> expected;
                    for (int64_t i = 0; i < count; ++i)
                    {
                        for (const float factor : factors)
                            expected.push_back(float(boxes_in_all - i) * factor);
                    }
                    for (const NamedTensor& output : result.outputs)
                    {
                        CHECK(output.tensor.shape() == Shape{count, values});
                        CHECK(output.tensor.to_floats() == expected);
                    }
                    count_check(device.name);
                }
            }
        }
    }
}

TEST_CASE("valid entries: masks, ids and soft masks are those of the valid boxes, even if a binding holds none")
{
    constexpr int64_t instances = 40;
    const Integers size = {75, 1023};
    std::vector<float> corners;
    for (int64_t i = 0; i < instances; ++i) // side by side
        corners.insert(corners.end(), {float(25 * i + 2), 3, float(25 * i + 22), float(70 - i)});
    Graph graph;
    const ValueId scores = graph.add_input("scores", DType::f32, {instances});
    const ValueId boxes = graph.add_constant("boxes", Tensor::from({instances, 4}, corners));
    const ValueId groups = graph.add_constant("groups", random_integers({instances}, 0, 1));
    const ValueId masks = graph.add_constant("masks", random({instances, 2, 6, 6}, 0, 1));
    const ValueId soft = graph.add_constant("soft masks", random({instances, 1, 6, 6}, 0, 1));
    const ValueId kept = graph.add_node("kept", BatchedNms{.score_threshold = 0.5f}, {boxes, scores, groups});
    const auto selected = [&](const char* name, ValueId from) { return graph.add_node(name, Gather{}, {from, kept}); };
    const ValueId places = selected("places", boxes);
    const ValueId bits = graph.add_node("bits", PasteMasks{.size = size},
                                        {selected("kept masks", masks), places, selected("labels", groups)}, 2);
    const ValueId pixels = graph.add_node("pixels", Cast{.to = DType::i64}, {places});
    const ValueId pasted =
        graph.add_node("pasted", PasteSoftMasks{.size = size}, {selected("kept soft masks", soft), pixels});
    graph.outputs = {bits, pasted, bits + 1};
    const auto session_on = [&](const TestDevice& device)
    {
        Result<Session> session = Session::create(device.device, graph, {});
        REQUIRE_MESSAGE(session.is_ok(), session.status().message());
        return *std::move(session);
    };
    const auto run_for = [&](Session& session, int64_t count)
    {
        std::vector<float> values;
        for (int64_t i = 0; i < instances; ++i)
            values.push_back(i < count ? 0.9f - 0.01f * float(i) : 0.25f);
        const NamedTensor input = {"scores", Tensor::from({instances}, values)};
        Result<RunResult> result = session.run({&input, 1});
        REQUIRE_MESSAGE(result.is_ok(), result.status().message());
        return *std::move(result);
    };
    Session wide = session_on(devices().front());
    const RunResult all = run_for(wide, instances);
    for (const size_t binding_bytes : {1 << 20, 1 << 14})
    {
        for (const TestDevice& device : devices_that_bind(binding_bytes))
        {
            Session session = session_on(device);
            for (const int64_t count : {0, 3, 17})
            {
                INFO(device.name, ", bindings of ", binding_bytes, " bytes, ", count, " valid");
                const RunResult result = run_for(session, count);
                for (const size_t output : {0, 1})
                {
                    const Tensor& tensor = result.outputs[output].tensor;
                    REQUIRE(tensor.shape()[0] == count);
                    const std::vector<float> some = tensor.to_floats();
                    const std::vector<float> whole = all.outputs[output].tensor.to_floats();
                    const float tolerance = output == 0 ? 0 : 1e-5f;
                    CHECK(std::equal(some.begin(), some.end(), whole.begin(),
                                     [&](float a, float b) { return std::abs(a - b) <= tolerance; }));
                }
                std::vector<int64_t> ids = all.outputs[2].tensor.to_integers();
                std::ranges::replace_if(
                    ids, [&](int64_t id) { return id > count; }, 0);
                CHECK(result.outputs[2].tensor.to_integers() == ids);
                count_check(device.name);
            }
        }
    }
}

TEST_CASE("valid entries: selecting again leaves out what is not valid")
{
    Selection network;
    const ValueId corners = network.add("corners", Gather{}, {network.boxes, network.kept});
    const ValueId twice = network.add("twice", Concat{.axis = 1}, {corners, corners});
    const ValueId rows = network.add("rows", Reshape{.shape = {-1, 4}}, {twice}); // each box two times
    const ValueId heights =
        network.add("heights", Reshape{.shape = {-1}},
                    {network.add("bottoms", Slice{.starts = {3}, .ends = {4}, .axes = {1}}, {rows})});
    std::vector<int64_t> group_of;
    for (int64_t i = 0; i < 2 * boxes_in_all; ++i)
        group_of.push_back(i % 2);
    const ValueId groups = network.constant(Tensor::from_integers({2 * boxes_in_all}, group_of));
    const ValueId selected = network.add("selected", BatchedNms{}, {rows, heights, groups});
    network.graph.outputs = {selected};
    for (const TestDevice& device : devices_of_turn(next_turn()))
    {
        for (const int64_t count : {0, 1, 5, 12})
        {
            const RunResult result = run(device, network.graph, count);
            CHECK(result.outputs[0].tensor.shape() == Shape{2 * count}); // once in each group
            count_check(device.name);
        }
    }
}

TEST_CASE("valid entries: the largest and the smallest value are those of the valid entries")
{
    Selection network;
    const ValueId corners = network.add("corners", Gather{}, {network.boxes, network.kept});
    // Indices that are not valid point to box 0: in `negative` it has the largest, in `corners` the smallest values.
    const ValueId negative = network.add("negative", Unary{.kind = UnaryKind::neg}, {corners});
    const auto reduced = [&](const char* name, ReduceKind kind, Integers axes, ValueId x)
    { return network.add(name, Reduce{.kind = kind, .axes = std::move(axes), .keep_dims = false}, {x}); };
    network.graph.outputs = {reduced("max", ReduceKind::max, {}, negative),
                             reduced("min", ReduceKind::min, {}, corners),
                             reduced("max of columns", ReduceKind::max, {0}, negative),
                             reduced("min of columns", ReduceKind::min, {0}, corners)};
    for (const TestDevice& device : devices_of_turn(next_turn()))
    {
        for (const Precision precision : {Precision::f32, Precision::f16})
        {
            for (const int64_t count : {1, 5, 11})
            {
                CAPTURE(count);
                const RunResult result = run(device, network.graph, count, {.precision = precision});
                const auto first = float(boxes_in_all - count); // of the kept boxes, with the smallest corners
                CHECK(result.outputs[0].tensor.to_floats() == std::vector<float>{0});
                CHECK(result.outputs[1].tensor.to_floats() == std::vector<float>{0});
                CHECK(result.outputs[2].tensor.to_floats() ==
                      std::vector<float>{-10 * first, 0, -10 * first - 5, -first - 1});
                CHECK(result.outputs[3].tensor.to_floats() ==
                      std::vector<float>{10 * first, 0, 10 * first + 5, first + 1});
            }
            const RunResult none = run(device, network.graph, 0, {.precision = precision});
            CHECK(none.outputs[0].tensor.to_floats()[0] <= -65504);
            CHECK(none.outputs[1].tensor.to_floats()[0] >= 65504);
            count_check(device.name);
        }
    }
}

TEST_CASE("valid entries: only workgroups of valid batch entries are launched")
{
    Selection network;
    const ValueId features = network.constant(random({1, 8, 9, 9}));
    const ValueId corners = network.add("corners", Gather{}, {network.boxes, network.kept});
    const ValueId bins = network.add("bins", RoiAlign{.output_size = {4, 4}}, {features, corners});
    const ValueId weights = network.constant(random({16, 8, 3, 3}));
    const Conv conv = {.window = {.kernel = {3, 3}, .pads = {1, 1, 1, 1}}};
    const ValueId maps = network.add("maps", conv, {bins, weights});
    const ValueId flat = network.add("flat", Reshape{.shape = {0, -1}}, {maps});
    const ValueId scores = network.add("product", Gemm{}, {flat, network.constant(random({256, 7}))});
    network.graph.outputs = {scores};
    network.graph.values[network.boxes].name = "boxes";

    const Result<Graph> specialized = specialize(network.graph);
    REQUIRE_MESSAGE(specialized.is_ok(), specialized.status().message());
    const Result<Program> program = make_program(*specialized, {}, Limits{}, true);
    REQUIRE_MESSAGE(program.is_ok(), program.status().message());
    std::map<std::string, int> launches;
    for (const Launch& launch : program->launches)
    {
        const Step& step = program->schedule.steps[launch.step];
        if (launch.group_count && step.kind == Step::Kind::node)
            ++launches[program->graph.nodes[step.node].name];
    }
    CHECK(launches["bins"] == 1);
    CHECK(launches["maps"] >= 1);
    CHECK(launches["product"] == 1);

    for (const TestDevice& device : devices_of_turn(next_turn()))
    {
        const std::vector<float> all = run(device, network.graph, 12).outputs[0].tensor.to_floats();
        for (const int64_t count : {0, 1, 5})
        {
            const Tensor some = run(device, network.graph, count).outputs[0].tensor;
            CHECK(some.shape() == Shape{count, 7});
            const std::vector<float> values = some.to_floats();
            CHECK(std::equal(values.begin(), values.end(), all.begin()));
        }
        count_check(device.name);
    }
}

TEST_CASE("valid entries: products of several rows for each entry")
{
    Selection network;
    const ValueId corners = network.add("corners", Gather{}, {network.boxes, network.kept});
    const ValueId columns = network.add("columns", Reshape{.shape = {0, 4, 1}}, {corners}); // [R,4,1]
    const ValueId wide = network.add("wide", MatMul{}, {columns, network.constant(random({1, 40}))});
    const ValueId deep = network.add("deep", Reshape{.shape = {0, 2, 2, 40}}, {wide});
    const ValueId product = network.add("product", MatMul{}, {deep, network.constant(random({40, 33}))});
    network.graph.outputs = {wide, product};
    for (const TestDevice& device : devices_of_turn(next_turn()))
    {
        const RunResult all = run(device, network.graph, 12);
        for (const int64_t count : {1, 5})
        {
            const RunResult some = run(device, network.graph, count);
            for (size_t i = 0; i < 2; ++i)
            {
                const std::vector<float> values = some.outputs[i].tensor.to_floats();
                const std::vector<float> expected = all.outputs[i].tensor.to_floats();
                CHECK(int64_t(values.size()) == all.outputs[i].tensor.elements() / 12 * count);
                CHECK(std::equal(values.begin(), values.end(), expected.begin()));
            }
        }
        for (const NamedTensor& output : all.outputs) // memory that nothing wrote holds NaN
        {
            const std::vector<float> rows = output.tensor.to_floats();
            CHECK(std::none_of(rows.begin(), rows.end(), [](float value) { return std::isnan(value); }));
        }
        count_check(device.name);
    }
}

TEST_CASE("valid entries: range checks leave out what is not valid")
{
    Selection network;
    const ValueId corners = network.add("corners", Gather{}, {network.boxes, network.kept});
    const ValueId inverse = network.add("inverse", Unary{.kind = UnaryKind::reciprocal}, {corners});
    network.graph.outputs = {inverse};
    for (const TestDevice& device : devices_of_turn(next_turn()))
    {
        const RunResult result = run(device, network.graph, 2, {.check_range = true});
        REQUIRE(result.range_faults.size() == 1);
        CHECK(result.range_faults[0].node == "inverse");
        CHECK(result.range_faults[0].not_finite == 2); // 1 / 0 for the top of each valid box
    }
}

TEST_CASE("valid entries: operators that would mix them with others are refused")
{
    const std::string mixed = "'corners' 12x4 has valid entries along axis 0 whose number is known only when the "
                              "network runs, and the operator would mix them with others";
    const auto refusal_of = [](const Op& op, bool has_two_inputs = false)
    {
        Selection network;
        const ValueId corners = network.add("corners", Gather{}, {network.boxes, network.kept});
        std::vector<ValueId> inputs = {corners};
        if (has_two_inputs)
            inputs.push_back(network.constant(random({4, 12})));
        return network.refusal(network.add("node", op, inputs));
    };
    CHECK(refusal_of(Reduce{.axes = {0}}).find(mixed) != std::string::npos);
    CHECK(refusal_of(Reduce{}).find(mixed) != std::string::npos);
    CHECK(refusal_of(Reduce{.axes = {1}}).empty());
    CHECK(refusal_of(Softmax{.axis = 0}).find(mixed) != std::string::npos);
    CHECK(refusal_of(Softmax{.axis = 1}).empty());
    CHECK(refusal_of(ArgReduce{.axis = 0}).find(mixed) != std::string::npos);
    CHECK(refusal_of(Slice{.starts = {1}, .ends = {4}, .axes = {0}}).find(mixed) != std::string::npos);
    CHECK(refusal_of(Slice{.starts = {-1}, .ends = {-100}, .axes = {0}, .steps = {-1}}).find(mixed) !=
          std::string::npos);
    CHECK(refusal_of(Slice{.starts = {-1}, .ends = {-100}, .axes = {1}, .steps = {-1}}).empty());
    CHECK(refusal_of(Reshape{.shape = {6, 8}}).find(mixed) != std::string::npos);
    CHECK(refusal_of(Concat{.axis = 0}, true).find("node") != std::string::npos);
    CHECK(refusal_of(MatMul{}, true).empty());
}

TEST_CASE("valid entries: a selection leaves out invalid boxes though its scores are all valid")
{
    Selection network;
    const ValueId corners = network.add("corners", Gather{}, {network.boxes, network.kept});
    const ValueId scores = network.constant(random({boxes_in_all}, 0.5f, 1));
    const ValueId groups = network.constant(random_integers({boxes_in_all}, 0, 0));
    network.graph.outputs = {network.add("selected", BatchedNms{}, {corners, scores, groups})};
    for (const TestDevice& device : devices_of_turn(next_turn()))
    {
        for (const int64_t count : {0, 2, 12})
            CHECK(run(device, network.graph, count).outputs[0].tensor.shape() == Shape{count});
        count_check(device.name);
    }
}

TEST_CASE("valid entries: indices that no selection made are refused")
{
    Selection network;
    const ValueId corners = network.add("corners", Gather{}, {network.boxes, network.kept});
    const ValueId some = network.add("some", Gather{}, {corners, network.constant(ints({0, 1, 5}))});
    CHECK(network.refusal(some).find("indices that no selection made may point past them") != std::string::npos);
    Selection other_axis;
    const ValueId columns = other_axis.add("corners", Gather{}, {other_axis.boxes, other_axis.kept});
    CHECK(
        other_axis.refusal(other_axis.add("x", Gather{.axis = 1}, {columns, other_axis.constant(ints({0}))})).empty());
}

TEST_CASE("valid entries: two numbers of them do not go together")
{
    Selection network;
    const ValueId scores = network.graph.add_input("others", DType::f32, {boxes_in_all});
    const ValueId groups = network.constant(random_integers({boxes_in_all}, 0, 0));
    const ValueId others = network.add("others kept", BatchedNms{}, {network.boxes, scores, groups});
    const ValueId sum = network.add("sum", Binary{.kind = BinaryKind::add}, {network.kept, others});
    CHECK(network.refusal(sum).find("another input has another number of them") != std::string::npos);
    const ValueId boxes = network.add("some boxes", Gather{}, {network.boxes, network.kept});
    const ValueId other_scores = network.add("other scores", Gather{}, {scores, others});
    const ValueId both = network.add("both", BatchedNms{}, {boxes, other_scores, groups});
    CHECK(network.refusal(both).find("different numbers of valid entries") != std::string::npos);
}

} // namespace vkseg::test::valid_entries_test
