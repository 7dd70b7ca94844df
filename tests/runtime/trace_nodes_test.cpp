#include "vkseg/graph_builder.hpp"
#include "vkseg/session.hpp"
#include "vkseg/trace.hpp"
#include "vkseg/weights.hpp"

#include "support/devices.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <set>
#include <thread>

// Spans of sessions: of planning, of runs, and of each node on the device.
namespace vkseg::trace_nodes_test {
namespace {

struct Span
{
    std::string name;
    std::string category;
    std::string detail;
    std::string device;
    int64_t begin_ns = 0;
    int64_t end_ns = 0;
    uint32_t track = 0;

    bool contains(const Span& other) const { return begin_ns <= other.begin_ns && other.end_ns <= end_ns; }
};

class Recording
{
public:
    Recording()
    {
        set_trace([](const TraceSpan& span, void* user) { static_cast<Recording*>(user)->add(span); }, this);
    }
    ~Recording() { set_trace(nullptr); }

    std::vector<Span> spans;

    std::vector<Span> of(const std::string& category, bool is_on_device) const
    {
        std::vector<Span> found;
        std::ranges::copy_if(spans, std::back_inserter(found),
                             [&](const Span& span)
                             { return span.category == category && span.device.empty() != is_on_device; });
        return found;
    }

