#include "ops/convolution/winograd.hpp"

#include "ops/operators.hpp"
#include "support/convolution_cases.hpp"
#include "support/plan_of.hpp"

#include <doctest/doctest.h>

#include <cmath>

namespace vkseg::test::winograd_test {
namespace {

struct Case
{
    Shape x;
    int64_t outputs = 16;
    int64_t dilation = 1;
    Integers pads = {1, 1, 1, 1};
};

Conv conv_of(const Case& c)
{
    return {.window = {.dilations = {c.dilation, c.dilation}, .pads = c.pads}};
}

/// The edge of the tiles that a device's limits lead to.
int tiles_of(const Op& op, const Shape& x, const Shape& weights, const Limits& limits, bool allow_winograd = true)
{
    return plan_of(op, x, weights, limits, {.allow_winograd = allow_winograd}).weight_layouts[0].winograd;
}

int tiles_of(const Case& c, const Limits& limits, bool allow_winograd = true)
{
    return tiles_of(conv_of(c), c.x, {c.outputs, c.x[1], 3, 3}, limits, allow_winograd);
}

/// Holds every device to the reference, for a case that software devices and the minimum device solve by these tiles.
void check(const Case& c, int tiles, Conv op, std::vector<Tensor> more = {})
{
    CAPTURE(to_string(c.x));
    CHECK(tiles_of(c, software_limits()) == tiles);
    const ConvCase shapes = {c.x, {c.outputs, c.x[1], 3, 3}};
    std::vector<Tensor> inputs = inputs_of(shapes);
    inputs.insert(inputs.end(), more.begin(), more.end());
    // Transformed weights in halves: the transforms of four outputs amplify their rounding to three units and a half.
    check_op(op, inputs, {.terms = terms_of(shapes), .half_error = 4});
}

void check(const Case& c, int tiles)
{
    check(c, tiles, conv_of(c));
}

} // namespace

TEST_CASE("winograd: planes that tiles of 4 x 4 do not fit")
{
    check({.x = {1, 48, 29, 31}, .outputs = 50}, 4);
    check({.x = {1, 65, 33, 35}, .outputs = 48}, 4);
    check({.x = {1, 64, 6, 250}, .outputs = 33}, 4);
    check({.x = {2, 41, 31, 32}, .outputs = 70}, 4);
}

TEST_CASE("winograd: planes that tiles of 2 x 2 do not fit")
{
    check({.x = {1, 318, 5, 13}, .outputs = 301}, 2);
    check({.x = {1, 320, 13, 5}, .outputs = 318}, 2);
    check({.x = {3, 160, 2, 127}, .outputs = 81}, 2);
}

TEST_CASE("winograd: more tiles than are worked on at a time")
{
    check({.x = {1, 64, 90, 91}, .outputs = 64}, 4);
}

TEST_CASE("winograd: dilations and pads on either side")
{
    check({.x = {1, 64, 33, 34}, .outputs = 64, .dilation = 2, .pads = {2, 2, 2, 2}}, 4);
    check({.x = {1, 64, 37, 35}, .outputs = 64, .dilation = 3, .pads = {1, 4, 5, 0}}, 4);
    check({.x = {1, 64, 33, 31}, .outputs = 64, .pads = {0, 0, 0, 0}}, 4);
    check({.x = {1, 64, 30, 33}, .outputs = 64, .pads = {2, 0, 1, 2}}, 4);
}

TEST_CASE("winograd: activations and a residual")
{
    const Case c = {.x = {1, 64, 31, 30}, .outputs = 61};
    for (const Activation& activation : {Activation{.kind = UnaryKind::relu}, Activation{.kind = UnaryKind::sigmoid}})
    {
        Conv op = conv_of(c);
        op.activation = activation;
        check(c, 4, op);
        op.has_residual = true;
        check(c, 4, op, {random({1, 61, 31, 30}, -1, 1, 4)});
    }
}

TEST_CASE("winograd: transposed convolutions of 4 x 4 with strides of 2, whatever is cut off")
{
    struct Cut
    {
        Shape x;
        Integers pads;
        Integers output_padding = {};
    };
    const Cut cuts[] = {
        {{1, 72, 30, 29}, {1, 1, 1, 1}},         {{2, 72, 30, 29}, {0, 0, 0, 0}},
        {{1, 72, 29, 30}, {2, 1, 2, 1}},         {{1, 72, 30, 31}, {1, 2, 2, 1}},
        {{1, 72, 31, 30}, {3, 0, 0, 3}},         {{1, 72, 30, 30}, {2, 2, 1, 1}, {1, 0}},
        {{1, 72, 30, 30}, {1, 3, 1, 2}, {0, 1}},
    };
    const float scale = float(1 / std::sqrt(288.0));
    const Tensor weights = random({72, 70, 4, 4}, -scale, scale, 2);
    for (const Cut& cut : cuts)
    {
        CAPTURE(to_string(cut.x));
        CAPTURE(cut.pads[0] * 1000 + cut.pads[1] * 100 + cut.pads[2] * 10 + cut.pads[3]);
        const ConvTranspose op = {.window = {.strides = {2, 2}, .pads = cut.pads},
                                  .output_padding = cut.output_padding,
                                  .activation = {.kind = UnaryKind::relu}};
        CHECK(tiles_of(op, cut.x, weights.shape(), software_limits()) == 4);
        check_op(op, {random(cut.x), weights, random({70}, -1, 1, 3)}, {.terms = 288, .half_error = 4});
    }
}

TEST_CASE("winograd: transposed convolutions of 3 x 3 with a stride of 1, whose windows are turned round")
{
    struct Cut
    {
        Shape x;
        Integers pads;
        Integers dilations = {1, 1};
    };
    const Cut cuts[] = {
        {{1, 72, 30, 29}, {1, 1, 1, 1}},
        {{2, 72, 31, 30}, {0, 0, 0, 0}},
        {{1, 72, 33, 30}, {2, 0, 1, 2}},
        {{1, 72, 34, 33}, {2, 2, 2, 2}, {2, 2}},
    };
    const float scale = float(1 / std::sqrt(648.0));
    const Tensor weights = random({72, 70, 3, 3}, -scale, scale, 2);
    for (const Cut& cut : cuts)
    {
        CAPTURE(to_string(cut.x));
        const ConvTranspose op = {.window = {.strides = {1, 1}, .dilations = cut.dilations, .pads = cut.pads},
                                  .activation = {.kind = UnaryKind::relu}};
        CHECK(tiles_of(op, cut.x, weights.shape(), software_limits()) == 4);
        check_op(op, {random(cut.x), weights, random({70}, -1, 1, 3)}, {.terms = 648, .half_error = 4});
    }
}

TEST_CASE("winograd: no launch reads more texels than a texel buffer holds")
{
    for (const int64_t channels : {4, 320, 9000})
    {
        for (const int winograd : {2, 4})
        {
            const Case c = {.x = {1, channels, 160, 160}, .outputs = 8};
            const Shape shape = {c.outputs, channels, 3, 3};
            const Tensor weights = Tensor::from(shape, std::vector<float>(size_t(shape.elements())));
            const std::vector<TensorInfo> infos = {{.shape = c.x}, {.shape = shape, .constant = &weights}};
            const Limits limits = {.max_storage_buffer_range_bytes = size_t(1) << 30}; // a GPU with small texel buffers
            const ConvolutionChoice choice = {.winograd = winograd, .kernel = ConvolutionKernel::texels};
            const Plan found = plan_of(conv_of(c), c.x, shape, limits, {.choice = &choice});
            const size_t bytes[] = {packed(c.x).buffer_bytes, packed({1, c.outputs, 160, 160}).buffer_bytes,
                                    pack(conv_of(c), infos, found.weight_layouts[0], Storage::f32).bytes};
            for (const Dispatch& dispatch : found.dispatches)
            {
                for (const Binding& binding : dispatch.bindings)
                {
                    const size_t whole = binding.kind == Binding::Kind::scratch ? found.scratch_bytes[binding.index]
                                                                                : bytes[size_t(binding.kind)];
                    const size_t size = binding.size_bytes == 0 ? whole : binding.size_bytes;
                    if (binding.texels)
                        REQUIRE(size / 16 <= limits.max_texel_buffer_elements);
                }
            }
        }
    }
}

TEST_CASE("winograd: transformed inputs that no small texel buffer holds are read from storage buffers")
{
    const Case c = {.x = {1, 8400, 6, 7}, .outputs = 35};
    const ConvCase wide = {c.x, {c.outputs, c.x[1], 3, 3}, conv_of(c)};
    const Way way = {.choice = {.winograd = 2, .kernel = ConvolutionKernel::texels}, .kernel = "winograd2"};
    check_ways(wide.op, inputs_of(wide), {&way, 1}, {.terms = terms_of(wide), .half_error = 4});
}

TEST_CASE("winograd: only where it pays, fits and is allowed")
{
    const Case c = {.x = {1, 64, 128, 128}, .outputs = 64};
    CHECK(tiles_of(c, software_limits()) == 4);
    CHECK(tiles_of(c, software_limits(), false) == 0);
    CHECK(tiles_of({.x = {1, 3, 128, 128}, .outputs = 64}, software_limits()) == 0);
    CHECK(tiles_of({.x = {1, 64, 8, 8}, .outputs = 64}, software_limits()) == 0);
    Limits narrow = software_limits();
    narrow.max_storage_buffer_range_bytes = size_t(12) << 20;
    // Weights in the larger form would take too much memory, or more than a binding.
    CHECK(tiles_of({.x = {1, 512, 64, 64}, .outputs = 512}, software_limits()) == 2);
    CHECK(tiles_of({.x = {1, 512, 64, 64}, .outputs = 512}, narrow) == 0);
}

} // namespace vkseg::test::winograd_test
