#include "support/convolution_cases.hpp"
#include "support/pairwise.hpp"

#include <doctest/doctest.h>

namespace vkseg::test::conv_transpose_test {
namespace {

void check(const ConvTransposeCase& c, bool has_bias = true)
{
    check_convolution(c, has_bias);
}

} // namespace

TEST_CASE("conv_transpose: every count of channels and extent")
{
    check({{1, 1, 1, 1}, {1, 1, 1, 1}});
    check({{1, 1, 3, 3}, {1, 2, 3, 3}});
    check({{2, 3, 5, 4}, {3, 17, 3, 2}});
    check({{1, 21, 4, 7}, {21, 5, 2, 2}, {.window = {.strides = {2, 2}}}}, false);
    check({{1, 12, 16, 17}, {12, 20, 2, 2}, {.window = {.strides = {2, 2}}}});
    check({{2, 5, 11}, {5, 3, 4}, {.window = {.strides = {3}, .pads = {1, 0}}, .output_padding = {2}}});
}

TEST_CASE("conv_transpose: a single input, which each tap takes to an output of its own")
{
    for (const UnaryKind kind : {UnaryKind::identity, UnaryKind::relu, UnaryKind::hard_sigmoid, UnaryKind::sigmoid})
    {
        const ConvTranspose op = {.activation = {.kind = kind, .a = 0.2f, .b = 0.5f}};
        check({{1, 33, 1, 1}, {33, 12, 7, 7}, op});
        check({{2, 5, 1, 1}, {5, 3, 3, 2}, op});
        check({{1, 3, 1, 1, 1}, {3, 17, 2, 3, 4}, op});
        check({{1, 21, 1}, {21, 5, 6}, op}, false);
    }
    check({{1, 9, 1, 1}, {9, 4, 4, 4}, {.window = {.strides = {2, 2}, .pads = {1, 1, 1, 1}}}}); // some taps are cropped
    check({{1, 9, 1, 1}, {9, 4, 4, 4}, {.window = {.strides = {5, 3}}}});
    check({{1, 8, 1, 1}, {8, 2, 3, 3}, {.groups = 2}});
}

TEST_CASE("conv_transpose: strides, dilations, pads and output_padding")
{
    for (const ConvTranspose& op : {
             ConvTranspose{.window = {.strides = {2, 2}, .pads = {1, 1, 1, 1}}, .output_padding = {1, 1}},
             ConvTranspose{.window = {.strides = {3, 2}, .pads = {0, 2, 1, 0}}, .output_padding = {2, 1}},
             ConvTranspose{.window = {.strides = {5, 4}}},
             ConvTranspose{.window = {.strides = {1, 1}, .dilations = {2, 3}, .pads = {1, 2, 3, 0}}},
             ConvTranspose{.window = {.strides = {2, 3}, .dilations = {3, 2}, .pads = {1, 0, 2, 1}}},
             ConvTranspose{.window = {.strides = {4, 6}, .dilations = {2, 4}}, .output_padding = {1, 3}},
             ConvTranspose{.window = {.strides = {2, 2}, .auto_pad = AutoPad::same_upper}},
             ConvTranspose{.window = {.strides = {2, 3}, .auto_pad = AutoPad::same_lower}},
             ConvTranspose{.window = {.strides = {2, 2}, .auto_pad = AutoPad::valid}},
             ConvTranspose{.window = {.strides = {2, 2}}, .output_shape = {12, 15}},
             ConvTranspose{.window = {.strides = {2, 2}, .auto_pad = AutoPad::same_upper}, .output_shape = {11, 13}},
             ConvTranspose{.window = {.strides = {2, 2}}, .output_shape = {20, 21}},
         })
    {
        check({{1, 6, 6, 7}, {6, 5, 3, 3}, op});
        check({{2, 3, 7, 6}, {3, 2, 4, 2}, op});
    }
}

TEST_CASE("conv_transpose: more products to an output than a driver lets a loop turn")
{
    // llvmpipe leaves loops after 65535 turns; DeconvNet's first one has 4096 inputs and 7 x 7 taps.
    ConvTranspose op;
    op.window = {.kernel = {7, 7}, .strides = {1, 1}};
    op.activation = {.kind = UnaryKind::relu};
    check_op(op, {random({1, 4096, 1, 1}), random({4096, 3, 7, 7}), random({3})}, {.terms = 4096});
}

TEST_CASE("conv_transpose: groups and depthwise")
{
    check({{1, 6, 5, 5}, {6, 5, 3, 3}, {.window = {.strides = {2, 2}}, .groups = 2}});
    check({{1, 16, 5, 5}, {16, 16, 2, 2}, {.window = {.strides = {2, 2}}, .groups = 2}});
    check({{2, 9, 5, 5}, {9, 1, 4, 4}, {.window = {.strides = {2, 2}, .pads = {1, 1, 1, 1}}, .groups = 9}});
}

TEST_CASE("conv_transpose: doubling volumes to few channels, all phases of a slice at once")
{
    for (const auto& [x, outputs, kind, depth] :
         pairwise<Shape, int64_t, UnaryKind, int64_t>({{1, 1, 1, 1, 1}, {2, 5, 2, 3, 7}, {1, 17, 5, 9, 4}},
                                                      {1, 3, 4, 5}, {UnaryKind::identity, UnaryKind::sigmoid}, {1, 2}))
        check({x, {x[1], outputs, depth, 2, 2}, {.window = {.strides = {depth, 2, 2}}, .activation = {kind}}},
              outputs != 3);
}

TEST_CASE("conv_transpose: volumes")
{
    bool is_even = false;
    check({{1, 1, 1, 1, 1}, {1, 1, 1, 1, 1}});
    check({{2, 5, 3, 4, 7}, {5, 18, 2, 2, 2}, {.window = {.strides = {2, 2, 2}}}});
    check({{1, 16, 4, 5, 9}, {16, 17, 2, 2, 2}, {.window = {.strides = {2, 2, 2}}}}, false);
    check({{2, 5, 3, 4, 7}, {5, 3, 2, 2, 2}, {.window = {.strides = {2, 2, 2}}, .activation = {UnaryKind::relu}}});
    check({{2, 5, 3, 4, 7}, {5, 3, 1, 2, 2}, {.window = {.strides = {1, 2, 2}}, .activation = {UnaryKind::sigmoid}}});
    check({{2, 17, 3, 2, 2}, {17, 5, 1, 1, 1}, {.window = {.strides = {2, 1, 1}}}});
    check({{1, 6, 1, 1, 37}, {6, 5, 3, 3, 3}, {.window = {.pads = Integers(6, 1)}}});
    check({{1, 16, 3, 8, 9},
           {16, 12, 1, 4, 4},
           {.window = {.strides = {1, 2, 2}, .pads = {0, 1, 1, 0, 1, 1}}, .activation = {UnaryKind::relu}}});
    for (const ConvTranspose& op : {
             ConvTranspose{.window = {.strides = {2, 2, 2}, .pads = {1, 1, 1, 1, 1, 1}}, .output_padding = {1, 0, 1}},
             ConvTranspose{.window = {.strides = {3, 2, 1}, .pads = {0, 2, 1, 2, 0, 1}}, .output_padding = {2, 1, 0}},
             ConvTranspose{.window = {.strides = {5, 1, 4}}},
             ConvTranspose{.window = {.strides = {1, 1, 1}, .dilations = {2, 3, 1}, .pads = {1, 2, 3, 3, 0, 1}}},
             ConvTranspose{.window = {.strides = {2, 1, 3}, .dilations = {3, 2, 2}, .pads = {1, 0, 2, 4, 1, 0}}},
             ConvTranspose{.window = {.strides = {4, 1, 6}, .dilations = {2, 1, 4}}, .output_padding = {1, 0, 3}},
             ConvTranspose{.window = {.strides = {2, 1, 2}, .auto_pad = AutoPad::same_upper}},
             ConvTranspose{.window = {.strides = {2, 3, 1}, .auto_pad = AutoPad::same_lower}},
             ConvTranspose{.window = {.strides = {2, 2, 2}}, .output_shape = {8, 11, 9}},
         })
    {
        // Kernels of volumes are compiled for each window along the depth.
        is_even = !is_even;
        if (is_even)
            check({{1, 6, 4, 5, 4}, {6, 5, 3, 3, 3}, op});
        else
            check({{2, 3, 3, 6, 5}, {3, 2, 4, 2, 3}, op});
    }
}

TEST_CASE("conv_transpose: volumes in groups and depthwise")
{
    check({{1, 6, 3, 5, 5}, {6, 5, 3, 3, 3}, {.window = {.strides = {2, 2, 2}}, .groups = 2}});
    check({{1, 16, 2, 5, 5}, {16, 16, 2, 2, 2}, {.window = {.strides = {2, 2, 2}}, .groups = 2}});
    check({{2, 9, 3, 4, 5},
           {9, 1, 4, 4, 4},
           {.window = {.strides = {2, 2, 2}, .pads = {1, 1, 1, 1, 1, 1}}, .groups = 9}});
}

TEST_CASE("conv_transpose: the upsampling of FCN")
{
    check({{1, 21, 5, 6}, {21, 21, 16, 16}, {.window = {.strides = {8, 8}, .pads = {4, 4, 4, 4}}}}, false);
}

TEST_CASE("conv_transpose: doubling to few channels, all phases at once")
{
    for (const auto& [x, outputs, kind] : pairwise<Shape, int64_t, UnaryKind>(
             {{1, 1, 1, 1}, {2, 5, 3, 7}, {1, 16, 33, 19}, {3, 67, 4, 4}}, {1, 3, 4, 5},
             {UnaryKind::identity, UnaryKind::sigmoid, UnaryKind::relu, UnaryKind::tanh}))
        check({x, {x[1], outputs, 2, 2}, {.window = {.strides = {2, 2}}, .activation = {kind}}}, outputs != 3);
    check({{1, 2049, 3, 3}, {2049, 2, 2, 2}, {.window = {.strides = {2, 2}}, .activation = {UnaryKind::sigmoid}}});
}

TEST_CASE("conv_transpose: activation and planes of many workgroups")
{
    check({{1, 16, 40, 41},
           {16, 24, 3, 3},
           {.window = {.strides = {2, 2}, .pads = {1, 1, 1, 1}}, .activation = {UnaryKind::relu}}});
}

TEST_CASE("conv_transpose: says what is wrong with its inputs")
{
    const Tensor x = random({1, 4, 8, 8});
    CHECK(refusal(ConvTranspose{}, {x, random({3, 2, 3, 3})}).find("need an input of 3 channels, got 1x4x8x8") !=
          std::string::npos);
    CHECK(refusal(ConvTranspose{.window = {.strides = {2, 2}}, .output_padding = {2, 0}}, {x, random({4, 2, 3, 3})})
              .find("output_padding 2 must be smaller than stride 2") != std::string::npos);
    CHECK(refusal(ConvTranspose{.output_shape = {7}}, {x, random({4, 2, 3, 3})}).find("output_shape must have 2") !=
          std::string::npos);
    CHECK(refusal(ConvTranspose{.window = {.pads = {9, 9, 9, 9}}}, {x, random({4, 2, 3, 3})}).find("no output") !=
          std::string::npos);
    CHECK(refusal(ConvTranspose{.groups = 3}, {x, random({4, 2, 3, 3})}).find("3 groups") != std::string::npos);
    CHECK(refusal(ConvTranspose{.window = {.strides = {100, 100}}}, {x, random({4, 2, 3, 3})})
              .find("product of the strides") != std::string::npos);
}

} // namespace vkseg::test::conv_transpose_test
