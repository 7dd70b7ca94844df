#include "runtime/specialize.hpp"

#include <doctest/doctest.h>

namespace vkseg::test::specialize_test {
namespace {

/// x [1,2,4,4], and w [4,4] that another input feeds.
struct Network
{
    Graph graph;
    ValueId x = graph.add_input("x", DType::f32, {1, 2, 4, 4});
    ValueId w = graph.add_input("w", DType::f32, {4, 4});

    ValueId add(const char* name, Op op, std::vector<ValueId> inputs)
    {
        return graph.add_node(name, std::move(op), std::move(inputs));
    }
    ValueId integers(const char* name, std::vector<int64_t> values)
    {
        const Shape shape = {int64_t(values.size())};
        return graph.add_constant(name, Tensor::from_integers(shape, std::move(values)));
    }
    Status status(std::vector<ValueId> outputs)
    {
        graph.outputs = std::move(outputs);
        return specialize(graph).status();
    }
};

bool says(const Status& status, const std::string& part)
{
    return status.message().find(part) != std::string::npos;
}

TEST_CASE("specialize: every node whose weights are computed or fed is named, with where they come from")
{
    Network network;
    const ValueId computed = network.add("twice", Binary{.kind = BinaryKind::add}, {network.w, network.w});
    const ValueId first = network.add("first", FullyConnected{}, {network.x, computed});
    const ValueId between = network.add("between", Unary{.kind = UnaryKind::relu}, {first});
    const ValueId second = network.add("second", FullyConnected{}, {between, network.w});
    const ValueId third = network.add("third", FullyConnected{}, {second, computed});
    const Status status = network.status({third});
    CAPTURE(status.message());
    CHECK(status.code() == StatusCode::unsupported);
    CHECK(says(status, "3 parts of the network"));
    CHECK(says(status,
               "node 'first' (FullyConnected): weights must be constant; 'twice' is computed by node 'twice' (Add)"));
    CHECK(says(status, "node 'second' (FullyConnected): weights must be constant; 'w' is an input of the graph"));
    CHECK(says(status, "node 'third' (FullyConnected): weights must be constant"));
    CHECK(says(status, "--input w=FILE.npy"));
}

TEST_CASE("specialize: parameters of every kind that are fed are named with the input that feeds them")
{
    struct Case
    {
        const char* name;
        Op op;
        size_t parameters;
    };
    const Case cases[] = {
        {"reshape", Reshape{}, 1},
        {"expand", Expand{}, 1},
        {"tile", Tile{}, 1},
        {"reduce", Reduce{}, 1},
        {"pad", Pad{}, 1},
        {"slice", Slice{}, 2},
        {"clip", Unary{.kind = UnaryKind::clip}, 1},
    };
    Network network;
    std::vector<ValueId> outputs;
    for (const Case& c : cases)
    {
        std::vector<ValueId> inputs = {network.x};
        for (size_t i = 0; i < c.parameters; ++i)
            inputs.push_back(network.graph.add_input(std::string(c.name) + "_" + std::to_string(i), DType::f32, {2}));
        outputs.push_back(network.add(c.name, c.op, inputs));
    }
    const Status status = network.status(outputs);
    CAPTURE(status.message());
    CHECK(status.code() == StatusCode::unsupported);
    for (const Case& c : cases)
    {
        CHECK(says(status, "node '" + std::string(c.name) + "'"));
        for (size_t i = 0; i < c.parameters; ++i)
            CHECK(says(status, "; '" + std::string(c.name) + "_" + std::to_string(i) + "' is an input of the graph"));
    }
}

TEST_CASE(
    "specialize: all nodes that need more than eight axes are named, and those behind them that need none are not")
{
    Network network;
    const ValueId ten = network.integers("ten", {1, 1, 1, 1, 1, 2, 2, 2, 2, 2});
    const ValueId four = network.integers("four", {1, 2, 4, 4});
    const Transpose swap = {.permutation = {0, 1, 2, 3, 4, 5, 6, 7, 9, 8}};
    const ValueId windows = network.add("windows", Reshape{}, {network.x, ten});
    const ValueId swapped = network.add("swapped", swap, {windows});
    const ValueId joined = network.add("joined", Reshape{}, {swapped, four});
    const ValueId lit = network.add("lit", FullyConnected{}, {joined, network.w});
    const ValueId again = network.add("again", Reshape{}, {lit, ten});
    const ValueId dark = network.add("dark", Unary{.kind = UnaryKind::relu}, {again});
    const ValueId shape = network.add("shape", ShapeOf{}, {dark});
    const ValueId copied = network.add("copied", Expand{}, {network.x, shape});
    const Status status = network.status({dark, copied});
    CAPTURE(status.message());
    CHECK(says(status, "4 parts of the network"));
    for (const char* name : {"'windows' (Reshape)", "'swapped' (Transpose)", "'again' (Reshape)"})
        CHECK(says(status, std::string("node ") + name + ": a tensor has at most 8 axes, got 10"));
    CHECK(says(status, "node 'lit' (FullyConnected)"));
}

TEST_CASE("specialize: one node in the way is one line, and a wrong node is told rather than an unsupported one")
{
    Network network;
    const ValueId first = network.add("first", FullyConnected{}, {network.x, network.w});
    const Status one = network.status({first});
    CHECK(one.code() == StatusCode::unsupported);
    CHECK(one.message().find('\n') == std::string::npos);
    const ValueId wrong = network.add("wrong", Concat{.axis = 9}, {first});
    const Status status = network.status({wrong});
    CHECK(status.code() == StatusCode::invalid_model);
    CHECK(says(status, "node 'wrong' (Concat)"));
}

} // namespace
} // namespace vkseg::test::specialize_test
