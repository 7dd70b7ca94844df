#include "support/convolution_cases.hpp"
#include "support/pairwise.hpp"

#include <doctest/doctest.h>

namespace vkseg::test::conv_test {
namespace {

void check(const ConvCase& c, bool has_bias = true)
{
    check_convolution(c, has_bias);
}

} // namespace

TEST_CASE("conv: every count of channels and extent")
{
    for (const ConvCase& c : {
             ConvCase{{1, 1, 1, 1}, {1, 1, 1, 1}},
             ConvCase{{1, 1, 7, 5}, {3, 1, 3, 3}},
             ConvCase{{2, 3, 13, 11}, {17, 3, 3, 3}},
             ConvCase{{1, 4, 6, 6}, {4, 4, 3, 3}},
             ConvCase{{1, 5, 9, 31}, {21, 5, 1, 1}},
             ConvCase{{2, 17, 8, 8}, {5, 17, 1, 1}},
             ConvCase{{1, 21, 5, 7}, {33, 21, 2, 3}},
             ConvCase{{1, 2, 3, 300}, {1, 2, 1, 5}},
         })
        check(c);
}

TEST_CASE("conv: without a bias, and along one axis")
{
    check({{1, 3, 9, 9}, {5, 3, 3, 3}}, false);
    check({{2, 5, 37}, {3, 5, 4}});
    check({{1, 6, 23}, {9, 2, 3}, {.window = {.strides = {2}, .dilations = {2}, .pads = {1, 2}}, .groups = 3}});
}

TEST_CASE("conv: strides, dilations and pads on either side")
{
    for (const Window& window : {
             Window{.strides = {2, 2}, .pads = {1, 1, 1, 1}},
             Window{.strides = {1, 3}, .pads = {2, 0, 0, 1}},
             Window{.strides = {5, 4}},
             Window{.dilations = {2, 3}, .pads = {2, 3, 2, 3}},
             Window{.strides = {2, 1}, .dilations = {1, 4}, .pads = {0, 5, 3, 4}},
             Window{.strides = {3, 2}, .auto_pad = AutoPad::same_upper},
             Window{.strides = {2, 2}, .auto_pad = AutoPad::same_lower},
             Window{.strides = {2, 2}, .auto_pad = AutoPad::valid},
         })
    {
        check({{1, 6, 13, 17}, {9, 6, 3, 3}, {.window = window}});
        check({{2, 3, 11, 12}, {4, 3, 4, 2}, {.window = window}});
    }
}

TEST_CASE("conv: a pointwise window with a stride or pads")
{
    check({{1, 8, 9, 9}, {12, 8, 1, 1}, {.window = {.strides = {2, 2}}}});
    check({{1, 8, 9, 9}, {12, 8, 1, 1}, {.window = {.pads = {1, 2, 0, 1}}}});
}

TEST_CASE("conv: a kernel larger than the input")
{
    check({{1, 5, 3, 4}, {6, 5, 7, 7}, {.window = {.pads = {3, 3, 3, 3}}}});
    check({{1, 9, 7, 7}, {40, 9, 7, 7}});
}

TEST_CASE("conv: more products to an output than a driver lets a loop turn")
{
    Conv op;
    op.activation = {.kind = UnaryKind::sigmoid};
    check_op(op, {random({1, 1026, 16, 17}), random({5, 1026, 16, 16}, -0.01f, 0.01f), random({5})},
             {.terms = 1026 * 256});
}

TEST_CASE("conv: groups, aligned to blocks of channels or not")
{
    check({{1, 8, 7, 7}, {8, 4, 3, 3}, {.window = {.pads = {1, 1, 1, 1}}, .groups = 2}});
    check({{1, 6, 7, 7}, {10, 3, 3, 3}, {.groups = 2}});
    check({{2, 15, 5, 6}, {9, 5, 1, 1}, {.groups = 3}});
    check({{1, 32, 6, 6}, {48, 16, 3, 3}, {.groups = 2}});
    check({{1, 5, 6, 6}, {15, 1, 3, 3}, {.groups = 5}});
}

TEST_CASE("conv: depthwise")
{
    for (const int64_t channels : {2, 3, 5, 17, 64})
        check({{2, channels, 9, 10},
               {channels, 1, 3, 3},
               {.window = {.strides = {2, 1}, .pads = {1, 0, 1, 2}}, .groups = channels}});
    check({{1, 8, 40, 40}, {8, 1, 5, 5}, {.window = {.dilations = {3, 3}, .pads = {6, 6, 6, 6}}, .groups = 8}});
    check({{1, 9, 5, 6}, {9, 1, 2, 2}, {.groups = 9}}); // with the bias, an odd number of weights a channel
}

TEST_CASE("conv: planes of many workgroups")
{
    check({{1, 3, 131, 97}, {24, 3, 3, 3}, {.window = {.strides = {2, 2}, .pads = {1, 1, 1, 1}}}});
    check({{2, 32, 61, 67}, {40, 32, 1, 1}});
    check({{1, 16, 113, 89}, {16, 1, 3, 3}, {.window = {.pads = {1, 1, 1, 1}}, .groups = 16}});
}

TEST_CASE("conv: volumes of every count of channels and extent")
{
    for (const ConvCase& c : {
             ConvCase{{1, 1, 1, 1, 1}, {1, 1, 1, 1, 1}},
             ConvCase{{1, 1, 1, 7, 5}, {3, 1, 1, 3, 3}},
             ConvCase{{2, 3, 7, 5, 1}, {17, 3, 3, 3, 1}},
             ConvCase{{1, 4, 3, 6, 6}, {4, 4, 3, 3, 3}},
             ConvCase{{2, 5, 4, 3, 11}, {21, 5, 1, 1, 1}},
             ConvCase{{2, 17, 5, 4, 7}, {5, 17, 2, 1, 3}},
             ConvCase{{1, 3, 31, 1, 1}, {33, 3, 5, 1, 1}},
             ConvCase{{1, 5, 6, 7, 8}, {16, 5, 5, 5, 5}, {.window = {.pads = Integers(6, 2)}}},
             ConvCase{{1, 16, 5, 13, 11}, {17, 16, 5, 5, 5}, {.window = {.pads = Integers(6, 2)}}},
             ConvCase{{2, 16, 6, 4, 10}, {32, 16, 2, 2, 2}, {.window = {.strides = {2, 2, 2}}}},
             ConvCase{{1, 3, 2, 61, 67}, {18, 3, 3, 3, 3}, {.window = {.pads = Integers(6, 1)}}},
         })
        check(c, c.x[1] % 2 != 0);
    check({{1, 5, 8, 67, 68}, {17, 5, 3, 3, 3}}); // more than a small texel buffer holds
}

TEST_CASE("conv: volumes with strides, dilations and pads on either side")
{
    bool is_even = false;
    for (const Window& window : {
             Window{.strides = {2, 2, 2}, .pads = {1, 1, 1, 1, 1, 1}},
             Window{.strides = {3, 1, 2}, .pads = {2, 0, 1, 0, 1, 0}},
             Window{.strides = {1, 2, 1}, .pads = {0, 2, 0, 3, 0, 1}},
             Window{.dilations = {2, 3, 1}, .pads = {2, 3, 1, 4, 2, 1}},
             Window{.strides = {2, 1, 2}, .dilations = {3, 1, 2}, .pads = {0, 5, 3, 7, 0, 1}},
             Window{.pads = {9, 0, 0, 8, 0, 0}}, // some slices come from padding alone
             Window{.dilations = {5, 1, 1}, .pads = {5, 0, 0, 5, 0, 0}},
             Window{.strides = {3, 2, 2}, .auto_pad = AutoPad::same_upper},
             Window{.strides = {2, 2, 3}, .auto_pad = AutoPad::same_lower},
             Window{.strides = {2, 2, 2}, .auto_pad = AutoPad::valid},
         })
    {
        // Kernels of volumes are compiled for each window along the depth.
        is_even = !is_even;
        if (is_even)
            check({{1, 6, 7, 8, 5}, {9, 6, 3, 3, 3}, {.window = window}});
        else
            check({{2, 3, 6, 7, 9}, {4, 3, 2, 4, 1}, {.window = window}});
    }
}

TEST_CASE("conv: volumes through windows that are flat, or points with strides or pads")
{
    check({{2, 5, 6, 7, 8}, {18, 5, 1, 3, 3}, {.window = {.strides = {2, 1, 1}, .pads = {0, 1, 1, 0, 1, 1}}}});
    check({{2, 5, 6, 7, 8}, {18, 5, 3, 1, 1}, {.window = {.pads = {1, 0, 0, 1, 0, 0}}}});
    check({{2, 8, 5, 9, 9}, {12, 8, 1, 1, 1}, {.window = {.strides = {2, 2, 2}}}});
    check({{2, 8, 5, 9, 9}, {12, 8, 1, 1, 1}, {.window = {.strides = {2, 1, 1}}}});
    check({{2, 8, 5, 4, 9}, {12, 8, 1, 1, 1}, {.window = {.pads = {1, 0, 0, 2, 0, 0}}}});
    check({{1, 8, 3, 4, 9}, {12, 8, 1, 1, 1}, {.window = {.pads = {0, 1, 2, 0, 0, 1}}}});
}

TEST_CASE("conv: volumes in groups, aligned to blocks of channels or not, and depthwise")
{
    const Integers pads(6, 1);
    check({{1, 8, 4, 5, 7}, {8, 4, 3, 3, 3}, {.window = {.pads = pads}, .groups = 2}});
    check({{2, 6, 4, 5, 7}, {10, 3, 2, 3, 1}, {.groups = 2}});
    check({{2, 15, 3, 5, 6}, {9, 5, 1, 1, 1}, {.groups = 3}});
    check({{1, 32, 4, 3, 6}, {48, 16, 3, 3, 3}, {.window = {.pads = pads}, .groups = 2}});
    for (const int64_t channels : {3, 5, 17})
    {
        for (const int64_t kernel : {1, 3, 5})
            check({{2, channels, 5, 6, 7},
                   {channels, 1, 3, kernel, kernel},
                   {.window = {.strides = {2, 1, 1}, .dilations = {2, 1, 1}, .pads = {2, 1, 0, 1, 1, 2}},
                    .groups = channels}});
        check({{2, channels, 5, 6, 7},
               {channels, 1, 1, 3, 3},
               {.window = {.pads = {0, 1, 1, 0, 1, 1}}, .groups = channels}});
    }
}

TEST_CASE("conv: volumes with residuals and activations")
{
    for (const auto& [kind, outputs, depth] : pairwise<UnaryKind, int64_t, int64_t>(
             {UnaryKind::identity, UnaryKind::relu, UnaryKind::sigmoid}, {3, 18}, {1, 3}))
    {
        const Conv op = {.window = {.pads = {depth / 2, 1, 1, depth / 2, 1, 1}},
                         .activation = {kind},
                         .has_residual = true,
                         .adds_residual_last = kind == UnaryKind::relu};
        check_op(op,
                 {random({2, 5, 4, 7, 9}), random({outputs, 5, depth, 3, 3}, -0.3f, 0.3f, 2),
                  random({outputs}, -1, 1, 3), random({2, outputs, 4, 7, 9}, -1, 1, 4)},
                 {.terms = double(depth) * 45, .half_error = 1});
    }
    const Conv depthwise = {.window = {.pads = Integers(6, 1)}, .groups = 6, .has_residual = true};
    check_op(depthwise,
             {random({2, 6, 3, 5, 5}), random({6, 1, 3, 3, 3}), random({6}), random({2, 6, 3, 5, 5}, -1, 1, 3)},
             {.terms = 28});
    check({{1, 3, 3, 6, 5}, {6, 3, 3, 3, 3}, {.activation = {UnaryKind::leaky_relu, 0.1f}}});
}

TEST_CASE("conv: adds a residual before the activation")
{
    for (const bool has_bias : {false, true})
    {
        const Conv op = {.window = {.pads = {1, 1, 1, 1}}, .activation = {UnaryKind::relu}, .has_residual = true};
        std::vector<Tensor> inputs = {random({2, 5, 7, 9}), random({6, 5, 3, 3}, -1, 1, 2)};
        if (has_bias)
            inputs.push_back(random({6}, -1, 1, 3));
        inputs.push_back(random({2, 6, 7, 9}, -3, 3, 4));
        check_op(op, inputs, {.terms = 46});
    }
    const Conv depthwise = {.groups = 6, .has_residual = true};
    check_op(depthwise, {random({1, 6, 5, 5}), random({6, 1, 1, 1}), random({1, 6, 5, 5}, -1, 1, 3)});
}

TEST_CASE("conv: adds a residual behind the activation")
{
    for (const int64_t kernel : {1, 3, 5})
    {
        const Conv dense = {.window = {.pads = Integers(4, kernel / 2)},
                            .activation = {UnaryKind::relu},
                            .has_residual = true,
                            .adds_residual_last = true};
        check_op(dense,
                 {random({1, 5, 7, 9}), random({6, 5, kernel, kernel}, -1, 1, 2), random({1, 6, 7, 9}, -1, 1, 3)},
                 {.terms = double(5 * kernel * kernel)});
        Conv depthwise = dense;
        depthwise.groups = 6;
        check_op(depthwise,
                 {random({1, 6, 7, 9}), random({6, 1, kernel, kernel}, -1, 1, 2), random({6}),
                  random({1, 6, 7, 9}, -1, 1, 3)},
                 {.terms = double(kernel * kernel)});
    }
    const Conv refused = {.activation = {UnaryKind::sigmoid}, .has_residual = true, .adds_residual_last = true};
    CHECK(refusal(refused, {random({1, 4, 8, 8}), random({2, 4, 3, 3}), random({1, 2, 6, 6})}).find("do not fuse") !=
          std::string::npos);
}

TEST_CASE("conv: scales the input by channel")
{
    for (const auto& [x, outputs, is_fused] : pairwise<Shape, int64_t, bool>(
             {{1, 5, 7, 9}, {2, 19, 4, 5}, {3, 8, 1, 1}, {1, 130, 11}, {2, 9, 2, 3, 5}}, {1, 6, 37}, {false, true}))
    {
        Shape scale = x;
        for (size_t axis = 2; axis < x.rank(); ++axis)
            scale[axis] = 1;
        Shape weights = scale;
        weights[0] = outputs;
        Shape y = x;
        y[1] = outputs;
        Conv op = {.has_scale = true};
        std::vector<Tensor> inputs = {random(x), random(weights, -1, 1, 2)};
        if (is_fused)
        {
            op.activation = {UnaryKind::relu};
            op.has_residual = true;
            inputs.push_back(random({outputs}, -1, 1, 4));
        }
        inputs.push_back(random(scale, 0, 2, 3));
        if (is_fused)
            inputs.push_back(random(y, -1, 1, 5));
        check_op(op, inputs, {.terms = double(x[1]), .half_error = 2});
    }
    const auto refuse = [](const Conv& op, const Shape& weights, const Shape& scale) {
        return refusal(op, {random({1, 4, 8, 8}), random(weights), random(scale)});
    };
    CHECK(refuse({.has_scale = true}, {4, 4, 1, 1}, {1, 4, 1, 8}).find("scale must be floats of shape 1x4x1x1") !=
          std::string::npos);
    CHECK(refuse({.has_scale = true}, {4, 4, 3, 3}, {1, 4, 1, 1}).find("a scale needs a convolution of 1x1") !=
          std::string::npos);
    CHECK(refuse({.groups = 2, .has_scale = true}, {4, 2, 1, 1}, {1, 4, 1, 1})
              .find("a scale needs a convolution of 1x1") != std::string::npos);
}

TEST_CASE("conv: depthwise tiles")
{
    for (const auto& [kernel, x, is_centred] : pairwise<int64_t, Shape, bool>(
             {3, 5}, {{1, 6, 13, 17}, {2, 9, 4, 4}, {1, 3, 1, 1}, {1, 5, 61, 67}}, {false, true}))
    {
        const Integers pads = is_centred ? Integers(4, kernel / 2) : Integers{0, 4, 4, 1};
        check({x, {x[1], 1, kernel, kernel}, {.window = {.pads = pads}, .groups = x[1]}});
    }
}

TEST_CASE("conv: activations")
{
    for (const Activation& activation : {
             Activation{UnaryKind::relu},
             Activation{UnaryKind::leaky_relu, 0.1f},
             Activation{UnaryKind::clip, 0, 6},
             Activation{UnaryKind::sigmoid},
             Activation{UnaryKind::hard_swish},
             Activation{UnaryKind::hard_sigmoid, 0.2f, 0.5f},
             Activation{UnaryKind::mish},
         })
        check({{1, 3, 6, 5}, {3, 3, 3, 3}, {.activation = activation}});
}

TEST_CASE("conv: depthwise, bounds that let 0 through and others")
{
    for (const Activation& activation : {Activation{}, Activation{UnaryKind::relu}, Activation{UnaryKind::clip, 0, 6},
                                         Activation{UnaryKind::clip, -0.25f, 0}, Activation{UnaryKind::clip, 0.125f, 1},
                                         Activation{UnaryKind::clip, -1, -0.125f}, Activation{UnaryKind::tanh}})
        check({{2, 6, 9, 7}, {6, 1, 3, 3}, {.window = {.pads = {1, 1, 1, 1}}, .groups = 6, .activation = activation}});
}

TEST_CASE("conv: a sigmoid, in the kernels that have it and behind those that have not")
{
    for (const auto& [outputs, kernel, has_residual] :
         pairwise<int64_t, int64_t, bool>({1, 4, 5, 20}, {1, 3}, {false, true}))
    {
        const Conv op = {.window = {.pads = Integers(4, kernel / 2)},
                         .activation = {UnaryKind::sigmoid},
                         .has_residual = has_residual};
        std::vector<Tensor> inputs = inputs_of(ConvCase{{1, 9, 7, 11}, {outputs, 9, kernel, kernel}});
        if (has_residual)
            inputs.push_back(random({1, outputs, 7, 11}, -1, 1, 4));
        // The sum is rounded on its way to a sigmoid of its own.
        check_op(op, inputs,
                 {.terms = double(9 * kernel * kernel), .half_error = has_residual && outputs > 4 ? 1.0 : 0.0});
    }
}

TEST_CASE("conv: weights of a tile that are more than a small texel buffer holds")
{
    check_op(Conv{.window = {.pads = {3, 3, 3, 3}}},
             {random({1, 350, 3, 2}), random({20, 350, 7, 7}, -0.01f, 0.01f, 2), random({20}, -1, 1, 3)},
             {.terms = 350 * 49});
    check_op(Conv{.window = {.pads = {2, 0, 1, 2, 1, 0}}},
             {random({1, 140, 3, 3, 2}), random({20, 140, 5, 3, 3}, -0.02f, 0.02f, 2), random({20}, -1, 1, 3)},
             {.terms = 140 * 45});
}

TEST_CASE("conv: integers are multiplied exactly, without Winograd and in f32")
{
    const Tensor x = Tensor::from({1, 20, 24, 24}, random_integers({1, 20, 24, 24}, -255, 255, 1).to_floats());
    const Tensor w = Tensor::from({24, 20, 3, 3}, random_integers({24, 20, 3, 3}, -255, 255, 2).to_floats());
    check_op(Conv{.window = {.pads = {1, 1, 1, 1}}, .is_exact = true}, {x, w}, {.is_exact = true});
}

TEST_CASE("conv: says what is wrong with its inputs")
{
    const Tensor x = random({1, 4, 8, 8});
    CHECK(refusal(Conv{}, {x, random({2, 3, 3, 3})}).find("need an input of 3 channels, got 1x4x8x8") !=
          std::string::npos);
    CHECK(refusal(Conv{}, {x, random({2, 4, 9, 3})}).find("leaves no output") != std::string::npos);
    CHECK(refusal(Conv{}, {x, random({2, 4, 3})}).find("rank") != std::string::npos);
    CHECK(refusal(Conv{}, {x}).find("inputs") != std::string::npos);
    CHECK(refusal(Conv{}, {x, random({2, 4, 3, 3}), random({3})}).find("bias must have 2 values") != std::string::npos);
    CHECK(refusal(Conv{.window = {.kernel = {5, 5}}}, {x, random({2, 4, 3, 3})}).find("kernel_shape 5x5") !=
          std::string::npos);
    CHECK(refusal(Conv{.window = {.strides = {0, 1}}}, {x, random({2, 4, 3, 3})}).find("strides") != std::string::npos);
    CHECK(refusal(Conv{.window = {.pads = {-1, 0, 0, 0}}}, {x, random({2, 4, 3, 3})}).find("pads") !=
          std::string::npos);
    CHECK(refusal(Conv{.window = {.dilations = {1}}}, {x, random({2, 4, 3, 3})}).find("dilations must have 2") !=
          std::string::npos);
    CHECK(refusal(Conv{.groups = 3}, {x, random({6, 1, 3, 3})}).find("3 groups") != std::string::npos);
    CHECK(refusal(Conv{.groups = 0}, {x, random({6, 4, 3, 3})}).find("group must be") != std::string::npos);
    CHECK(refusal(Conv{}, {random({1, 2, 4, 4, 4, 4}), random({1, 2, 1, 1, 1, 1})}).find("1 to 3 spatial axes") !=
          std::string::npos);
    CHECK(refusal(Conv{.has_residual = true}, {x, random({2, 4, 3, 3}), random({1, 2, 8, 8})})
              .find("residual must be floats of shape 1x2x6x6") != std::string::npos);
}

} // namespace vkseg::test::conv_test
