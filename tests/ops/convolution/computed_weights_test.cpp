#include "reference/evaluate.hpp"
#include "support/check_op.hpp"
#include "support/devices.hpp"
#include "support/due_runs.hpp"
#include "vkseg/session.hpp"

#include <doctest/doctest.h>

namespace vkseg::test::computed_weights_test {

TEST_CASE("computed weights: convolutions of every kind read weights that are fed")
{
    const Conv plain = {.has_computed_weights = true};
    check_op(plain, {random({2, 5, 7, 6}), random({7, 5, 3, 3}, -1, 1, 2)}, {.terms = 45});
    check_op(plain, {random({1, 24, 9, 5}), random({40, 24, 1, 1}, -1, 1, 2)}, {.terms = 24});
    check_op(plain, {random({1, 3, 11}), random({2, 3, 5}, -1, 1, 2)}, {.terms = 15});
    check_op(plain, {random({1, 6, 4, 5, 6}), random({9, 6, 3, 2, 3}, -1, 1, 2)}, {.terms = 108});
    Conv grouped = {.window = {.strides = {2, 1}, .dilations = {1, 2}, .pads = {1, 2, 1, 2}},
                    .has_computed_weights = true};
    grouped.groups = 2;
    check_op(grouped, {random({1, 10, 8, 9}), random({6, 5, 3, 3}, -1, 1, 2)}, {.terms = 45});
    grouped.groups = 7;
    check_op(grouped, {random({1, 7, 8, 9}), random({7, 1, 3, 3}, -1, 1, 2)}, {.terms = 9});
    Conv last = {.activation = {.kind = UnaryKind::relu}, .has_residual = true, .has_computed_weights = true};
    check_op(last, {random({1, 8, 3, 5}), random({12, 8, 1, 1}, -1, 1, 2), random({1, 12, 3, 5}, -1, 1, 3)},
             {.terms = 9});
}

/// A graph of one node whose inputs are all computed from x, by constants times a mean of x that is no constant.
struct Computed
{
    Graph graph;
    ValueId x = no_value;
    ValueId mean = no_value;

    explicit Computed(const Shape& shape)
    {
        x = graph.add_input("x", DType::f32, shape);
        mean = graph.add_node("mean", Reduce{.keep_dims = false}, {x});
    }
    ValueId parameter(const Shape& shape, float low = -1, float high = 1)
    {
        const std::string name = "parameter " + std::to_string(graph.values.size());
        const ValueId values = graph.add_constant(name, random(shape, low, high, uint32_t(graph.values.size())));
        return graph.add_node(name + " + mean", Binary{}, {values, mean});
    }
    /// Compares a session on a device in turn with the reference.
    void check(const Op& op, std::vector<ValueId> parameters)
    {
        parameters.insert(parameters.begin(), x);
        graph.outputs = {graph.add_node("y", op, parameters)};
        const Tensor input = random(graph.values[x].shape);
        const Tensor* const arguments[] = {&input};
        const Result<reference::Tensors> expected = reference::evaluate(graph, arguments);
        REQUIRE_MESSAGE(expected.is_ok(), expected.status().message());
        const std::vector<float> values = (*expected)[0].to_floats();
        for (const TestDevice& device : devices_of_turn(next_turn()))
        {
            INFO(device.name);
            Result<Session> session = Session::create(device.device, graph);
            REQUIRE_MESSAGE(session.is_ok(), session.status().message());
            const NamedTensor named = {.name = "x", .tensor = input};
            const Result<RunResult> result = session->run({&named, 1});
            REQUIRE_MESSAGE(result.is_ok(), result.status().message());
            const std::vector<float> found = result->outputs[0].tensor.to_floats();
            REQUIRE(found.size() == values.size());
            for (size_t i = 0; i < found.size(); ++i)
                REQUIRE(found[i] == doctest::Approx(values[i]).epsilon(1e-4));
            count_check(device.name);
        }
    }
};

TEST_CASE("computed weights: biases, transposed convolutions and normalisations take parameters that are computed")
{
    Computed conv({1, 6, 7, 9});
    conv.check(Conv{.window = {.pads = {1, 1, 1, 1}}}, {conv.parameter({5, 6, 3, 3}), conv.parameter({5})});
    Computed bias({1, 6, 7, 9});
    bias.check(Conv{}, {bias.graph.add_constant("w", random({5, 6, 3, 3})), bias.parameter({5})});
    const Window window = {.strides = {2, 3}, .dilations = {1, 2}, .pads = {1, 0, 0, 1}};
    Computed transposed({2, 6, 5, 4});
    transposed.check(ConvTranspose{.window = window, .groups = 2, .output_padding = {1, 0}},
                     {transposed.parameter({6, 4, 4, 3}), transposed.parameter({8})});
    Computed batch({2, 5, 3, 4});
    batch.check(BatchNormalization{},
                {batch.parameter({5}), batch.parameter({5}), batch.parameter({5}), batch.parameter({5}, 3, 4)});
    Computed instance({2, 5, 3, 4});
    instance.check(InstanceNormalization{}, {instance.parameter({5}), instance.parameter({5})});
    Computed layer({2, 5, 12});
    layer.check(LayerNormalization{}, {layer.parameter({12}), layer.parameter({12})});
}

} // namespace vkseg::test::computed_weights_test
