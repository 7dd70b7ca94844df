#include "convolution/conv.h"
#include "convolution/epilogue.h"
#include "elementwise/unary_kind.h"
#include "ops/convolution/convolution.hpp"
#include "ops/convolution/convolution_kernels.hpp"
#include "support/convolution_cases.hpp"
#include "support/plan_of.hpp"

#include <doctest/doctest.h>

#include <cstring>
#include <random>

/// The kernels that read storage buffers, with every tile that registers may allow.
namespace vkseg::test::convolution_tiles_test {
namespace {

const Window same3 = {.pads = {1, 1, 1, 1}};

/// Each dense tile, and what else is chosen where registers hold just this one.
std::vector<Way> every_tile(int winograd = 0)
{
    std::vector<Way> ways;
    for (int tile = 0; tile < int(std::size(direct_tiles)); ++tile)
        ways.push_back({.choice = {.winograd = winograd, .kernel = ConvolutionKernel::direct, .tile = tile},
                        .kernel = winograd == 0 ? "conv" : "winograd",
                        .registers = registers_of(direct_tiles[tile])});
    return ways;
}

Limits with_registers(int registers)
{
    Limits limits;
    limits.preferences.registers = registers;
    return limits;
}

std::string kernels_of(const Op& op, const Shape& x, const Shape& weights, int registers)
{
    return test::kernels_of(plan_of(op, x, weights, with_registers(registers)));
}

} // namespace

TEST_CASE("convolution, tiles: the largest that registers hold")
{
    const auto dense = [](int registers) { return kernels_of(Conv{}, {1, 8, 9, 9}, {16, 8, 3, 3}, registers); };
    CHECK(dense(255) == "conv ");
    CHECK(dense(128) == "conv_4x4 ");
    CHECK(dense(84) == "conv_2x4 ");
    CHECK(dense(64) == "conv_2x4 ");
    CHECK(dense(44) == "conv_2x2 ");
    CHECK(dense(16) == "conv_narrow_2x1 ");
    const auto narrow = [](int registers) { return kernels_of(Conv{}, {1, 8, 9, 9}, {3, 8, 3, 3}, registers); };
    CHECK(narrow(255) == "conv_narrow ");
    CHECK(narrow(64) == "conv_narrow_4x1 ");
    CHECK(narrow(44) == "conv_narrow_2x1 ");
    const auto depthwise = [](int edge, int registers) {
        return kernels_of(Conv{.groups = 8}, {1, 8, 9, 9}, {8, 1, edge, edge}, registers);
    };
    CHECK(depthwise(3, 255) == "conv_depthwise3 ");
    CHECK(depthwise(3, 128) == "conv_depthwise3_2 ");
    CHECK(depthwise(3, 84) == "conv_depthwise3_row ");
    CHECK(depthwise(3, 44) == "conv_depthwise_2 ");
    CHECK(depthwise(5, 255) == "conv_depthwise5 ");
    CHECK(depthwise(5, 64) == "conv_depthwise5_row ");
    CHECK(depthwise(7, 255) == "conv_depthwise ");
    const auto volume = [](int registers) { return kernels_of(Conv{}, {1, 8, 9, 9, 9}, {16, 8, 3, 3, 3}, registers); };
    CHECK(volume(128) == "conv_volume_4x4 ");
    CHECK(volume(64) == "conv_volume_2x2 "); // the loop over slices takes some
    const auto phases = [](int registers) {
        return kernels_of(ConvTranspose{.window = {.strides = {2, 2}}}, {1, 8, 9, 9}, {8, 3, 2, 2}, registers);
    };
    CHECK(phases(128) == "conv_phases ");
    CHECK(phases(64) == "conv_phases_2 ");
    CHECK(phases(44) == "conv_phases_1 ");
    const auto winograd = [](int registers) {
        return kernels_of(Conv{.window = same3}, {1, 256, 32, 32}, {256, 256, 3, 3}, registers);
    };
    CHECK(winograd(255) == "winograd4_input conv_pointwise winograd4_output ");
    CHECK(winograd(128) == "winograd4_input_pairs conv_pointwise_4x4 winograd4_output ");
    CHECK(winograd(64) == "winograd4_input_singles conv_pointwise_2x4 winograd4_output_pairs ");
    CHECK(winograd(44) == "winograd2_input_pairs conv_pointwise_2x2 winograd2_output ");
    Limits narrow_waves = with_registers(64);
    narrow_waves.preferences.narrow_registers = 128;
    narrow_waves.preferences.lanes = 64;
    const Plan transforms = plan_of(Conv{.window = same3}, {1, 256, 32, 32}, {256, 256, 3, 3}, narrow_waves);
    CHECK(test::kernels_of(transforms) == "winograd4_input_pairs conv_pointwise_2x4 winograd4_output ");
    CHECK(transforms.dispatches[0].workgroup_size[0] == 64);
    CHECK(test::kernels_of(plan_of(Conv{.groups = 8}, {1, 8, 9, 9}, {8, 1, 3, 3}, narrow_waves)) ==
          "conv_depthwise3_2 ");
}

TEST_CASE("convolution, tiles: of depthwise convolutions, by type and by what taps take")
{
    const auto depthwise = [](const Limits& limits, int edge, Storage real) {
        return test::kernels_of(plan_of(Conv{.groups = 8}, {1, 8, 9, 9}, {8, 1, edge, edge}, limits, {.real = real}));
    };
    Limits amd = with_registers(128);
    amd.preferences.has_scalar_registers = true;
    CHECK(depthwise(amd, 3, Storage::f32) == "conv_depthwise3 ");
    CHECK(depthwise(amd, 3, Storage::f16) == "conv_depthwise3 ");
    CHECK(depthwise(amd, 5, Storage::f16) == "conv_depthwise5 ");
    amd.preferences.registers = 84;
    CHECK(depthwise(amd, 3, Storage::f32) == "conv_depthwise3_2 ");
    CHECK(depthwise(amd, 3, Storage::f16) == "conv_depthwise3_2 ");
    CHECK(depthwise(amd, 5, Storage::f32) == "conv_depthwise5 ");
    CHECK(depthwise(amd, 5, Storage::f16) == "conv_depthwise5_row ");
    const Limits intel = with_registers(136);
    CHECK(depthwise(intel, 3, Storage::f32) == "conv_depthwise3 ");
    CHECK(depthwise(intel, 3, Storage::f16) == "conv_depthwise3_2 ");
    const Limits mali = with_registers(64);
    CHECK(depthwise(mali, 7, Storage::f32) == "conv_depthwise_2 ");
    CHECK(depthwise(mali, 7, Storage::f16) == "conv_depthwise ");
}

TEST_CASE("convolution, tiles: only dense kernels of several taps ask for small subgroups, if devices prefer them")
{
    Limits limits = with_registers(72);
    const auto narrows = [&](const Op& op, const Shape& x, const Shape& weights)
    { return plan_of(op, x, weights, limits).dispatches.back().narrows_subgroups; };
    CHECK_FALSE(narrows(Conv{}, {1, 8, 9, 9}, {16, 8, 3, 3}));
    limits.preferences.narrows_dense_subgroups = true;
    CHECK(narrows(Conv{}, {1, 8, 9, 9}, {16, 8, 3, 3}));
    CHECK(narrows(Conv{}, {1, 8, 9, 9, 9}, {16, 8, 3, 3, 3}));
    CHECK_FALSE(narrows(Conv{}, {1, 8, 9, 9}, {16, 8, 1, 1}));
    CHECK_FALSE(narrows(Conv{}, {1, 8, 9, 9}, {3, 8, 3, 3}));
    CHECK_FALSE(narrows(Conv{.groups = 8}, {1, 8, 9, 9}, {8, 1, 3, 3}));
    CHECK_FALSE(narrows(ConvTranspose{.window = {.strides = {2, 2}}}, {1, 8, 9, 9}, {8, 3, 2, 2}));
}

TEST_CASE("convolution, tiles: what becomes of sums is a run-time value where kernels are shared for it")
{
    const auto is_shared = [](const Op& op, const Shape& x, const Shape& weights)
    {
        const Plan plan = plan_of(op, x, weights, with_registers(128));
        return int(plan.dispatches.back().specialization.at(contract::unary_kind_id)) == contract::at_run_time;
    };
    const Conv relu = {.window = same3, .activation = {UnaryKind::relu}};
    CHECK(is_shared(relu, {1, 8, 9, 9}, {16, 8, 3, 3}));
    CHECK_FALSE(is_shared(relu, {1, 8, 9, 9}, {3, 8, 3, 3}));
    CHECK_FALSE(is_shared(relu, {1, 256, 32, 32}, {256, 256, 3, 3})); // by Winograd
    CHECK(is_shared(ConvTranspose{.window = {.strides = {2, 2}}}, {1, 8, 9, 9}, {8, 3, 2, 2}));
}

TEST_CASE("convolution, tiles: no larger than groups of channels and bindings allow")
{
    const auto grouped = [](int registers) {
        return kernels_of(Conv{.groups = 8}, {1, 64, 9, 9}, {64, 8, 3, 3}, registers);
    };
    CHECK(grouped(255) == "conv ");
    CHECK(grouped(128) == "conv_2x2 ");
    CHECK(grouped(64) == "conv_2x2 ");
    // Two blocks of such a plane fit a binding of 128 MiB, but not four.
    const Plan large = plan_of(Conv{.window = same3}, {1, 3, 1440, 2560}, {16, 3, 3, 3}, with_registers(64));
    CHECK(test::kernels_of(large) == "conv_2x2 conv_2x2 ");
    const Plan larger = plan_of(Conv{.window = same3}, {1, 3, 2048, 2560}, {8, 3, 3, 3}, with_registers(255));
    CHECK(test::kernels_of(larger) == "conv_narrow conv_narrow ");
}

TEST_CASE("convolution, tiles: whatever the device and the shape, plans ask for kernels that exist and grids that fit")
{
    std::mt19937 generator(11);
    const auto any = [&](const std::vector<int>& values) { return values[generator() % values.size()]; };
    const auto chance = [&](uint32_t one_in) { return generator() % one_in == 0; };
    for (int i = 0; i < 20000; ++i)
    {
        Limits limits;
        limits.preferences = {.registers = any({16, 36, 44, 58, 64, 84, 104, 128, 144, 255, 1024}),
                              .narrow_registers = any({0, 128}),
                              .has_scalar_registers = chance(2),
                              .multiplies_halves = chance(2),
                              .shares_pipelines = chance(2),
                              .narrows_dense_subgroups = chance(2),
                              .lanes = uint32_t(any({8, 16, 32, 64})),
                              .reads_texels = chance(2),
                              .shuffles = chance(2),
                              .shared_memory = SharedMemory(generator() % 3)};
        limits.subgroup_size = uint32_t(any({0, 4, 8, 32, 128}));
        limits.has_subgroup_shuffle = limits.subgroup_size > 0;
        limits.max_texel_buffer_elements = size_t(any({65536, 1 << 27}));
        limits.max_storage_buffer_range_bytes = size_t(any({1 << 26, 1 << 27}));
        ConvolutionChoice choice = {.winograd = any({0, 2, 4}), .kernel = ConvolutionKernel(generator() % 5)};
        if (choice.kernel == ConvolutionKernel::direct || choice.kernel == ConvolutionKernel::shared)
            choice.tile = int(generator() % std::size(shared_tiles));
        const PlanOptions options = {.real = chance(2) ? Storage::f32 : Storage::f16,
                                     .choice = chance(2) ? &choice : nullptr};
        const int groups = any({1, 1, 1, 2, 8});
        const int inputs = any({1, 3, 8, 17}) * groups;
        const int outputs = any({1, 3, 4, 8, 16, 35}) * groups;
        const int kernel = any({1, 2, 3, 3, 4, 5});
        const int stride = any({1, 1, 2, 3});
        const size_t axes = chance(3) ? 3 : 2;
        Window window = {.strides = Integers(axes, stride)};
        Shape x = {any({1, 2}), inputs};
        const bool is_transposed = chance(3);
        const bool is_depthwise = chance(4);
        Shape weights = is_transposed ? Shape{inputs, is_depthwise ? 1 : outputs / groups}
                                      : Shape{is_depthwise ? inputs : outputs, is_depthwise ? 1 : inputs / groups};
        for (size_t axis = 0; axis < axes; ++axis)
        {
            x.append(any({5, 9, 33}));
            weights.append(kernel);
        }
        const int all_groups = is_depthwise ? inputs : groups;
        const Activation activation = {UnaryKind(any({int(UnaryKind::identity), int(UnaryKind::sigmoid)}))};
        const Op op = is_transposed
                          ? Op(ConvTranspose{.window = window, .groups = all_groups, .activation = activation})
                          : Op(Conv{.window = window, .groups = all_groups, .activation = activation});
        CAPTURE(i);
        for (const Dispatch& dispatch : plan_of(op, x, weights, limits, options).dispatches)
        {
            const ShaderCode& code = shader_code(dispatch.shader);
            CHECK(code.modules[size_t(dispatch.variant)].pack != nullptr);
            uint32_t invocations = 1;
            for (size_t axis = 0; axis < 3; ++axis)
            {
                invocations *= dispatch.workgroup_size[axis];
                CHECK(dispatch.workgroup_count[axis] <= limits.max_workgroup_count[axis]);
            }
            CHECK(invocations <= limits.max_workgroup_invocations);
            CHECK_FALSE((dispatch.narrows_subgroups && code.traits.shuffle_weights));
            if (code.traits.family == ShaderFamily::conv && code.traits.blocks % 2 == 0) // weights are loaded by twos
            {
                contract::Convolution constants;
                REQUIRE(dispatch.push_constants.bytes().size() == sizeof(constants));
                std::memcpy(&constants, dispatch.push_constants.bytes().data(), sizeof(constants));
                CHECK(constants.weights_offset % 2 == 0);
                CHECK(constants.tile_pitch % 2 == 0);
            }
            for (const Binding& binding : dispatch.bindings)
                CHECK_FALSE((binding.texels && !code.traits.read_texels && !code.traits.weight_texels));
        }
    }
}

TEST_CASE("convolution, tiles: every one is right")
{
    const std::vector<Way> ways = every_tile();
    size_t turn = 0;
    for (const ConvCase& c : {
             ConvCase{{1, 1, 1, 1}, {1, 1, 1, 1}},
             ConvCase{{2, 17, 3, 5}, {35, 17, 1, 1}},
             ConvCase{{1, 6, 5, 7}, {3, 6, 3, 3}, {.window = same3}},
             ConvCase{{2, 9, 11, 12},
                      {18, 9, 3, 2},
                      {.window = {.strides = {2, 1}, .dilations = {1, 4}, .pads = {0, 5, 3, 4}}}},
             ConvCase{
                 {1, 16, 9, 9}, {32, 8, 3, 3}, {.window = {.dilations = {2, 3}, .pads = {2, 3, 2, 3}}, .groups = 2}},
             ConvCase{{2, 6, 9, 11}, {6, 1, 3, 3}, {.window = same3, .groups = 6}},
             ConvCase{{1, 9, 9, 11}, {9, 1, 5, 5}, {.window = {.pads = {2, 0, 1, 3}}, .groups = 9}},
             ConvCase{{1, 9, 9, 11}, {9, 1, 3, 3}, {.window = {.strides = {2, 2}, .pads = {1, 1, 1, 1}}, .groups = 9}},
             ConvCase{{2, 5, 4, 3, 5}, {18, 5, 3, 3, 3}, {.window = {.pads = Integers(6, 1)}}},
             ConvCase{{1, 6, 7, 8, 5},
                      {3, 6, 3, 1, 2},
                      {.window = {.strides = {2, 1, 3}, .dilations = {3, 1, 2}, .pads = {4, 0, 1, 7, 0, 2}}}},
             ConvCase{{1, 6, 4, 5, 6}, {6, 1, 3, 3, 3}, {.window = {.pads = Integers(6, 1)}, .groups = 6}},
         })
        check_ways(c, every_second(ways, turn++));
    const Way texels = {.choice = {.kernel = ConvolutionKernel::texels},
                        .kernel = "conv_depthwise3_2_texel",
                        .registers = registers_of({4, 4})};
    check_ways(ConvCase{{2, 6, 9, 11}, {6, 1, 3, 3}, {.window = same3, .groups = 6}}, {{texels}});
    check_ways(ConvTransposeCase{{1, 9, 5, 7}, {9, 3, 2, 2}, {.window = {.strides = {2, 2}}}},
               every_second(ways, turn++));
    check_ways(ConvTransposeCase{{1, 6, 5, 4}, {6, 18, 3, 3}, {.window = {.strides = {2, 3}, .dilations = {3, 2}}}},
               every_second(ways, turn++));
    check_ways(ConvTransposeCase{{1, 9, 5, 4}, {9, 1, 4, 4}, {.window = {.strides = {2, 2}}, .groups = 9}},
               every_second(ways, turn));
}

TEST_CASE("convolution, tiles: products in halves")
{
    // Of n products, 1 / (3 sqrt(n)) each in the mean, seven roundings in every four are off by 2^-12 of some of them:
    // in all by about 0.3 * 2^-11 of the largest output. 2 are six deviations.
    const auto check_halves = [](const ConvCase& c, const std::string& family)
    {
        const DirectTile tiles[] = {{4, 4}, {2, 4}};
        std::vector<Way> ways;
        for (const DirectTile& tile : tiles)
            ways.push_back({.choice = {.kernel = ConvolutionKernel::direct,
                                       .tile = largest_tile(direct_tiles, registers_of(tile))},
                            .kernel = family,
                            .registers = registers_of(tile),
                            .multiplies_halves = true});
        ways.push_back({.choice = {.kernel = ConvolutionKernel::texels}, .kernel = family, .multiplies_halves = true});
        check_ways(c.op, inputs_of(c), ways, {.terms = terms_of(c), .half_error = 2});
    };
    check_halves({{2, 17, 3, 5}, {35, 17, 1, 1}}, "conv_pointwise");
    check_halves({{1, 200, 9, 11}, {20, 200, 1, 1}, {.activation = {UnaryKind::relu}}}, "conv_pointwise");
    check_halves({{1, 6, 5, 7}, {9, 6, 3, 3}, {.window = same3, .activation = {UnaryKind::hard_swish}}}, "conv");
    check_halves(
        {{2, 9, 11, 12}, {18, 9, 3, 2}, {.window = {.strides = {2, 1}, .dilations = {1, 4}, .pads = {0, 5, 3, 4}}}},
        "conv");
    check_halves({{1, 32, 9, 9}, {32, 16, 5, 5}, {.window = {.pads = {2, 2, 2, 2}}, .groups = 2}}, "conv");
    check_halves({{2, 5, 4, 3, 5}, {18, 5, 3, 3, 3}, {.window = {.pads = Integers(6, 1)}}}, "conv_volume");
}

TEST_CASE("convolution, tiles: products in halves where they are wanted, of tensors in halves alone")
{
    Limits limits = with_registers(128);
    limits.has_arithmetic_f16 = true;
    const auto pointwise = [&](Storage real) {
        return test::kernels_of(plan_of(Conv{}, {1, 64, 9, 9}, {32, 64, 1, 1}, limits, {.real = real}));
    };
    CHECK(pointwise(Storage::f16) == "conv_pointwise_4x4 ");
    limits.preferences.multiplies_halves = true;
    CHECK(pointwise(Storage::f16) == "conv_pointwise_halves_4x4 ");
    CHECK(pointwise(Storage::f32) == "conv_pointwise_4x4 ");
    limits.preferences.shuffles = true;
    limits.preferences.reads_texels = true;
    limits.subgroup_size = 8;
    limits.has_subgroup_shuffle = true;
    CHECK(pointwise(Storage::f16) == "conv_pointwise_halves_texel ");
}

TEST_CASE("convolution, tiles: residuals and activations")
{
    const std::vector<Way> ways = every_tile();
    check_activations({{{{1, 5, 6, 9}, {19, 5, 3, 3}}, {{2, 9, 5, 7}, {18, 9, 1, 1}}}}, ways);
}

TEST_CASE("convolution, tiles: Winograd's transforms, by parts of a block's channels")
{
    for (const int winograd : {2, 4})
    {
        size_t turn = 0;
        for (const int outputs : {3, 7})
        {
            const ConvCase c = {{2, 9, 13, 10}, {outputs, 9, 3, 3}};
            const Conv op = {.window = same3, .activation = {UnaryKind::hard_swish}, .has_residual = true};
            std::vector<Tensor> inputs = inputs_of(c);
            inputs.push_back(random({2, outputs, 13, 10}, -3, 3, 4));
            check_ways(op, inputs, every_second(every_tile(winograd), turn++), {.terms = terms_of(c), .half_error = 4});
        }
    }
}

TEST_CASE("convolution, tiles: Winograd's weights of phase after phase, of odd and even counts of blocks")
{
    size_t turn = 0;
    for (const int outputs : {9, 13})
    {
        const ConvTransposeCase c = {
            {1, 9, 7, 9}, {9, outputs, 4, 4}, {.window = {.strides = {2, 2}, .pads = {1, 1, 1, 1}}}};
        check_ways(c.op, inputs_of(c), every_second(every_tile(2), turn++), {.terms = terms_of(c), .half_error = 4});
    }
}

} // namespace vkseg::test::convolution_tiles_test
