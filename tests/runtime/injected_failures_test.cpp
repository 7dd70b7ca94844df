// Vulkan calls fail one after another while networks are prepared, run and tuned, and pictures are segmented.
// VKSEG_TEST_EVERY_FAILURE=1 takes every call; otherwise a part of them, so that the test stays short.
#include "support/check_op.hpp"
#include "vk/failing_driver.hpp"
#include "vk/fixture.hpp"
#include "vkseg/graph_builder.hpp"
#include "vkseg/model.hpp"
#include "vkseg/segment.hpp"
#include "vkseg/weights.hpp"

#include <cstdlib>
#include <random>

namespace vkseg::test::injected_failures_test {
namespace {

using vk::LoaderOptions;
using vk::require_ok;
using vk::take;
namespace failing_driver = vk::failing_driver;

bool takes_every_call()
{
    const char* const text = std::getenv("VKSEG_TEST_EVERY_FAILURE");
    return text != nullptr && std::string(text) == "1";
}

/// True for a call that may fail without the whole failing: memory of another kind serves as well, a cache file is a
/// convenience, and the tuner leaves out a candidate that does not fit into memory.
bool may_be_survived(const std::string& function, const SessionOptions& options)
{
    return options.tune || function == "vkAllocateMemory" || function == "vkGetPipelineCacheData" ||
           function == "vkCreatePipelineCache";
}

Device open_device(const LoaderOptions& loader, const std::string& cache_directory = {})
{
    return Device(take(vk::Device::create({.loader = loader,
                                           .poison_memory = true,
                                           .use_pipeline_cache = !cache_directory.empty(),
                                           .cache_directory = cache_directory})));
}

/// Convolutions of several kernels, a pool, a resize and a concatenation.
Graph small_network()
{
    GraphBuilder net("small");
    const ValueId x = net.input("x", {1, 3, 12, 12});
    const ValueId wide = net.relu(net.conv(x, "wide", {.channels = 8, .padding = 1}));
    const ValueId deep = net.conv(net.max_pool(wide), "deep", {.channels = 8, .padding = 1, .groups = 8});
    const ValueId both = net.concat({wide, net.resize(deep, 12)});
    Graph graph = take(net.finish({net.sigmoid(net.conv(both, "score", {.channels = 1, .kernel = 1}))}, {"y"}));
    invent_weights(graph);
    return graph;
}

Graph selfie()
{
    return take(load_model(VKSEG_SAMPLES "/models/selfie.onnx"));
}

/// What is to be done again and again while calls fail: a status, and the bytes that came out.
struct Outcome
{
    Status status;
    std::vector<std::byte> bytes;
};

class Job
{
public:
    virtual ~Job() = default;
    virtual Outcome run() = 0;
};

class SessionJob : public Job
{
public:
    SessionJob(const Device& device, const Graph& graph, const SessionOptions& options)
        : session_(take(Session::create(device, graph, options)))
    {
        for (const ValueId id : graph.inputs)
            inputs_.push_back({graph.values[id].name, random(graph.values[id].shape)});
    }
    Outcome run() override
    {
        if (Status status = session_.prepare(); !status.is_ok())
            return {std::move(status), {}};
        const Result<RunResult> result = session_.run(inputs_);
        if (!result.is_ok())
            return {result.status(), {}};
        const std::span<const std::byte> bytes = result->outputs[0].tensor.bytes();
        return {{}, {bytes.begin(), bytes.end()}};
    }

private:
    Session session_;
    std::vector<NamedTensor> inputs_;
};

class SegmenterJob : public Job
{
public:
    SegmenterJob(const Device& device, const Graph& graph, const SessionOptions& options)
        : segmenter_(take(Segmenter::create(device, graph, description(), options))), pixels_(size_t(48) * 40 * 3)
    {
        std::minstd_rand generator(7);
        for (uint8_t& pixel : pixels_)
            pixel = uint8_t(generator() >> 9);
    }
    Outcome run() override
    {
        const Result<Segmentation> result = segmenter_.segment({pixels_.data(), 48, 40, 3});
        if (!result.is_ok())
            return {result.status(), {}};
        const std::span<const std::byte> bytes = std::as_bytes(std::span(result->soft_mask));
        return {{}, {bytes.begin(), bytes.end()}};
    }

private:
    static ModelDescription description()
    {
        ModelDescription description;
        description.source = MaskSource::probabilities;
        return description;
    }
    Segmenter segmenter_;
    std::vector<uint8_t> pixels_;
};

using MakeJob = std::unique_ptr<Job> (*)(const Device&, const Graph&, const SessionOptions&);

template <class AnyJob>
std::unique_ptr<Job> make(const Device& device, const Graph& graph, const SessionOptions& options)
{
    return std::make_unique<AnyJob>(device, graph, options);
}

/// Fails call number `call` of the job; true if the job has so many. The job must tell, do the same work rightly when
/// it is asked again, and leave nothing behind.
bool survives(const Device& device, const Graph& graph, const SessionOptions& options, MakeJob make_job, size_t call,
              const std::vector<std::byte>& expected)
{
    const std::unique_ptr<Job> job = make_job(device, graph, options);
    failing_driver::fail_after(call, VK_ERROR_OUT_OF_DEVICE_MEMORY);
    const Outcome first = job->run();
    const std::string failed = failing_driver::failed_function();
    CAPTURE(call);
    CAPTURE(failed);
    CAPTURE(first.status.message());
    if (failed.empty())
    {
        failing_driver::fail_after(size_t(-1) / 2, VK_SUCCESS);
        CHECK(first.bytes == expected);
        return false;
    }
    if (first.status.is_ok())
    {
        CHECK(may_be_survived(failed, options));
        CHECK(first.bytes == expected);
        return true;
    }
    CHECK(first.status.code() == StatusCode::out_of_memory);
    CHECK_FALSE(first.status.message().empty());
    const Outcome second = job->run();
    CHECK_MESSAGE(second.status.is_ok(), second.status.message());
    CHECK(second.bytes == expected);
    return true;
}

/// Every `stride`th call of the job on a device that has its pipelines already.
void fail_each_call(const Graph& graph, const SessionOptions& options, MakeJob make_job, size_t stride)
{
    const LoaderOptions loader = failing_driver::install();
    size_t failures = 0;
    {
        const Device device = open_device(loader);
        const Outcome expected = make_job(device, graph, options)->run();
        require_ok(expected.status);
        const ptrdiff_t objects = failing_driver::live_objects();
        while (survives(device, graph, options, make_job, failures * stride, expected.bytes))
        {
            CHECK(failing_driver::live_objects() == objects);
            ++failures;
        }
    }
    MESSAGE(failures, " calls failed in turn");
    CHECK(failures > 5);
    CHECK(failing_driver::live_objects() == 0);
}

/// The same on a new device each time, so that the calls which make pipelines fail too.
void fail_each_call_of_a_new_device(const Graph& graph, const SessionOptions& options, MakeJob make_job, size_t stride)
{
    std::vector<std::byte> expected;
    {
        const Device device = open_device(failing_driver::install());
        Outcome outcome = make_job(device, graph, options)->run();
        require_ok(outcome.status);
        expected = std::move(outcome.bytes);
    }
    size_t failures = 0;
    for (bool goes_on = true; goes_on; ++failures)
    {
        const LoaderOptions loader = failing_driver::install();
        goes_on = survives(open_device(loader), graph, options, make_job, failures * stride, expected);
        CHECK(failing_driver::live_objects() == 0);
    }
    MESSAGE(failures, " calls failed in turn");
    CHECK(failures > 5);
}

} // namespace

TEST_CASE("injected failures: whichever call fails while a network is prepared and run, the next run is right")
{
    fail_each_call(small_network(), {}, make<SessionJob>, 1);
    fail_each_call(small_network(), {.precision = Precision::f16, .timing = Timing::nodes}, make<SessionJob>, 1);
    fail_each_call(selfie(), {}, make<SessionJob>, takes_every_call() ? 1 : 13);
}

TEST_CASE("injected failures: whichever call fails while a picture is segmented, the next picture is right")
{
    fail_each_call(small_network(), {}, make<SegmenterJob>, 1);
    fail_each_call(selfie(), {}, make<SegmenterJob>, takes_every_call() ? 1 : 13);
}

TEST_CASE("injected failures: whichever call fails while pipelines are made, the next run is right")
{
    fail_each_call_of_a_new_device(small_network(), {}, make<SessionJob>, takes_every_call() ? 1 : 3);
    if (takes_every_call())
        fail_each_call_of_a_new_device(selfie(), {}, make<SegmenterJob>, 1);
}

TEST_CASE("injected failures: whichever call fails while a network is tuned, the next run is right")
{
    // Tuning may choose other kernels the second time, whose sums differ in their last bits: a network whose sums are
    // exact in whatever order.
    Graph graph;
    const ValueId x = graph.add_input("x", DType::f32, {1, 1, 8, 8});
    const ValueId w = graph.add_constant("w", Tensor::from({1, 1, 1, 1}, {2}));
    graph.outputs = {graph.add_node("y", Conv{}, {x, w})};
    fail_each_call(graph, {.tune = true}, make<SessionJob>, takes_every_call() ? 1 : 7);
}

TEST_CASE("injected failures: a lost device is said by the run that lost it and by every later one")
{
    const Graph graph = small_network();
    for (const char* function : {"vkQueueSubmit", "vkWaitForFences", "vkAllocateMemory", "vkCreateComputePipelines"})
    {
        CAPTURE(function);
        const LoaderOptions loader = failing_driver::install();
        {
            const Device device = open_device(loader);
            SessionJob job(device, graph, {});
            failing_driver::always_fail(function, VK_ERROR_DEVICE_LOST);
            CHECK(job.run().status.code() == StatusCode::device_lost);
            failing_driver::always_fail("", VK_SUCCESS);
            CHECK(job.run().status.code() == StatusCode::device_lost);
            CHECK(SessionJob(device, graph, {}).run().status.code() == StatusCode::device_lost);
        }
        CHECK(failing_driver::live_objects() == 0);
        require_ok(SessionJob(open_device(failing_driver::install()), graph, {}).run().status);
    }
}

} // namespace vkseg::test::injected_failures_test
