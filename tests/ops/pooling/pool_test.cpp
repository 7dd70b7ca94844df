#include "ops/operators.hpp"
#include "pooling/pool.h"
#include "support/check_op.hpp"
#include "support/plan_of.hpp"

#include <doctest/doctest.h>

namespace vkseg::test::pool_test {
namespace {

struct Case
{
    Shape shape;
    Window window;
    bool ceil_mode = false;
};

const std::vector<Case>& cases()
{
    static const std::vector<Case> all = {
        {{1, 1, 1, 1}, {.kernel = {1, 1}}},
        {{1, 3, 7, 5}, {.kernel = {2, 2}, .strides = {2, 2}}},
        {{2, 5, 7, 11}, {.kernel = {3, 3}, .strides = {2, 2}, .pads = {1, 1, 1, 1}}},
        {{1, 4, 7, 10}, {.kernel = {3, 2}, .strides = {2, 3}, .pads = {0, 1, 2, 0}}, true},
        {{1, 4, 9, 9}, {.kernel = {3, 3}, .strides = {2, 2}}, true},
        {{1, 17, 13, 6}, {.kernel = {3, 3}, .dilations = {2, 3}, .pads = {2, 1, 1, 3}}},
        {{1, 3, 11, 13}, {.kernel = {2, 3}, .strides = {4, 5}}},
        {{1, 2, 9, 8}, {.kernel = {3, 4}, .strides = {2, 2}, .auto_pad = AutoPad::same_upper}},
        {{1, 2, 9, 8}, {.kernel = {3, 4}, .strides = {2, 3}, .auto_pad = AutoPad::same_lower}},
        {{1, 2, 9, 8}, {.kernel = {3, 4}, .strides = {2, 3}, .auto_pad = AutoPad::valid}},
        {{1, 21, 33, 33}, {.kernel = {33, 33}}},
        {{1, 36, 8, 6}, {.kernel = {2, 2}, .strides = {2, 2}}},
        {{2, 25, 9, 7}, {.kernel = {3, 4}, .strides = {1, 2}}},
        {{2, 3, 31}, {.kernel = {4}, .strides = {3}, .pads = {1, 2}}},
        {{1, 5, 4, 6, 5}, {.kernel = {2, 3, 2}, .strides = {2, 1, 2}, .pads = {1, 0, 1, 0, 2, 0}}},
        {{1, 17, 7, 5, 11}, {.kernel = {2, 2, 2}, .strides = {2, 2, 2}}},
        {{2, 3, 7, 6, 5}, {.kernel = {3, 3, 3}, .strides = {2, 2, 2}, .pads = {1, 1, 1, 1, 1, 1}}, true},
        {{2, 6, 7, 1, 9},
         {.kernel = {3, 1, 2}, .strides = {1, 1, 3}, .dilations = {2, 1, 3}, .pads = {2, 0, 1, 1, 0, 1}}},
        {{1, 4, 5, 8, 7}, {.kernel = {2, 3, 3}, .strides = {2, 3, 2}, .auto_pad = AutoPad::same_lower}},
    };
    return all;
}

double taps_of(const Window& window)
{
    double taps = 1;
    for (const int64_t extent : window.kernel)
        taps *= double(extent);
    return taps;
}

} // namespace

TEST_CASE("pool: maxima and their indices are those of the reference, to the bit")
{
    for (const Case& c : cases())
    {
        for (const bool column_major : {false, true})
            check_op(Pool{.window = c.window, .ceil_mode = c.ceil_mode, .column_major_indices = column_major},
                     {random(c.shape)}, {.outputs = 2, .is_exact = true});
    }
}

TEST_CASE("pool: means count padding, or not, as they are told")
{
    for (const Case& c : cases())
    {
        for (const bool counts_padding : {false, true})
            check_op(Pool{.kind = PoolKind::average,
                          .window = c.window,
                          .ceil_mode = c.ceil_mode,
                          .count_include_pad = counts_padding},
                     {random(c.shape)}, {.terms = taps_of(c.window)});
    }
}

TEST_CASE("pool: norms of any exponent agree with the reference")
{
    for (const int64_t p : {1, 2, 3})
    {
        check_op(Pool{.kind = PoolKind::lp, .window = {.kernel = {3, 2}, .pads = {1, 0, 0, 1}}, .p = p},
                 {random({2, 5, 7, 6})}, {.terms = 6, .function_error = p == 3 ? 64.0 : 4.0});
    }
}

TEST_CASE("pool: the first of equal maxima is indexed")
{
    const Tensor x = random_integers({1, 5, 8, 9}, 0, 2);
    check_op(Pool{.window = {.kernel = {3, 3}, .strides = {2, 2}, .pads = {1, 1, 1, 1}}},
             {Tensor::from(x.shape(), x.to_floats())}, {.outputs = 2, .is_exact = true});
}

TEST_CASE("pool: a window in padding alone has no maximum and no mean")
{
    const Window window = {.kernel = {1, 2}, .pads = {1, 2, 1, 2}};
    check_op(Pool{.window = window}, {random({1, 3, 2, 3})}, {.outputs = 2, .is_exact = true});
    check_op(Pool{.kind = PoolKind::average, .window = window}, {random({1, 3, 2, 3})}, {.terms = 2});
}

TEST_CASE("pool: the mean of a large window does not leave f16's range on the way")
{
    check_op(Pool{.kind = PoolKind::average, .window = {.kernel = {64, 64}}}, {random({1, 4, 64, 64}, 900, 1100)},
             {.terms = 4096});
}

TEST_CASE("pool: an invocation computes as many blocks as its registers hold")
{
    const auto blocks_of = [](const Window& window, int registers, int memory_registers = 1000)
    {
        Limits limits;
        limits.preferences.registers = registers;
        limits.preferences.memory_registers = memory_registers;
        const Operand x = packed({1, 32, 9, 9});
        const Operand y = packed({1, 32, 4, 4});
        const Result<Plan> found =
            plan(Op(Pool{.window = window}), {.inputs = {&x, 1}, .outputs = {&y, 1}, .limits = limits});
        REQUIRE_MESSAGE(found.is_ok(), found.status().message());
        return int(found->dispatches.at(0).specialization.at(contract::pool_blocks_id));
    };
    const Window threes = {.kernel = {3, 3}, .strides = {2, 2}};
    CHECK(blocks_of(threes, 255) == 4);
    CHECK(blocks_of(threes, 64) == 3);
    CHECK(blocks_of(threes, 44) == 2);
    CHECK(blocks_of(threes, 64, 32) == 1);
    CHECK(blocks_of(threes, 16) == 1);
    CHECK(blocks_of({.kernel = {2, 2}, .strides = {2, 2}}, 64, 32) == 4); // pool_max2
}

TEST_CASE("pool: maxima of bytes, and their indices")
{
    const Window three = {.kernel = {3, 3}, .strides = {2, 1}, .dilations = {}, .pads = {1, 0, 1, 1}};
    check_op(Pool{.window = three}, {random_picture({2, 5, 8, 9})}, {.outputs = 2});
    check_op(Pool{.window = {.kernel = {2, 2}, .strides = {2, 2}}}, {random_picture({1, 3, 6, 4})}, {.outputs = 2});
}

TEST_CASE("pool: refuses what does not fit and says why")
{
    const Tensor x = random({1, 3, 5, 5});
    CHECK(refusal(Pool{}, {x}).find("kernel_shape is missing") != std::string::npos);
    CHECK(refusal(Pool{.window = {.kernel = {3}}}, {x}).find("kernel_shape must have 2 entries") != std::string::npos);
    CHECK(refusal(Pool{.window = {.kernel = {0, 3}}}, {x}).find("kernel_shape must be from 1") != std::string::npos);
    CHECK(refusal(Pool{.window = {.kernel = {6, 6}}}, {x}).find("leaves no output") != std::string::npos);
    CHECK(refusal(Pool{.window = {.kernel = {2, 2}, .strides = {0, 1}}}, {x}).find("strides") != std::string::npos);
    CHECK(refusal(Pool{.window = {.kernel = {2, 2}, .pads = {0, -1, 0, 0}}}, {x}).find("pads") != std::string::npos);
    CHECK(refusal(Pool{.kind = PoolKind::lp, .window = {.kernel = {2, 2}}, .p = 0}, {x}).find("p must be") !=
          std::string::npos);
    CHECK(refusal(Pool{.window = {.kernel = {1}}}, {random({3, 4})}).find("spatial axes") != std::string::npos);
    CHECK(refusal(Pool{.window = {.kernel = {2, 2}}}, {random_integers({1, 1, 3, 3}, 0, 5)}).find("floats") !=
          std::string::npos);
}

} // namespace vkseg::test::pool_test
