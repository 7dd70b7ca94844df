#include "ops/loop_turns.hpp"

#include "vkseg/graph_builder.hpp"
#include "vkseg/session.hpp"

#include <doctest/doctest.h>

namespace vkseg::test::loop_turns_test {
namespace {

/// Why a session within the minimum limits refuses the layer that `add` makes of an input of this shape; empty if it
/// does not.
template <class Add>
std::string refusal_of(const Shape& input, const Add& add)
{
    GraphBuilder net("net");
    const ValueId x = net.input("input", input);
    Result<Graph> graph = net.finish({add(net, x)});
    REQUIRE_MESSAGE(graph.is_ok(), graph.status().message());
    return summarize(*graph).status().message();
}

} // namespace

TEST_CASE("loop turns: nested loops count their last looks")
{
    const int64_t taps[] = {7, 7};
    CHECK(count_loop_turns(1024, taps) == 1024 * (1 + 8 + 7 * 8));
    CHECK(count_convolution_turns(1024, taps) == 1024 * (1 + 8 + 7 * 8));
    CHECK(count_convolution_turns(1024, Integers{1, 7, 7}) == 1024 * (1 + 8 + 7 * 8));
    CHECK(count_convolution_turns(1024, Integers{1, 1, 1}) == 1024);
    const int64_t huge[] = {int64_t(1) << 30, int64_t(1) << 30};
    CHECK(count_loop_turns(1, huge) > Limits().max_loop_turns);
    CHECK(check_loop_turns(65000, Limits()).is_ok());
    CHECK_FALSE(check_loop_turns(65001, Limits()).is_ok());
}

TEST_CASE("loop turns: what a device's loops would cut short is refused")
{
    const std::string expected = "loop iterations per output";
    CHECK(refusal_of({1, 1, 300, 300},
                     [](GraphBuilder& net, ValueId x) { return net.max_pool(x, {.kernel = 300, .stride = 1}); })
              .find(expected) != std::string::npos);
    CHECK(refusal_of({1, 100000}, [](GraphBuilder& net, ValueId x) { return net.softmax(x); }).find(expected) !=
          std::string::npos);
    CHECK(refusal_of({2, 300000},
                     [](GraphBuilder& net, ValueId x) {
                         return net.node(MatMul{}, {x, net.transpose(x, {1, 0})});
                     })
              .find(expected) != std::string::npos);
    CHECK(refusal_of({1, 1, 200, 200},
                     [](GraphBuilder& net, ValueId x) { return net.max_pool(x, {.kernel = 200, .stride = 1}); })
              .empty());
}

} // namespace vkseg::test::loop_turns_test