    const Span& named(const std::string& name) const
    {
        const auto found = std::ranges::find(spans, name, &Span::name);
        REQUIRE_MESSAGE(found != spans.end(), name);
        return *found;
    }

private:
    void add(const TraceSpan& span)
    {
        spans.push_back({span.name, span.category, span.detail, span.device == nullptr ? "" : span.device,
                         span.begin_ns, span.end_ns, span.track});
    }
};

/// Checks that the spans of each track nest.
void check_nesting(std::vector<Span> spans)
{
    std::map<std::pair<bool, uint32_t>, std::vector<Span>> tracks;
    for (const Span& span : spans)
        tracks[{span.device.empty(), span.track}].push_back(span);
    for (auto& [track, own] : tracks)
    {
        std::ranges::stable_sort(own, [](const Span& a, const Span& b)
                                 { return std::pair(a.begin_ns, -a.end_ns) < std::pair(b.begin_ns, -b.end_ns); });
        std::vector<Span> open;
        for (const Span& span : own)
        {
            CHECK(span.begin_ns <= span.end_ns);
            while (!open.empty() && open.back().end_ns <= span.begin_ns)
                open.pop_back();
            if (!open.empty())
                CHECK_MESSAGE(open.back().contains(span), open.back().name, " and ", span.name);
            open.push_back(span);
        }
    }
}

Graph small_network()
{
    GraphBuilder net("small");
    const ValueId x = net.input("x", {1, 3, 16, 16});
    const ValueId a = net.relu(net.conv(x, "first", {.channels = 8, .kernel = 3, .padding = 1}));
    const ValueId y = net.softmax(net.conv(net.max_pool(a), "second", {.channels = 4, .kernel = 1}));
    Result<Graph> graph = net.finish({y}, {"y"});
    REQUIRE(graph.is_ok());
    invent_weights(*graph);
    return *std::move(graph);
}

std::vector<NamedTensor> inputs()
{
    return {{"x", Tensor::from({1, 3, 16, 16}, std::vector<float>(3 * 16 * 16, 0.5f))}};
}

std::vector<NodeTime> run(const Device& device, Timing timing, int runs = 1)
{
    Result<Session> session = Session::create(device, small_network(), {.timing = timing});
    REQUIRE(session.is_ok());
    std::vector<NodeTime> nodes;
    for (int i = 0; i < runs; ++i)
    {
        Result<RunResult> result = session->run(inputs());
        REQUIRE_MESSAGE(result.is_ok(), result.status().message());
        nodes = std::move(result->nodes);
    }
    return nodes;
}

} // namespace

TEST_CASE("trace: a session's spans nest, from planning to reading the outputs")
{
    for (const test::TestDevice& device : test::devices())
    {
        INFO(device.name);
        const Recording recording;
        run(device.device, Timing::none);
        check_nesting(recording.spans);
        const Span& plan = recording.named("plan");
        CHECK(plan.detail == "x 1x3x16x16");
        for (const char* phase : {"specialize", "fuse", "schedule", "choose kernels", "place memory", "pack weights",
                                  "allocate memory", "create pipelines", "record"})
            CHECK_MESSAGE(plan.contains(recording.named(phase)), phase);
        const Span& whole = recording.named("run");
        for (const char* phase : {"write inputs", "submit", "wait for the device", "read outputs"})
            CHECK_MESSAGE(whole.contains(recording.named(phase)), phase);
        CHECK(recording.of("node", true).empty());
    }
}

TEST_CASE("trace: every node of a run has a span on the device, in order and within the submission")
{
    for (const test::TestDevice& device : test::devices())
    {
        if (!device.device.description().has_timestamps)
            continue;
        INFO(device.name);
        const Recording recording;
        const std::vector<NodeTime> times = run(device.device, Timing::nodes);
        check_nesting(recording.spans);
        const std::vector<Span> nodes = recording.of("node", true);
        REQUIRE(nodes.size() == times.size());
        const std::vector<Span> runs = recording.of("run", true);
        REQUIRE(runs.size() == 1);
        CHECK(runs[0].name == "small");
        CHECK(runs[0].device == device.device.description().name);
        CHECK(runs[0].begin_ns >= recording.named("submit").begin_ns);
        for (size_t i = 0; i < nodes.size(); ++i)
        {
            CHECK(nodes[i].name == times[i].node);
            CHECK(nodes[i].detail == times[i].op + " " + to_string(times[i].shape));
            CHECK(runs[0].contains(nodes[i]));
            CHECK(double(nodes[i].end_ns - nodes[i].begin_ns) >= times[i].time_ms * 1e6 - 1);
        }
    }
}

TEST_CASE("trace: a run that is timed as a whole has one span on the device")
{
    const Device& device = test::devices().front().device;
    if (!device.description().has_timestamps)
        return;
    const Recording recording;
    run(device, Timing::device, 3);
    check_nesting(recording.spans);
    CHECK(recording.of("run", true).size() == 3);
    CHECK(recording.of("node", true).empty());
}

TEST_CASE("trace: frames in flight follow each other on the device")
{
    for (const test::TestDevice& device : test::devices())
    {
        if (!device.device.description().has_timestamps)
            continue;
        INFO(device.name);
        Result<Session> session =
            Session::create(device.device, small_network(), {.timing = Timing::nodes, .frames_in_flight = 3});
        REQUIRE(session.is_ok());
        const Recording recording;
        std::vector<PendingRun> frames;
        for (int i = 0; i < 3; ++i)
        {
            Result<PendingRun> frame = session->submit(inputs());
            REQUIRE(frame.is_ok());
            frames.push_back(*std::move(frame));
        }
        for (PendingRun& frame : frames)
            CHECK(frame.wait().is_ok());
        check_nesting(recording.spans);
        CHECK(recording.of("run", true).size() == 3);
    }
}

TEST_CASE("trace: a run that was submitted before tracing began has its true times")
{
    const Device& device = test::devices().front().device;
    if (!device.description().has_timestamps)
        return;
    Result<Session> session = Session::create(device, small_network(), {.timing = Timing::nodes});
    REQUIRE(session.is_ok());
    const int64_t begin_ns = std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count();
    Result<PendingRun> run = session->submit(inputs());
    REQUIRE(run.is_ok());
    const Recording recording;
    CHECK(run->wait().is_ok());
    const std::vector<Span> on_device = recording.of("run", true);
    REQUIRE(on_device.size() == 1);
    CHECK(on_device[0].begin_ns >= begin_ns);
}

TEST_CASE("trace: runs of two threads on one device have a track for each thread, and do not overlap on the device")
{
    const Device& device = test::devices().front().device;
    if (!device.description().has_timestamps)
        return;
    const Recording recording;
    {
        std::thread other([&] { run(device, Timing::nodes, 10); });
        run(device, Timing::nodes, 10);
        other.join();
    }
    check_nesting(recording.spans);
    std::set<uint32_t> tracks;
    for (const Span& span : recording.of("run", false))
        tracks.insert(span.track);
    CHECK(tracks.size() == 2);
    CHECK(recording.of("run", true).size() == 20);
}

} // namespace vkseg::trace_nodes_test
