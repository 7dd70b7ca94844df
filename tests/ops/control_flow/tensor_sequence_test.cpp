#include "support/subgraphs.hpp"

#include <doctest/doctest.h>

namespace vkseg::test::tensor_sequence_test {
namespace {

/// A graph whose nodes are added one by one.
struct Network
{
    Graph graph;

    ValueId sequence(SequenceKind kind, std::vector<ValueId> inputs)
    {
        return add(TensorSequence{.kind = kind}, std::move(inputs));
    }
    ValueId add(Op op, std::vector<ValueId> inputs)
    {
        return graph.add_node("node " + std::to_string(graph.nodes.size()), std::move(op), std::move(inputs));
    }
    ValueId integer(int64_t value)
    {
        return graph.add_constant(std::to_string(value), Tensor::from_integers(Shape{}, {value}));
    }
    ValueId integers(const Integers& values)
    {
        return graph.add_constant("list", Tensor::from_integers({int64_t(values.size())}, values));
    }
    ValueId input(const char* name, Shape shape) { return graph.add_input(name, DType::f32, std::move(shape)); }
};

TEST_CASE("sequences: tensors are inserted, erased, taken and joined by position")
{
    Network net;
    const ValueId x = net.input("x", {2, 3});
    const ValueId y = net.input("y", {2, 2});
    const ValueId both = net.sequence(SequenceKind::construct, {x, y});
    const ValueId z = net.add(Unary{.kind = UnaryKind::neg}, {x});
    const ValueId three = net.sequence(SequenceKind::insert, {both, z, net.integer(-1)}); // x z y
    const ValueId four = net.sequence(SequenceKind::insert, {three, y});                  // x z y y
    const ValueId last_three = net.sequence(SequenceKind::erase, {four, net.integer(0)});
    const ValueId two = net.sequence(SequenceKind::erase, {last_three}); // z y
    const ValueId passed = net.add(Unary{.kind = UnaryKind::identity}, {two});
    net.graph.outputs = {net.add(TensorSequence{.kind = SequenceKind::concat, .axis = -1}, {four}),
                         net.sequence(SequenceKind::element, {passed, net.integer(-2)}),
                         net.sequence(SequenceKind::length, {passed}),
                         net.add(TensorSequence{.kind = SequenceKind::concat, .axis = -1, .is_stack = true},
                                 {net.sequence(SequenceKind::construct, {x, z})})};
    check_equals_reference(
        net.graph, {{"x", Tensor::from({2, 3}, {1, 2, 3, 4, 5, 6})}, {"y", Tensor::from({2, 2}, {7, 8, 9, 10})}});
}

TEST_CASE("sequences: a tensor is split into equal parts, parts of given extents, or slices")
{
    Network net;
    const ValueId x = net.input("x", {2, 5});
    const auto parts = [&](TensorSequence op, std::vector<ValueId> inputs)
    {
        op.kind = SequenceKind::split;
        return net.add(op, std::move(inputs));
    };
    const ValueId pairs = parts({.axis = -1}, {x, net.integer(2)});
    const ValueId given = parts({.axis = 1, .keep_dims = false}, {x, net.integers({1, 0, 4})});
    const ValueId rows = parts({.axis = 0, .keep_dims = false}, {x});
    const ValueId columns = parts({.axis = 1}, {x});
    const auto at = [&](ValueId sequence, int64_t position) {
        return net.sequence(SequenceKind::element, {sequence, net.integer(position)});
    };
    net.graph.outputs = {at(pairs, 2), at(given, 1), at(given, 2), at(rows, 1), at(columns, 4)};
    check_equals_reference(net.graph, {{"x", Tensor::from({2, 5}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})}});
}

/// (turn, condition, list, x) → (condition, list with x + turn).
std::shared_ptr<const Graph> appending_body(UnaryKind kind = UnaryKind::identity)
{
    Network net;
    const ValueId turn = net.graph.add_input("turn", DType::i64, Shape{});
    const ValueId condition = net.graph.add_input("condition", DType::boolean, Shape{});
    const ValueId list = net.input("list", Shape{});
    const ValueId x = net.input("x", {2});
    const ValueId sum = net.add(Binary{}, {x, net.add(Cast{.to = DType::f32}, {turn})});
    net.graph.outputs = {condition, net.sequence(SequenceKind::insert, {list, net.add(Unary{.kind = kind}, {sum})})};
    return std::make_shared<const Graph>(std::move(net.graph));
}

TEST_CASE("sequences: a Loop appends as often as an extent says")
{
    Network net;
    const ValueId x = net.input("x", {2});
    const ValueId y = net.input("y", {-1});
    const ValueId turns = net.add(ShapeOf{}, {y});
    const ValueId begin = net.sequence(SequenceKind::construct, {});
    const ValueId list = net.add(Loop{.body = appending_body(), .carried = 1}, {turns, no_value, begin, x});
    net.graph.outputs = {net.add(TensorSequence{.kind = SequenceKind::concat, .is_stack = true}, {list})};
    for (const int64_t extent : {1, 5})
        check_equals_reference(net.graph, {{"x", Tensor::from({2}, {1, 2})},
                                           {"y", Tensor::from({extent}, std::vector<float>(size_t(extent), 1.0f))}});
}

TEST_CASE("sequences: an optional value begins a list, or passes one on")
{
    for (const bool is_given : {true, false})
    {
        Network then;
        const ValueId x = then.input("x", {2});
        then.input("list", Shape{});
        then.graph.outputs = {then.sequence(SequenceKind::construct, {x})};
        Network otherwise;
        otherwise.input("x", {2});
        otherwise.graph.outputs = {
            otherwise.add(Unary{.kind = UnaryKind::identity}, {otherwise.input("list", Shape{})})};
        Network net;
        const ValueId y = net.input("x", {2});
        const ValueId optional =
            is_given ? net.sequence(SequenceKind::construct, {y, y}) : net.sequence(SequenceKind::none, {});
        const ValueId is_none =
            net.add(Unary{.kind = UnaryKind::logical_not}, {net.sequence(SequenceKind::has_value, {optional})});
        const If op = {.then_branch = std::make_shared<const Graph>(std::move(then.graph)),
                       .else_branch = std::make_shared<const Graph>(std::move(otherwise.graph))};
        const ValueId list = net.add(op, {is_none, y, optional});
        net.graph.outputs = {net.add(TensorSequence{.kind = SequenceKind::concat}, {list})};
        check_equals_reference(net.graph, {{"x", Tensor::from({2}, {1, 2})}});
    }
}

TEST_CASE("sequences: mistakes and unknown positions are refused with a message")
{
    const auto refused = [](const auto& output_of, const std::string& words)
    {
        Network net;
        const ValueId x = net.input("x", {2, 3});
        net.graph.outputs = {output_of(net, x)};
        const std::string message = refusal_of(net.graph);
        CHECK_MESSAGE(message.find(words) != std::string::npos, message);
    };
    const auto pair = [](Network& net, ValueId x) { return net.sequence(SequenceKind::construct, {x, x}); };
    const auto element_at = [&](int64_t position)
    {
        return [=](Network& net, ValueId x) {
            return net.sequence(SequenceKind::element, {pair(net, x), net.integer(position)});
        };
    };
    refused(element_at(2), "(SequenceAt): position 2 is out of range: input 0 'node 0' has 2 tensors");
    refused(element_at(INT64_MIN), "position -9223372036854775808 is out of range");
    refused(
        [&](Network& net, ValueId x) {
            return net.sequence(SequenceKind::element, {pair(net, x), net.integers({0, 1})});
        },
        "input 1 'list': expected one integer, got shape 2");
    refused(
        [&](Network& net, ValueId x) {
            return net.sequence(SequenceKind::element, {pair(net, x), pair(net, x)});
        },
        "input 1 'node 1': expected integers, got a sequence");
    refused(
        [&](Network& net, ValueId x) {
            return net.sequence(SequenceKind::length,
                                {net.sequence(SequenceKind::insert, {pair(net, x), net.integer(1)})});
        },
        "input 1 '1' is of i64, but the sequence has tensors of f32");
    refused([&](Network& net, ValueId)
            { return net.sequence(SequenceKind::concat, {net.sequence(SequenceKind::construct, {})}); },
            "(ConcatFromSequence): input 0 'node 0' is a sequence without tensors");
    refused([&](Network& net, ValueId)
            { return net.sequence(SequenceKind::erase, {net.sequence(SequenceKind::construct, {})}); },
            "(SequenceErase): input 0 'node 0' is a sequence without tensors");
    refused([&](Network& net, ValueId x) { return net.sequence(SequenceKind::length, {x}); },
            "input 0 'x' is a tensor, expected a sequence of tensors");
    refused([&](Network& net, ValueId x) { return net.add(Unary{.kind = UnaryKind::neg}, {pair(net, x)}); },
            "input 0 'node 0' is a sequence of tensors, expected a tensor");
    refused(
        [&](Network& net, ValueId x) {
            return net.sequence(SequenceKind::construct, {x, pair(net, x)});
        },
        "input 1 'node 0' is a sequence, expected a tensor");
    refused([&](Network& net, ValueId)
            { return net.sequence(SequenceKind::length, {net.sequence(SequenceKind::none, {})}); },
            "is an optional value that is missing");
    refused(
        [&](Network& net, ValueId x) {
            return net.sequence(SequenceKind::length, {net.sequence(SequenceKind::split, {x, net.integer(0)})});
        },
        "expected an extent of at least 1, got 0");
    refused(
        [&](Network& net, ValueId x) {
            return net.sequence(SequenceKind::concat, {net.sequence(SequenceKind::split, {x, net.integers({1, 2})})});
        },
        "(Split): the parts must be 0 or more and add up to 2");
    refused(pair, "output 'node 0' is a sequence of tensors or an optional value");
    refused(
        [&](Network& net, ValueId x)
        {
            const ValueId position =
                net.add(Cast{.to = DType::i64}, {net.add(Reduce{.kind = ReduceKind::max, .keep_dims = false}, {x})});
            return net.sequence(SequenceKind::element, {pair(net, x), position});
        },
        "the position in a sequence of tensors must be computable when the network is planned; 'node 1' is computed "
        "by");
}

TEST_CASE("sequences: a Loop that appends without end, and parts without number, end at the bound on memory")
{
    Network net;
    const ValueId x = net.input("x", {2});
    const ValueId begin = net.sequence(SequenceKind::construct, {});
    const ValueId list = net.add(Loop{.body = appending_body(), .carried = 1}, {no_value, no_value, begin, x});
    net.graph.outputs = {net.sequence(SequenceKind::length, {list})};
    const std::string message = refusal_of(net.graph);
    CHECK_MESSAGE(message.find("node 'node 1' (Loop): turn ") != std::string::npos, message);
    Network wide;
    const ValueId y = wide.input("y", {1 << 24});
    wide.graph.outputs = {wide.sequence(SequenceKind::length, {wide.sequence(SequenceKind::split, {y})})};
    CHECK(refusal_of(wide.graph).find("a sequence of 16777216 tensors") != std::string::npos);
}

} // namespace
} // namespace vkseg::test::tensor_sequence_test
