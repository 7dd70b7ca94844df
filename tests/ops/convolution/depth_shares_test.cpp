#include "ops/convolution/convolution.hpp"
#include "support/convolution_cases.hpp"
#include "support/devices.hpp"
#include "support/forced_choice.hpp"
#include "support/plan_of.hpp"

#include <doctest/doctest.h>

#include <cstring>

/// Convolutions whose depth several workgroups share, with every tile; and when that is done.
namespace vkseg::test::depth_shares_test {
namespace {

/// Shares that divide the depth or do not, and more than there are steps.
std::vector<Way> every_sharing()
{
    std::vector<Way> ways;
    const auto add = [&](int tile, int shares)
    {
        ways.push_back({.choice = {.kernel = ConvolutionKernel::shared, .tile = tile, .shares = shares},
                        .kernel = "conv_partial_sums"});
    };
    for (int tile = 0; tile < int(std::size(shared_tiles)); ++tile)
        add(tile, 3);
    add(1, 2);
    add(2, 100000);
    return ways;
}

/// Every second sharing of each case.
template <class Case>
void check(std::initializer_list<Case> cases)
{
    size_t turn = 0;
    for (const Case& c : cases)
        check_ways(c, every_second(every_sharing(), turn++));
}

uint32_t workgroups(const Dispatch& dispatch)
{
    return dispatch.workgroup_count[0] * dispatch.workgroup_count[1] * dispatch.workgroup_count[2];
}

Limits discrete_of_range(size_t max_storage_buffer_range_bytes)
{
    Limits limits = discrete_limits();
    limits.max_storage_buffer_range_bytes = max_storage_buffer_range_bytes;
    return limits;
}

const Limits discrete = discrete_of_range(size_t(1) << 31);
const Conv same3 = {.window = {.pads = {1, 1, 1, 1}}};

} // namespace

TEST_CASE("depth shares: long sums for few outputs are shared on discrete GPUs")
{
    const Plan pixel = plan_of(Conv{}, {1, 512, 7, 7}, {4096, 512, 7, 7}, discrete);
    CHECK(kernels_of(pixel) == "conv_shared_small_partial conv_partial_sums ");
    CHECK(pixel.dispatches[0].workgroup_count == std::array<uint32_t, 3>{64, 1, 16});
    CHECK(pixel.scratch_bytes == std::vector<size_t>{16 * 4096 * sizeof(float)});
    const Plan halves = plan_of(Conv{}, {1, 512, 7, 7}, {4096, 512, 7, 7}, discrete, {.real = Storage::f16});
    CHECK(kernels_of(halves) == kernels_of(pixel));
    CHECK(halves.scratch_bytes == pixel.scratch_bytes);

    const Plan transposed = plan_of(ConvTranspose{}, {1, 2048, 1, 2}, {2048, 512, 7, 7}, discrete);
    CHECK(kernels_of(transposed) == "conv_shared_partial conv_partial_sums ");
    CHECK(transposed.dispatches[0].workgroup_count == std::array<uint32_t, 3>{8, 1, 128});
    const Conv same3_volume = {.window = {.pads = Integers(6, 1)}};
    CHECK(kernels_of(plan_of(same3_volume, {1, 256, 4, 8, 8}, {256, 256, 3, 3, 3}, discrete)) ==
          "conv_volume_shared_partial conv_partial_sums ");
}

TEST_CASE("depth shares: of so few outputs that a tile is half idle, too")
{
    CHECK(kernels_of(plan_of(same3, {1, 1088, 7, 7}, {16, 1088, 3, 3}, discrete)) ==
          "conv_shared_small_partial conv_partial_sums ");
    CHECK(kernels_of(plan_of(Conv{}, {1, 4096, 7, 7}, {21, 4096, 1, 1}, discrete)) ==
          "conv_shared_small_partial conv_partial_sums ");
    // There are workgroups enough for all units.
    CHECK(kernels_of(plan_of(same3, {1, 112, 224, 224}, {16, 112, 3, 3}, discrete)) == "conv_shared_small ");
    // The direct kernels have invocations enough, or not much to do, or the tile would be idle.
    CHECK(kernels_of(plan_of(same3, {1, 112, 512, 512}, {16, 112, 3, 3}, discrete)) == "conv ");
    CHECK(kernels_of(plan_of(Conv{}, {1, 256, 7, 7}, {16, 256, 1, 1}, discrete)) == "conv_pointwise ");
    CHECK(kernels_of(plan_of(same3, {1, 1088, 7, 7}, {8, 1088, 3, 3}, discrete)) == "conv ");
}

TEST_CASE("depth shares: not of short sums, of many outputs, or on other devices")
{
    CHECK(kernels_of(plan_of(Conv{}, {1, 256, 14, 14}, {256, 256, 1, 1}, discrete)) == "conv_shared_small ");
    CHECK(kernels_of(plan_of(Conv{}, {1, 512, 64, 64}, {256, 512, 1, 1}, discrete)) == "conv_shared ");
    Limits integrated = discrete;
    integrated.preferences.shared_memory = SharedMemory::as_caches;
    Limits software = discrete;
    software.preferences = software_limits().preferences;
    for (const Limits& limits : {integrated, software})
        CHECK(kernels_of(plan_of(Conv{}, {1, 512, 7, 7}, {4096, 512, 7, 7}, limits)).find("partial") ==
              std::string::npos);
    CHECK(kernels_of(plan_of(same3, {1, 512, 14, 14}, {512, 512, 3, 3}, discrete)) ==
          "winograd2_input conv_shared_small winograd2_output ");
    const ConvolutionChoice choice = {.kernel = ConvolutionKernel::shared, .tile = 1};
    const auto chosen = [&](const Limits& limits) {
        return kernels_of(plan_of(Conv{}, {1, 512, 7, 7}, {4096, 512, 7, 7}, limits, {.choice = &choice}));
    };
    CHECK(chosen(software) == "conv_shared_small ");
    CHECK(chosen(integrated) == "conv_shared_small_partial conv_partial_sums ");
}

TEST_CASE("depth shares: as many as the choice says, the phases of a stride bring workgroups, and a binding is enough")
{
    ConvolutionChoice choice = {.kernel = ConvolutionKernel::shared, .shares = 1};
    const auto chosen = [&](const Limits& limits) {
        return plan_of(Conv{}, {1, 512, 7, 7}, {512, 512, 1, 1}, limits, {.choice = &choice});
    };
    CHECK(kernels_of(chosen(discrete)) == "conv_shared ");
    choice.shares = 5; // of 32 slabs; the last has 4 instead of 7
    CHECK(chosen(discrete).dispatches[0].workgroup_count == std::array<uint32_t, 3>{8, 1, 5});
    choice.shares = 31; // no fewer than a slab each
    CHECK(chosen(discrete).dispatches[0].workgroup_count == std::array<uint32_t, 3>{8, 1, 16});
    const Limits narrow = discrete_of_range(size_t(4) << 20);
    const Plan fitting = plan_of(Conv{}, {1, 512, 49, 7}, {512, 512, 1, 1}, narrow, {.choice = &choice});
    CHECK(fitting.dispatches[0].workgroup_count == std::array<uint32_t, 3>{8, 6, 5});
    CHECK(fitting.scratch_bytes[0] <= narrow.max_storage_buffer_range_bytes);

    const Plan phases =
        plan_of(ConvTranspose{.window = {.strides = {2, 2}}}, {1, 2048, 8, 8}, {2048, 512, 2, 2}, discrete);
    REQUIRE(phases.dispatches.size() == 8);
    uint32_t all = 0;
    for (const Dispatch& dispatch : phases.dispatches)
        all += dispatch.shader == Shader::conv_shared_partial ? workgroups(dispatch) : 0;
    CHECK(all == 512);                       // 8 tiles in 4 phases, in 16 shares of 8 slabs
    CHECK(phases.scratch_bytes.size() == 4); // so that they run side by side
}

TEST_CASE("depth shares: every count of channels, pixels and batch entries")
{
    check<ConvCase>({
        {{1, 17, 1, 1}, {21, 17, 1, 1}},
        {{1, 3, 4, 5}, {5, 3, 3, 3}},
        {{2, 67, 9, 7}, {3, 67, 1, 1}},
        {{1, 21, 7, 7}, {17, 21, 7, 7}},
        {{3, 5, 13, 11}, {67, 5, 3, 3}},
        {{1, 33, 2, 129}, {129, 33, 2, 3}},
        {{1, 5, 3, 4}, {6, 5, 7, 7}, {.window = {.pads = {3, 3, 3, 3}}}},
    });
}

TEST_CASE("depth shares: strides, dilations, pads and groups")
{
    check<ConvCase>({
        {{2, 17, 13, 17}, {21, 17, 3, 3}, {.window = {.strides = {2, 2}, .pads = {1, 1, 1, 1}}}},
        {{2, 17, 13, 17}, {21, 17, 3, 3}, {.window = {.dilations = {2, 3}, .pads = {2, 3, 2, 3}}}},
        {{2, 17, 13, 17}, {21, 17, 3, 3}, {.window = {.strides = {2, 1}, .dilations = {1, 4}, .pads = {0, 5, 3, 4}}}},
        {{1, 32, 9, 9}, {128, 16, 3, 3}, {.groups = 2}},
        {{2, 9, 5, 6}, {192, 3, 3, 3}, {.groups = 3}}, // the first group's inputs lie in fewer blocks than the second's
    });
}

TEST_CASE("depth shares: residuals and activations")
{
    check_activations({{{{1, 5, 6, 9}, {21, 5, 3, 3}}, {{2, 35, 5, 7}, {21, 35, 1, 1}}}}, every_sharing());
}

TEST_CASE("depth shares: weights that are scaled for each batch entry")
{
    check_ways(Conv{.has_scale = true},
               {random({2, 35, 5, 7}), random({67, 35, 1, 1}, -0.2f, 0.2f, 2), random({67}, -1, 1, 4),
                random({2, 35, 1, 1}, 0, 2, 3)},
               every_sharing(), {.terms = 35, .half_error = 2});
}

TEST_CASE("depth shares: transposed convolutions, phase by phase")
{
    check<ConvTransposeCase>({
        {{1, 17, 1, 1}, {17, 35, 7, 7}},
        {{2, 9, 5, 7}, {9, 65, 3, 3}, {.window = {.strides = {2, 2}, .pads = {1, 1, 1, 1}}}},
        {{1, 5, 4, 4}, {5, 3, 5, 5}, {.window = {.strides = {3, 3}}}},
        {{1, 26, 5, 4}, {26, 34, 3, 3}, {.window = {.strides = {2, 3}, .dilations = {3, 2}}}},
    });
}

TEST_CASE("depth shares: volumes")
{
    check<ConvCase>({
        {{2, 5, 4, 3, 5}, {67, 5, 3, 3, 3}, {.window = {.pads = Integers(6, 1)}}},
        {{2, 6, 7, 8, 5},
         {17, 6, 3, 1, 2},
         {.window = {.strides = {2, 1, 3}, .dilations = {3, 1, 2}, .pads = {4, 0, 1, 7, 0, 2}}}},
        {{2, 35, 2, 3, 5}, {9, 35, 1, 1, 1}},
        {{1, 32, 3, 4, 5}, {128, 16, 3, 3, 3}, {.groups = 2}},
    });
    check_ways(Conv{.window = {.pads = Integers(6, 1)}, .activation = {UnaryKind::relu}, .has_residual = true},
               {random({2, 5, 3, 4, 7}), random({21, 5, 3, 3, 3}, -0.1f, 0.1f, 2), random({21}, -1, 1, 3),
                random({2, 21, 3, 4, 7}, -1, 1, 4)},
               every_sharing(), {.terms = 5 * 27});
    check<ConvTransposeCase>({
        {{2, 9, 3, 4, 5}, {9, 65, 3, 3, 3}, {.window = {.strides = {2, 2, 2}, .pads = Integers(6, 1)}}},
        {{2, 35, 3, 4, 5}, {35, 17, 2, 2, 2}, {.window = {.strides = {2, 2, 2}}}}, // no phase has more than a point
    });
}

TEST_CASE("depth shares: the same bits in every run")
{
    Graph graph;
    const ValueId x = graph.add_input("x", DType::f32, {1, 70, 5, 5});
    const ValueId weights = graph.add_constant("weights", random({21, 70, 3, 3}, -0.1f, 0.1f, 2));
    graph.outputs = {graph.add_node("conv", Conv{}, {x, weights})};
    const std::vector<NamedTensor> inputs = {{"x", random({1, 70, 5, 5})}};
    for (const TestDevice& device : devices())
    {
        std::vector<Tensor> outputs;
        for (int i = 0; i < 3; ++i)
        {
            Result<ForcedRun> run = run_with_choice(device.device, graph, inputs, Precision::f32,
                                                    {.kernel = ConvolutionKernel::shared, .shares = 7});
            REQUIRE_MESSAGE(run.is_ok(), run.status().message());
            outputs.push_back(std::move(run->output));
            CHECK(std::memcmp(outputs[i].bytes().data(), outputs[0].bytes().data(), outputs[0].bytes().size()) == 0);
        }
        count_check(device.name);
    }
}

} // namespace vkseg::test::depth_shares_test
