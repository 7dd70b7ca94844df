#include "runtime/count_spills.hpp"
#include "support/check_op.hpp"
#include "support/devices.hpp"
#include "vk/failing_driver.hpp"
#include "vk/fixture.hpp"
#include "vkseg/graph_builder.hpp"
#include "vkseg/pipelines.hpp"
#include "vkseg/weights.hpp"

#include <doctest/doctest.h>

#include <set>

namespace vkseg::test::report_pipelines_test {
namespace {

using vk::take;

/// Convolutions of the same kernel and of others, and nodes that take more than a launch.
Graph small_network()
{
    GraphBuilder net("small");
    const ValueId x = net.input("x", {1, 3, 24, 24});
    const ValueId first = net.relu(net.conv(x, "first", {.channels = 8, .padding = 1}));
    const ValueId second = net.relu(net.conv(first, "second", {.channels = 8, .padding = 1}));
    const ValueId third = net.relu(net.conv(second, "third", {.channels = 8, .padding = 1}));
    Graph graph = take(net.finish({net.sigmoid(net.conv(third, "score", {.channels = 1, .kernel = 1}))}, {"y"}));
    invent_weights(graph);
    return graph;
}

std::optional<int64_t> spills_of(const char* name, double value)
{
    PipelineReport report = {.executables = {{.name = "main", .statistics = {{name, "", value}}}}};
    count_spills(report);
    return report.spills;
}

std::optional<int64_t> scratch_of(const char* name, double value)
{
    PipelineReport report = {.executables = {{.name = "main", .statistics = {{name, "", value}}}}};
    count_spills(report);
    return report.scratch_bytes;
}

} // namespace

TEST_CASE("report_pipelines: every pipeline of a plan once, with its nodes, on every device, and no memory")
{
    for (const TestDevice& test_device : devices())
    {
        CAPTURE(test_device.name);
        const MemoryUse before = test_device.device.memory_use();
        const Graph graph = small_network();
        for (const Precision precision : {Precision::f32, Precision::f16})
        {
            const SessionOptions options = {.precision = precision};
            const std::vector<PipelineReport> reports = take(report_pipelines(test_device.device, graph, {}, options));
            std::set<std::string> nodes;
            std::set<std::tuple<std::string, std::string, std::array<uint32_t, 3>, std::map<uint32_t, uint32_t>>>
                pipelines;
            size_t launches = 0;
            for (const PipelineReport& report : reports)
            {
                CHECK(report.failure == "");
                CHECK(report.compile_ms > 0);
                CHECK(report.spirv_bytes > 20); // a header of five words, and something behind it
                CHECK(report.launches >= report.nodes.size());
                launches += report.launches;
                nodes.insert(report.nodes.begin(), report.nodes.end());
                pipelines.insert(
                    {report.shader, report.storage, report.workgroup_size, report.specialization_constants});
            }
            CHECK(pipelines.size() == reports.size());
            CHECK(launches == take(summarize(graph, {}, precision)).steps);
            for (const Node& node : take(specialize(graph)).nodes)
                CHECK_MESSAGE(nodes.contains(node.name), "nothing computes '", node.name, "'");
            CHECK(reports.size() < launches); // second and third share theirs
        }
        const MemoryUse after = test_device.device.memory_use();
        CHECK(after.weights_bytes == before.weights_bytes);
        CHECK(after.activations_bytes == before.activations_bytes);
        CHECK(after.staging_bytes == before.staging_bytes);
    }
}

TEST_CASE("report_pipelines: tells of pipelines that the driver refuses, and of a device that is lost")
{
    const vk::LoaderOptions loader = vk::failing_driver::install();
    const Device device(take(vk::Device::create({.loader = loader, .use_pipeline_cache = false})));
    const ptrdiff_t objects = vk::failing_driver::live_objects();
    const std::vector<PipelineReport> good = take(report_pipelines(device, small_network()));
    CHECK(vk::failing_driver::live_objects() <= objects + 20); // layouts are kept, pipelines are not

    vk::failing_driver::always_fail("vkCreateComputePipelines", VK_ERROR_INVALID_SHADER_NV);
    const std::vector<PipelineReport> refused = take(report_pipelines(device, small_network()));
    CHECK(refused.size() == good.size());
    for (const PipelineReport& report : refused)
        CHECK(report.failure.find("vkCreateComputePipelines") != std::string::npos);

    vk::failing_driver::always_fail("vkCreateComputePipelines", VK_ERROR_DEVICE_LOST);
    CHECK(report_pipelines(device, small_network()).status().code() == StatusCode::device_lost);
}

TEST_CASE("report_pipelines: a network that cannot be planned is refused")
{
    for (const TestDevice& test_device : devices())
    {
        Graph graph;
        const ValueId x = graph.add_input("x", DType::f32, {1, 3, -1, -1});
        graph.outputs = {graph.add_node("relu", Unary{UnaryKind::relu}, {x})};
        CHECK(!report_pipelines(test_device.device, graph).is_ok());
        CHECK(report_pipelines(test_device.device, graph, std::vector<NamedShape>{{"x", {1, 3, 8, 8}}}).is_ok());
        CHECK(!report_pipelines(test_device.device, graph, std::vector<NamedShape>{{"z", {1, 3, 8, 8}}}).is_ok());
    }
}

TEST_CASE("report_pipelines: spills are known by the names that drivers give them")
{
    CHECK(spills_of("Spilled VGPRs", 3) == 3);    // RADV
    CHECK(spills_of("Spill Count", 4) == 4);      // ANV
    CHECK(spills_of("STP Count", 5) == 5);        // Turnip
    CHECK(spills_of("Spills", 6) == 6);           // PanVK, Honeykrisp
    CHECK(spills_of("TMU Spills", 7) == 7);       // V3DV
    CHECK(spills_of("Spills to memory", 8) == 8); // NVK
    CHECK(spills_of("Spilled VGPRs", 0) == 0);    // which is not the same as nothing
    CHECK(!spills_of("Spilled SGPRs", 3));        // RADV: to lanes of other registers
    CHECK(!spills_of("Spills to reg", 3));        // NVK
    CHECK(!spills_of("Spill cost", 3));           // PanVK
    CHECK(!spills_of("Fill Count", 3));
    CHECK(!spills_of("VGPRs", 3));
    CHECK(scratch_of("Scratch size", 64) == 64);        // RADV
    CHECK(scratch_of("Scratch Memory Size", 64) == 64); // ANV
    CHECK(scratch_of("Spill Size", 64) == 64);          // V3DV
    CHECK(!spills_of("Spill Size", 64));
    CHECK(!scratch_of("Code size", 64));
    PipelineReport report = {
        .executables = {{.statistics = {{"Spill Count", "", 2}}}, {.statistics = {{"Spill Count", "", 1}}}}};
    count_spills(report);
    CHECK(report.spills == 3);
    CHECK(report.is_spilling());
}

} // namespace vkseg::test::report_pipelines_test
