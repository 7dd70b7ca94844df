// Loads the library for long: scripts/soak.sh says with what. Prints figures; exits with 1 if anything is wrong.
//
//   vkseg_soak runs N                  N runs of two networks of changing shapes, in f32 and f16: memory stays flat
//   vkseg_soak sessions N              N sessions and segmenters made and dropped: memory stays flat
//   vkseg_soak threads THREADS ROUNDS  threads on one Device, each with sessions of its own and one that all share
//   vkseg_soak cache DIRECTORY ROUNDS  ROUNDS devices that keep their pipelines and the tuner's choices in DIRECTORY
#include "vkseg/graph_builder.hpp"
#include "vkseg/segment.hpp"
#include "vkseg/weights.hpp"
#include "vkseg/zoo.hpp"

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace vkseg;

[[noreturn]] void fail(const std::string& message)
{
    std::fprintf(stderr, "soak: %s\n", message.c_str());
    std::exit(1);
}

template <class T>
T take(Result<T> result)
{
    if (!result.is_ok())
        fail(result.status().message());
    return std::move(result).value();
}

void require(const Status& status)
{
    if (!status.is_ok())
        fail(status.message());
}

/// Bytes of memory that the process has in use: the second number of /proc/self/statm, in pages.
size_t resident_bytes()
{
    constexpr size_t page_bytes = 4096;
    size_t size = 0;
    size_t resident = 0;
    std::ifstream("/proc/self/statm") >> size >> resident;
    return resident * page_bytes;
}

/// Memory that may grow while everything warms up and must not grow afterwards.
class Memory
{
public:
    /// Call after each round; the first tenth is warming up.
    void note(size_t round, size_t rounds)
    {
        const size_t bytes = resident_bytes();
        if (round < rounds / 10)
            warm_ = bytes;
        most_ = std::max(most_, bytes);
        last_ = bytes;
    }
    void report(const char* what, size_t rounds) const
    {
        std::printf("%zu %s: %.1f MB resident after a tenth of them, %.1f MB at the end, %.1f MB at most\n", rounds,
                    what, double(warm_) * 1e-6, double(last_) * 1e-6, double(most_) * 1e-6);
        // What the allocator and the driver keep wavers by less than this.
        constexpr size_t wavering_bytes = size_t(8) << 20;
        if (last_ > warm_ + wavering_bytes)
            fail("memory grows");
    }

private:
    size_t warm_ = 0;
    size_t most_ = 0;
    size_t last_ = 0;
};

/// Of inputs of any size: its input's shape is open.
Graph open_network()
{
    GraphBuilder net("open");
    const ValueId x = net.input("x", {1, 3, 8, 8});
    const ValueId wide = net.relu(net.conv(x, "wide", {.channels = 8, .padding = 1}));
    const ValueId deep = net.conv(wide, "deep", {.channels = 8, .padding = 1, .groups = 8});
    Graph graph = take(net.finish({net.softmax(net.conv(deep, "score", {.channels = 5, .kernel = 1}))}, {"y"}));
    invent_weights(graph);
    for (Value& value : graph.values)
    {
        if (!value.constant)
        {
            value.shape = {};
            value.has_shape = false;
        }
    }
    Value& input = graph.values[graph.inputs[0]];
    input.shape = {-1, 3, -1, -1};
    input.has_shape = true;
    return graph;
}

/// Convolutions, a pool, a resize and a softmax.
Graph small_network(int64_t channels, Shape shape)
{
    GraphBuilder net("small");
    const ValueId x = net.input("x", shape);
    const ValueId wide = net.relu(net.conv(x, "wide", {.channels = channels, .padding = 1}));
    const ValueId deep = net.conv(net.max_pool(wide), "deep", {.channels = channels, .padding = 1, .groups = channels});
    const ValueId both = net.concat({wide, net.resize_like(deep, wide)});
    Graph graph = take(net.finish({net.softmax(net.conv(both, "score", {.channels = 5, .kernel = 1}))}, {"y"}));
    invent_weights(graph);
    return graph;
}

Graph zoo_network(const std::string& text)
{
    Graph graph = take(load_network(text));
    invent_weights(graph);
    return graph;
}

std::vector<Graph> mixed_networks()
{
    std::vector<Graph> graphs;
    graphs.push_back(small_network(8, {1, 3, 24, 20}));
    graphs.push_back(small_network(12, {2, 3, 9, 31}));
    graphs.push_back(zoo_network("unet-padded:width=0.05,input=1x3x32x32"));
    graphs.push_back(zoo_network("segnet-basic:width=0.1,input=1x3x32x48"));
    graphs.push_back(zoo_network("lraspp-mobilenet-v3:width=0.1,input=1x3x64x64"));
    return graphs;
}

Tensor random_tensor(const Shape& shape, uint32_t seed)
{
    std::minstd_rand generator(seed);
    std::vector<float> values(size_t(shape.elements()));
    for (float& value : values)
        value = float(generator() >> 7) * 0x1p-24f;
    return Tensor::from(shape, std::move(values));
}

std::vector<NamedTensor> inputs_of(const Graph& graph)
{
    std::vector<NamedTensor> inputs;
    for (const ValueId id : graph.inputs)
        inputs.push_back({graph.values[id].name, random_tensor(graph.values[id].shape, 1)});
    return inputs;
}

std::vector<std::byte> output_of(Session& session, const std::vector<NamedTensor>& inputs)
{
    const RunResult result = take(session.run(inputs));
    const std::span<const std::byte> bytes = result.outputs[0].tensor.bytes();
    return {bytes.begin(), bytes.end()};
}

