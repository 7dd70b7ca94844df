#include "vkseg/session.hpp"

#include "support/check_op.hpp"
#include "support/devices.hpp"
#include "support/due_runs.hpp"

#include <doctest/doctest.h>

#include <limits>

namespace vkseg::test::fit_integers_test {
namespace {

constexpr int64_t beyond = int64_t(1) << 40;
constexpr int64_t lowest = INT32_MIN;
constexpr int64_t highest = INT32_MAX;
constexpr float infinity = std::numeric_limits<float>::infinity();

Tensor as_integers(Tensor tensor)
{
    return tensor.type() == DType::i64 ? tensor : Tensor::from_integers(tensor.shape(), tensor.to_integers());
}

struct Network
{
    Graph graph;
    ValueId x = no_value;
};

Network with_input(const Shape& shape)
{
    Network network;
    network.x = network.graph.add_input("x", DType::i64, shape);
    return network;
}

std::string refusal_of(const Graph& graph)
{
    const Result<Graph> specialized = specialize(graph);
    return specialized.is_ok() ? "" : specialized.status().message();
}

} // namespace

TEST_CASE("fit_integers: comparisons, minima and maxima with constants of 64 bits are exact")
{
    const std::vector<int64_t> values = {lowest, lowest + 1, -1, 0, 1, highest - 1, highest};
    const std::vector<int64_t> bounds = {INT64_MIN, -beyond,     lowest - 1, lowest,   0,
                                         highest,   highest + 1, beyond,     INT64_MAX};
    struct Case
    {
        BinaryKind kind;
        bool (*holds)(int64_t, int64_t);
    };
    const Case cases[] = {{BinaryKind::less, [](int64_t a, int64_t b) { return a < b; }},
                          {BinaryKind::less_or_equal, [](int64_t a, int64_t b) { return a <= b; }},
                          {BinaryKind::greater, [](int64_t a, int64_t b) { return a > b; }},
                          {BinaryKind::greater_or_equal, [](int64_t a, int64_t b) { return a >= b; }},
                          {BinaryKind::equal, [](int64_t a, int64_t b) { return a == b; }}};
    for (const TestDevice& device : devices_of_turn(next_turn()))
    {
        INFO(device.name);
        for (const bool is_second : {false, true})
        {
            Network network = with_input({7});
            std::vector<std::vector<int64_t>> expected;
            for (const int64_t bound : bounds)
            {
                const ValueId constant = network.graph.add_constant("bound " + std::to_string(bound), ints({bound}));
                const auto add = [&](BinaryKind kind, const std::vector<int64_t>& results)
                {
                    const std::vector<ValueId> operands =
                        is_second ? std::vector{constant, network.x} : std::vector{network.x, constant};
                    network.graph.outputs.push_back(network.graph.add_node(
                        "output " + std::to_string(network.graph.outputs.size()), Binary{kind}, operands));
                    expected.push_back(results);
                };
                for (const Case& c : cases)
                {
                    std::vector<int64_t> results;
                    for (const int64_t value : values)
                        results.push_back(is_second ? c.holds(bound, value) : c.holds(value, bound));
                    add(c.kind, results);
                }
                std::vector<int64_t> smallest;
                std::vector<int64_t> largest;
                for (const int64_t value : values)
                {
                    smallest.push_back(std::min(value, bound));
                    largest.push_back(std::max(value, bound));
                }
                if (bound >= lowest)
                    add(BinaryKind::min, smallest);
                if (bound <= highest)
                    add(BinaryKind::max, largest);
            }
            Result<Session> session = Session::create(device.device, network.graph, {});
            REQUIRE_MESSAGE(session.is_ok(), session.status().message());
            const std::vector<NamedTensor> inputs = {{"x", ints(values)}};
            const Result<RunResult> result = session->run(inputs);
            REQUIRE_MESSAGE(result.is_ok(), result.status().message());
            for (size_t i = 0; i < expected.size(); ++i)
                CHECK_MESSAGE(as_integers(result->outputs[i].tensor).to_integers() == expected[i], "output ", i);
            count_check(device.name);
        }
    }
}

TEST_CASE("fit_integers: what constants show to need more than 32 bits is refused by node")
{
    Network network = with_input({1, 5});
    Graph& graph = network.graph;
    const ValueId scores = graph.add_input("scores", DType::f32, {1, 21, 4, 4});
    const ValueId labels = graph.add_node("labels", ArgReduce{.axis = 1}, {scores});
    const auto integer = [&](int64_t value) { return graph.add_constant("c" + std::to_string(value), ints({value})); };
    std::string expected;
    ValueId result = no_value;
    SUBCASE("a product")
    {
        result = graph.add_node("product", Binary{BinaryKind::mul}, {labels, integer(200'000'000)});
        expected = "4000000000";
    }
    SUBCASE("a sum of a product")
    {
        const ValueId product = graph.add_node("inner", Binary{BinaryKind::mul}, {labels, integer(100'000'000)});
        result = graph.add_node("product", Binary{BinaryKind::sub}, {integer(-200'000'000), product});
        expected = "-2200000000";
    }
    SUBCASE("a reduction")
    {
        const ValueId product = graph.add_node("inner", Binary{BinaryKind::mul}, {labels, integer(10'000'000)});
        result = graph.add_node("product", Reduce{.kind = ReduceKind::sum}, {product});
        expected = "3200000000";
    }
    SUBCASE("a choice between a label and a mark")
    {
        const ValueId is_first = graph.add_node("first", Binary{BinaryKind::equal}, {labels, integer(0)});
        result = graph.add_node("product", Where{}, {is_first, integer(INT64_MIN), labels});
        expected = "-9223372036854775808";
    }
    SUBCASE("a marked concatenation")
    {
        const ValueId mark =
            graph.add_constant("mark", Tensor::from_integers({1, 1, 4, 4}, std::vector<int64_t>(16, beyond)));
        result = graph.add_node("product", Concat{.axis = 1}, {labels, mark});
        expected = std::to_string(beyond);
    }
    const auto squared = [&](ValueId value) {
        return graph.add_node("product", Binary{BinaryKind::mul}, {value, value});
    };
    SUBCASE("a power")
    {
        result = graph.add_node("product", Binary{BinaryKind::pow}, {labels, integer(8)});
        expected = "25600000000"; // of 20, the last label
    }
    SUBCASE("a product of all")
    {
        result = graph.add_node("product", Reduce{.kind = ReduceKind::prod}, {labels});
        expected = std::to_string(INT64_MAX);
    }
    SUBCASE("a quotient of a product")
    {
        const ValueId quotient = graph.add_node("inner", Binary{BinaryKind::div}, {integer(10'000'000), labels});
        result = graph.add_node("product", Binary{BinaryKind::mul}, {quotient, integer(-1000)});
        expected = "-10000000000";
    }
    SUBCASE("a remainder of what is not known")
    {
        result = squared(graph.add_node("rest", Binary{BinaryKind::mod}, {network.x, integer(100'000)}));
        expected = "9999800001";
    }
    SUBCASE("what is bounded on either side, by a clip")
    {
        result = squared(graph.add_node("clip", Unary{UnaryKind::clip, -5, 100'000}, {network.x}));
        expected = "10000000000";
    }
    SUBCASE("or by minimum and maximum")
    {
        const ValueId above = graph.add_node("above", Binary{BinaryKind::max}, {integer(-5), network.x});
        result = squared(graph.add_node("below", Binary{BinaryKind::min}, {above, integer(100'000)}));
        expected = "10000000000";
    }
    graph.outputs = {result};
    const std::string message = refusal_of(graph);
    CHECK_MESSAGE(message.find("'product'") != std::string::npos, message);
    CHECK_MESSAGE(message.find(expected) != std::string::npos, message);
}

TEST_CASE("fit_integers: division of integers by a constant 0 is refused")
{
    for (const BinaryKind kind : {BinaryKind::div, BinaryKind::mod, BinaryKind::fmod})
    {
        for (const int64_t divisor : {0, 3})
        {
            Graph graph;
            const ValueId x = graph.add_input("x", DType::i64, {2});
            graph.outputs = {graph.add_node("n", Binary{.kind = kind},
                                            {x, graph.add_constant("c", Tensor::from_integers({2}, {7, divisor}))})};
            const Status status = specialize(graph).status();
            CHECK(status.is_ok() == (divisor != 0));
            if (divisor == 0)
                CHECK_MESSAGE(status.message().find("a constant integer divisor is 0") != std::string::npos,
                              status.message());
        }
    }
}

TEST_CASE("fit_integers: what fits is not refused")
{
    Network network = with_input({1, 1, 4, 4});
    Graph& graph = network.graph;
    const ValueId scores = graph.add_input("scores", DType::f32, {1, 21, 4, 4});
    const ValueId labels = graph.add_node("labels", ArgReduce{.axis = 1}, {scores});
    const ValueId scaled =
        graph.add_node("scaled", Binary{BinaryKind::mul}, {labels, graph.add_constant("scale", ints({100'000'000}))});
    // Of inputs nothing is known: their sums wrap.
    const ValueId sum = graph.add_node("sum", Binary{BinaryKind::add}, {network.x, scaled});
    // Large on the host only.
    const ValueId wide = graph.add_constant("wide", ints({beyond}));
    const ValueId narrow = graph.add_node("narrow", Binary{BinaryKind::div}, {wide, wide});
    // An i32 wraps as it is meant to, and what became of it fits.
    const ValueId labels32 = graph.add_node("labels32", Cast{.to = DType::i32}, {labels});
    const ValueId large = graph.add_constant("large", Tensor::from_integers({1}, {1'000'000'000}));
    const ValueId large32 = graph.add_node("large32", Cast{.to = DType::i32}, {large});
    const ValueId wrapped = graph.add_node("wrapped", Binary{BinaryKind::mul}, {labels32, large32});
    const ValueId widened = graph.add_node("widened", Cast{.to = DType::i64}, {wrapped});
    // Without axes nothing is squared or added.
    const ValueId copied = graph.add_node(
        "copied", Reduce{.kind = ReduceKind::sum_square, .axes = {}, .noop_with_empty_axes = true}, {scaled});
    // Bounded on one side only.
    const ValueId below =
        graph.add_node("below", Binary{BinaryKind::min}, {network.x, graph.add_constant("most", ints({100'000}))});
    const ValueId squared = graph.add_node("squared", Binary{BinaryKind::mul}, {below, below});
    const ValueId floored = graph.add_node("floored", Unary{UnaryKind::clip, 0, infinity}, {network.x});
    const ValueId doubled = graph.add_node("doubled", Binary{BinaryKind::add}, {floored, floored});
    const ValueId square =
        graph.add_node("square", Binary{BinaryKind::pow}, {labels, graph.add_constant("two", ints({2}))});
    const ValueId even = graph.add_node("even", Binary{BinaryKind::mod}, {labels, graph.add_constant("2", ints({2}))});
    graph.outputs = {
        graph.add_node("output", Binary{BinaryKind::add}, {sum, narrow}), widened, copied, squared, doubled,
        graph.add_node("all", Reduce{.kind = ReduceKind::prod}, {even}),  square};
    CHECK(refusal_of(graph) == "");
}

TEST_CASE("fit_integers: bounds and padding that the device cannot hold are refused")
{
    const Tensor x = ints({1, 2, 3});
    const auto clip = [&](const Tensor& low, const Tensor& high) {
        return refusal(Unary{.kind = UnaryKind::clip}, {x, low, high});
    };
    CHECK(clip(ints({beyond}), missing()).find("at least 1099511627776") != std::string::npos);
    CHECK(clip(missing(), ints({-beyond})).find("at most -1099511627776") != std::string::npos);
    CHECK(clip(ints({-beyond}), ints({beyond})) == "");
    CHECK(clip(ints({(1 << 24) + 1}), missing()).find("2^24") != std::string::npos);
    const auto pad = [&](const Tensor& value) { return refusal(Pad{}, {x, ints({1, 1}), value}); };
    CHECK(pad(ints({(1 << 24) + 1})).find("2^24") != std::string::npos);
    CHECK(pad(ints({1 << 24})) == "");
    const float nan = std::numeric_limits<float>::quiet_NaN();
    const Tensor floats = Tensor::from({3}, {1, 2, 3});
    CHECK(refusal(Unary{.kind = UnaryKind::clip}, {floats, Tensor::from({}, {nan})}).find("NaN") != std::string::npos);
}

} // namespace vkseg::test::fit_integers_test
