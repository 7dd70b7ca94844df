#include "convolution/conv.h"
#include "convolution/epilogue.h"
#include "elementwise/unary_kind.h"
#include "ops/convolution/convolution.hpp"
#include "support/convolution_cases.hpp"
#include "support/pairwise.hpp"
#include "support/plan_of.hpp"

#include <doctest/doctest.h>

/// Kernels that stage their operands in shared memory, with every tile; by matrices too.
namespace vkseg::test::convolution_shared_test {
namespace {

std::vector<Way> every_tile(int winograd = 0)
{
    std::vector<Way> ways = {
        {.choice = {.winograd = winograd, .kernel = ConvolutionKernel::matrices}, .kernel = "conv_shared"}};
    for (int tile = 0; tile < int(std::size(shared_tiles)); ++tile)
        ways.push_back({.choice = {.winograd = winograd, .kernel = ConvolutionKernel::shared, .tile = tile},
                        .kernel = "conv_shared"});
    return ways;
}

/// Of convolutions with taps over depth, which matrices do not compute.
std::vector<Way> every_volume_tile()
{
    std::vector<Way> ways;
    for (int tile = 0; tile < int(std::size(shared_tiles)); ++tile)
        ways.push_back({.choice = {.kernel = ConvolutionKernel::shared, .tile = tile}, .kernel = "conv_volume_shared"});
    return ways;
}

std::string kernels_of(const ConvCase& c, const Limits& limits, Storage real = Storage::f32)
{
    return test::kernels_of(plan_of(c.op, c.x, c.weights, limits, {.real = real}));
}

} // namespace

TEST_CASE("convolution, shared: unless a choice says so, on discrete GPUs alone and where a tile is well used")
{
    const Limits discrete = discrete_limits();
    const ConvCase pointwise = {{1, 64, 128, 128}, {64, 64, 1, 1}};
    CHECK(kernels_of(pointwise, discrete) == "conv_shared ");
    CHECK(kernels_of(pointwise, {}) == "conv_pointwise_2x4 ");
    CHECK(kernels_of(pointwise, software_limits()).find("shared") == std::string::npos);
    CHECK(kernels_of({{1, 64, 128, 128}, {16, 64, 1, 1}}, discrete) == "conv_pointwise ");
    CHECK(kernels_of({{1, 16, 128, 128}, {64, 16, 1, 1}}, discrete) == "conv_pointwise ");
    CHECK(kernels_of({{1, 64, 16, 16}, {64, 64, 1, 1}}, discrete) == "conv_shared_small ");
    CHECK(kernels_of({{1, 64, 128, 128}, {32, 64, 1, 1}}, discrete) == "conv_shared_small ");
    Limits registers = discrete;
    registers.preferences.registers = 84;
    CHECK(kernels_of(pointwise, registers) == "conv_shared ");
    registers.preferences.registers = 64;
    CHECK(kernels_of(pointwise, registers) == "conv_shared_small ");
    const ConvCase windows = {{1, 64, 128, 128}, {64, 64, 3, 3}, {.window = {.pads = {1, 1, 1, 1}}}};
    CHECK(kernels_of(windows, discrete).find("winograd4_input conv_shared winograd4_output") != std::string::npos);
    const ConvCase volume = {{1, 64, 32, 64, 64}, {64, 64, 3, 3, 3}, {.window = {.pads = Integers(6, 1)}}};
    CHECK(kernels_of(volume, discrete) == "conv_volume_shared ");
    CHECK(kernels_of(volume, {}) == "conv_volume_2x2 ");
    CHECK(kernels_of({{1, 64, 32, 64, 64}, {64, 64, 1, 1, 1}}, discrete) == "conv_shared ");
}

TEST_CASE("convolution, shared: by matrices where a GPU has them, in halves")
{
    const MatrixExtension extension = shader_code(Shader::conv_matrices).needs;
    const MatrixShape shape = {.rows = 16, .columns = 8, .depth = 16};
    Limits limits = {.subgroup_size = 32};
    limits.preferences.shares_pipelines = false;
    (extension == MatrixExtension::khr ? limits.khr_matrix : limits.nv_matrix) = shape;
    const ConvCase windows = {{1, 64, 64, 64}, {64, 64, 3, 3}, {.window = {.pads = {1, 1, 1, 1}}}};
    CHECK(kernels_of(windows, limits, Storage::f32).find("conv_matrices") == std::string::npos);
    if (extension == MatrixExtension::none)
    {
        CHECK(kernels_of(windows, limits, Storage::f16).find("conv_matrices") == std::string::npos);
        return;
    }
    CHECK(kernels_of(windows, limits, Storage::f16) == "conv_matrices ");
    const ConvolutionChoice choice = {.kernel = ConvolutionKernel::matrices};
    const std::vector<Dispatch> launches =
        plan_of(windows.op, windows.x, windows.weights, limits, {.real = Storage::f16, .choice = &choice}).dispatches;
    REQUIRE(launches.size() == 1);
    CHECK(launches[0].shader == Shader::conv_matrices);
    CHECK(launches[0].workgroup_size == std::array<uint32_t, 3>{128, 1, 1});
    CHECK(launches[0].workgroup_count == std::array<uint32_t, 3>{1, 128, 1});
    CHECK(launches[0].specialization == Specialization{{contract::unary_kind_id, contract::unary_identity},
                                                       {contract::residual_place_id, contract::residual_none},
                                                       {contract::is_tile_fastest_id, true},
                                                       {contract::matrix_rows_id, 16},
                                                       {contract::matrix_columns_id, 8},
                                                       {contract::matrix_depth_id, 16}});

    std::swap(limits.khr_matrix, limits.nv_matrix); // the extension that the shader is not built for
    CHECK(kernels_of(windows, limits, Storage::f16).find("conv_matrices") == std::string::npos);
    std::swap(limits.khr_matrix, limits.nv_matrix);
    limits.subgroup_size = 4; // an invocation would have to stage two pixels
    CHECK(kernels_of(windows, limits, Storage::f16).find("conv_matrices") == std::string::npos);
}

TEST_CASE("convolution, shared: every count of channels, pixels and batch entries")
{
    size_t turn = 0;
    for (const ConvCase& c : {
             ConvCase{{1, 1, 1, 1}, {1, 1, 1, 1}},
             ConvCase{{1, 3, 1, 1}, {5, 3, 1, 1}},
             ConvCase{{2, 17, 3, 5}, {67, 17, 1, 1}},
             ConvCase{{1, 67, 9, 7}, {3, 67, 1, 1}},
             ConvCase{{3, 5, 13, 11}, {17, 5, 3, 3}},
             ConvCase{{1, 16, 8, 8}, {64, 16, 3, 3}},
             ConvCase{{1, 33, 2, 129}, {129, 33, 2, 3}},
             ConvCase{{1, 5, 3, 4}, {6, 5, 7, 7}, {.window = {.pads = {3, 3, 3, 3}}}},
         })
        check_ways(c, every_second(every_tile(), turn++));
}

TEST_CASE("convolution, shared: strides, dilations and pads on either side")
{
    for (const auto& [window, shapes, way] : pairwise<Window, ConvCase, Way>(
             {{.strides = {2, 2}, .pads = {1, 1, 1, 1}},
              {.strides = {1, 3}, .pads = {2, 0, 0, 1}},
              {.dilations = {2, 3}, .pads = {2, 3, 2, 3}},
              {.strides = {2, 1}, .dilations = {1, 4}, .pads = {0, 5, 3, 4}}},
             {{{1, 17, 13, 17}, {67, 17, 3, 3}}, {{2, 3, 11, 12}, {5, 3, 4, 2}}}, every_tile()))
        check_ways(ConvCase{shapes.x, shapes.weights, {.window = window}}, {&way, 1});
    check_ways(ConvCase{{1, 8, 9, 9}, {12, 8, 1, 1}, {.window = {.strides = {2, 2}}}}, every_second(every_tile(), 0));
    check_ways(ConvCase{{1, 32, 9, 9}, {128, 16, 3, 3}, {.groups = 2}}, every_tile());
}

TEST_CASE("convolution, shared: residuals and activations")
{
    check_activations({{{{1, 5, 6, 9}, {67, 5, 3, 3}}, {{2, 17, 5, 7}, {67, 17, 1, 1}}}}, every_tile());
}

TEST_CASE("convolution, shared: phases of transposed convolutions, those without taps too")
{
    size_t turn = 0;
    for (const ConvTransposeCase& c : {
             ConvTransposeCase{{1, 17, 7, 6}, {17, 35, 2, 2}, {.window = {.strides = {2, 2}}}},
             ConvTransposeCase{{2, 9, 5, 7}, {9, 65, 3, 3}, {.window = {.strides = {2, 2}, .pads = {1, 1, 1, 1}}}},
             ConvTransposeCase{{1, 5, 4, 4}, {5, 3, 2, 2}, {.window = {.strides = {3, 3}}}},
             ConvTransposeCase{{1, 6, 5, 4}, {6, 34, 3, 3}, {.window = {.strides = {2, 3}, .dilations = {3, 2}}}},
         })
        check_ways(c, every_second(every_tile(), turn++));
}

TEST_CASE("convolution, shared: volumes")
{
    const std::vector<Way> ways = every_volume_tile();
    size_t turn = 0;
    for (const ConvCase& c : {
             ConvCase{{2, 5, 4, 3, 5}, {67, 5, 3, 3, 3}, {.window = {.pads = Integers(6, 1)}}},
             ConvCase{{1, 17, 6, 7, 9}, {33, 17, 5, 5, 5}, {.window = {.pads = Integers(6, 2)}}},
             ConvCase{{2, 6, 7, 8, 5},
                      {66, 6, 3, 1, 2},
                      {.window = {.strides = {2, 1, 3}, .dilations = {3, 1, 2}, .pads = {4, 0, 1, 7, 0, 2}}}},
             ConvCase{{1, 6, 2, 3, 5}, {9, 6, 1, 1, 1}, {.window = {.pads = {1, 0, 0, 2, 0, 0}}}},
             ConvCase{{1, 32, 3, 4, 5}, {128, 16, 3, 3, 3}, {.groups = 2}},
         })
        check_ways(c, every_second(ways, turn++));
    check_ways(Conv{.window = {.pads = Integers(6, 1)}, .activation = {UnaryKind::relu}, .has_residual = true},
               {random({2, 5, 3, 4, 7}), random({67, 5, 3, 3, 3}, -0.1f, 0.1f, 2), random({2, 67, 3, 4, 7}, -1, 1, 3)},
               ways, {.terms = 5 * 27});
    check_ways(ConvTransposeCase{{2, 9, 3, 4, 5},
                                 {9, 65, 3, 3, 3},
                                 {.window = {.strides = {2, 2, 2}, .pads = Integers(6, 1)}}},
               every_second(ways, turn));
    // No phase has more than a point.
    check_ways(ConvTransposeCase{{2, 17, 3, 4, 5}, {17, 35, 2, 2, 2}, {.window = {.strides = {2, 2, 2}}}},
               every_second(every_tile(), 0));
}

TEST_CASE("convolution, shared: weights that are scaled for each batch entry")
{
    check_ways(Conv{.has_scale = true},
               {random({2, 17, 5, 7}), random({67, 17, 1, 1}, -0.25f, 0.25f, 2), random({67}, -1, 1, 4),
                random({2, 17, 1, 1}, 0, 2, 3)},
               every_tile(), {.terms = 17, .half_error = 2});
}

TEST_CASE("convolution, shared: Winograd's products, by weights in halves too")
{
    size_t turn = 0;
    for (const int winograd : {2, 4})
    {
        const ConvCase c = {{2, 33, 13, 30}, {67, 33, 3, 3}, {.window = {.pads = {1, 1, 1, 1}}}};
        check_ways(c.op, inputs_of(c), every_second(every_tile(winograd), turn++),
                   {.terms = terms_of(c), .half_error = 4});
    }
}

} // namespace vkseg::test::convolution_shared_test