Precision precision_of(size_t number)
{
    return number % 2 == 0 ? Precision::f32 : Precision::f16;
}

/// More sets of shapes than the session keeps plans for, so that plans are made and dropped all the time.
void soak_runs(const Device& device, size_t rounds)
{
    Memory memory;
    std::vector<Session> sessions;
    std::vector<std::vector<std::vector<NamedTensor>>> inputs;
    for (size_t i = 0; i < 2; ++i)
    {
        sessions.push_back(
            take(Session::create(device, open_network(), {.precision = precision_of(i), .kept_plans = 2})));
        inputs.emplace_back();
        for (const Shape& shape : {Shape{1, 3, 24, 20}, Shape{1, 3, 17, 9}, Shape{2, 3, 8, 8}})
            inputs.back().push_back({{"x", random_tensor(shape, 1)}});
    }
    std::vector<std::vector<std::byte>> expected;
    for (size_t round = 0; round < rounds; ++round)
    {
        const size_t session = round % 2;
        const size_t shape = round / 8 % 3; // several runs of a plan before the next
        const std::vector<std::byte> bytes = output_of(sessions[session], inputs[session][shape]);
        const size_t slot = session * 3 + shape;
        expected.resize(6);
        if (expected[slot].empty())
            expected[slot] = bytes;
        if (bytes != expected[slot])
            fail("run " + std::to_string(round) + " gives other bits than the first of its kind");
        memory.note(round, rounds);
    }
    memory.report("runs", rounds);
}

void soak_sessions(const Device& device, size_t rounds)
{
    Memory memory;
    const std::vector<Graph> graphs = mixed_networks();
    const std::vector<uint8_t> pixels(size_t(40) * 30 * 3, 100);
    const Graph picture_network = small_network(8, {1, 3, 24, 20});
    for (size_t round = 0; round < rounds; ++round)
    {
        const SessionOptions options = {.precision = precision_of(round / graphs.size())};
        const Graph& graph = graphs[round % graphs.size()];
        {
            Session session = take(Session::create(device, graph, options));
            output_of(session, inputs_of(graph));
            Segmenter segmenter = take(Segmenter::create(device, picture_network, {}, options));
            require(segmenter.segment({pixels.data(), 40, 30, 3}).status());
        }
        const MemoryUse use = device.memory_use();
        if (use.weights_bytes + use.activations_bytes + use.staging_bytes != 0)
            fail("the device holds memory of sessions that are gone");
        memory.note(round, rounds);
    }
    memory.report("sessions", rounds);
}

void soak_threads(const Device& device, size_t threads, size_t rounds)
{
    const std::vector<Graph> graphs = mixed_networks();
    std::vector<std::vector<std::byte>> expected;
    for (size_t i = 0; i < graphs.size() * 2; ++i)
    {
        Session session = take(Session::create(device, graphs[i / 2], {.precision = precision_of(i)}));
        expected.push_back(output_of(session, inputs_of(graphs[i / 2])));
    }
    Session shared = take(Session::create(device, graphs[0]));
    std::atomic<size_t> runs = 0;
    std::vector<std::thread> running;
    for (size_t thread = 0; thread < threads; ++thread)
    {
        running.emplace_back(
            [&, thread]
            {
                for (size_t round = 0; round < rounds; ++round)
                {
                    const size_t i = (thread + round) % expected.size();
                    const Graph& graph = graphs[i / 2];
                    Session session = take(Session::create(device, graph, {.precision = precision_of(i)}));
                    for (int again = 0; again < 2; ++again)
                    {
                        if (output_of(session, inputs_of(graph)) != expected[i])
                            fail("thread " + std::to_string(thread) + " got other bits than one thread alone");
                    }
                    if (output_of(shared, inputs_of(graphs[0])) != expected[0])
                        fail("a session that threads share gave other bits than one thread alone");
                    runs += 3;
                }
            });
    }
    for (std::thread& thread : running)
        thread.join();
    std::printf("%zu threads: %zu runs, all with the bits of one thread alone\n", threads, runs.load());
}

void soak_cache(const std::string& directory, size_t rounds)
{
    const Graph graph = small_network(8, {1, 3, 24, 20});
    for (size_t round = 0; round < rounds; ++round)
    {
        const Device device = take(Device::create({.cache_directory = directory}));
        Session session = take(Session::create(device, graph, {.tune = true}));
        output_of(session, inputs_of(graph));
    }
    std::printf("%zu devices with their cache in %s\n", rounds, directory.c_str());
}

size_t number(const char* text)
{
    char* end = nullptr;
    const unsigned long value = std::strtoul(text, &end, 10);
    if (*end != '\0' || value == 0)
        fail(std::string("expected a number above 0, got ") + text);
    return value;
}

} // namespace

int main(int argc, char** argv)
{
    const std::string what = argc > 1 ? argv[1] : "";
    if (what == "cache" && argc == 4)
    {
        soak_cache(argv[2], number(argv[3]));
        return 0;
    }
    const bool is_known =
        (what == "runs" && argc == 3) || (what == "sessions" && argc == 3) || (what == "threads" && argc == 4);
    if (!is_known)
        fail("usage: vkseg_soak runs N | sessions N | threads THREADS ROUNDS | cache DIRECTORY ROUNDS");
    const Device device = take(Device::create({.use_pipeline_cache = false}));
    std::printf("on %s\n", device.description().name.c_str());
    if (what == "runs")
        soak_runs(device, number(argv[2]));
    else if (what == "sessions")
        soak_sessions(device, number(argv[2]));
    else
        soak_threads(device, number(argv[2]), number(argv[3]));
    return 0;
}
