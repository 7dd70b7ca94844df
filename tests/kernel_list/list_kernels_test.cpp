#include "kernel_list/list_kernels.hpp"

#include "runtime/built_kernels.hpp"
#include "runtime/program.hpp"
#include "segment/extend.hpp"
#include "vk/fixture.hpp"
#include "vk/reported_limits.hpp"
#include "vkseg/model.hpp"
#include "vkseg/weights.hpp"
#include "vkseg/zoo.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>

/// A library that has the kernels of a network's list alone runs the network on any device.
namespace vkseg::test::list_kernels_test {
namespace {

using vk::take;

constexpr const char* selfie = VKSEG_SAMPLES "/models/selfie.onnx";

/// Whatever a driver may report, sensible or not.
class RandomDevice
{
public:
    explicit RandomDevice(uint32_t seed) : random_(seed) {}

    Limits limits()
    {
        static const std::vector<vk::DeviceIdentity> identities = vk::known_identities();
        vk::ReportedLimits report;
        report.identity = identities[random_() % identities.size()];
        report.limits.maxComputeWorkGroupInvocations = power(7, 11);
        for (size_t i = 0; i < 3; ++i)
        {
            report.limits.maxComputeWorkGroupSize[i] = power(6, 11);
            report.limits.maxComputeWorkGroupCount[i] = power(16, 31);
        }
        report.limits.maxComputeSharedMemorySize = power(14, 17);
        report.limits.maxStorageBufferRange = power(27, 31);
        report.limits.maxTexelBufferElements = power(16, 30);
        report.limits.minStorageBufferOffsetAlignment = power(2, 8);
        report.limits.minTexelBufferOffsetAlignment = power(2, 8);
        report.max_allocation_bytes = size_t(1) << (28 + random_() % 8);
        report.subgroup_size = power(0, 7);
        report.subgroup_stages = VK_SHADER_STAGE_COMPUTE_BIT;
        report.subgroup_operations = VK_SUBGROUP_FEATURE_BASIC_BIT | (coin() ? VK_SUBGROUP_FEATURE_SHUFFLE_BIT : 0);
        report.has_storage_f16 = coin();
        report.has_arithmetic_f16 = coin();
        report.has_full_subgroups = coin();
        report.has_memory_model = coin();
        const MatrixShape matrix = {.rows = power(3, 4), .columns = power(3, 4), .depth = power(3, 4)};
        report.khr_matrices = coin() ? std::vector{matrix} : std::vector<MatrixShape>();
        report.nv_matrices = report.khr_matrices;
        Limits limits = vk::sanitise(report);
        limits.preferences.multiplies_halves = limits.has_arithmetic_f16 && coin();
        return limits;
    }

    Shape picture()
    {
        constexpr int64_t channels[] = {1, 3, 4};
        return {int64_t(1 + random_() % power(0, 12)), int64_t(1 + random_() % power(0, 12)), channels[random_() % 3]};
    }

    bool coin() { return random_() % 2 == 0; }

private:
    /// 2 to the power of `lowest` to `highest`.
    uint32_t power(uint32_t lowest, uint32_t highest) { return 1u << (lowest + random_() % (highest - lowest + 1)); }

    std::mt19937 random_;
};

/// Plans a network for random devices, pictures and options, as a library with the listed kernels alone does where it
/// lacks one of a plan. Expects no kernel that is not in the list.
void check_random_devices(const Graph& network, const ModelDescription& described, const Kernels& kernels,
                          uint32_t first)
{
    ModelDescription description = described;
    const Graph segmenter = take(extend(network, description));
    size_t planned = 0;
    for (uint32_t seed = first; seed < first + 30; ++seed)
    {
        CAPTURE(seed);
        RandomDevice device(seed);
        const NamedShape picture = {picture_name, device.picture()};
        const bool is_open = !network.values[network.inputs[0]].shape.is_known();
        const bool has_picture = is_open || device.coin();
        const Result<Graph> graph =
            has_picture ? specialize(segmenter, std::span(&picture, 1)) : specialize(network, {});
        const Storage real = device.coin() ? Storage::f32 : Storage::f16;
        const Limits limits = device.limits();
        if (!graph.is_ok() || !make_program(*graph, {.real = real}, limits, true).is_ok())
            continue; // a picture too large for the device
        const Result<Program> program =
            make_program(*graph, {.real = real, .allow_winograd = false}, plainest(limits), true);
        REQUIRE_MESSAGE(program.is_ok(), program.status().message());
        ++planned;
        for (const Launch& launch : program->launches)
        {
            CAPTURE(shader_code(launch.dispatch.shader).name);
            CHECK(kernels.contains({launch.dispatch.shader, launch.dispatch.variant}));
        }
    }
    CHECK(planned > 15);
}

} // namespace

TEST_CASE(
    "list_kernels: a network of fixed size needs no other kernels, whatever the device, the picture and the options")
{
    const Kernels kernels = take(list_kernels(selfie, false));
    const Kernels of_gpus = take(list_kernels(selfie, true));
    CHECK(kernels.size() > 40);
    CHECK(kernels.size() < shader_count);
    CHECK(std::ranges::includes(kernels, of_gpus));
    CHECK_FALSE(of_gpus.contains({Shader::conv_shuffle, Storage::f32}));
    const Graph network = take(load_model(selfie));
    check_random_devices(network, take(find_description(selfie, network)), of_gpus, 1);
}

TEST_CASE("list_kernels: a network of any size needs no other kernels either, as a session without pictures too")
{
    Graph network = take(build_network("unet-padded", {.width = 0.25, .input = {1, 3, 64, 64}}));
    invent_weights(network);
    network.values[network.inputs[0]].shape = {1, 3, -1, -1};
    ModelDescription description;
    description.placement.multiple_of = 32;
    description.placement.longest_side = 512;
    description.placement.fit = PictureFit::letterbox;
    const Kernels kernels = take(list_kernels(network, description, true));
    CHECK(kernels.contains({Shader::convert_in, Storage::f32}));
    CHECK(kernels.contains({Shader::convert_out, Storage::f16}));
    check_random_devices(network, description, kernels, 1000);
}

TEST_CASE("list_kernels: a file that is no model is refused by name")
{
    const Result<Kernels> kernels = list_kernels(VKSEG_SAMPLES "/models/README.md", false);
    REQUIRE_FALSE(kernels.is_ok());
    CHECK(kernels.status().message().find("README.md") != std::string::npos);
}

} // namespace vkseg::test::list_kernels_test
