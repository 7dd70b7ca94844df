#include "base/trace.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <thread>
#include <vector>

namespace vkseg::test::trace_test {
namespace {

struct Kept
{
    std::string name;
    std::string detail;
    int64_t begin_ns = 0;
    int64_t end_ns = 0;
    uint32_t track = 0;
};

struct Recorded
{
    Recorded()
    {
        set_trace(
            [](const TraceSpan& span, void* user) {
                static_cast<Recorded*>(user)->spans.push_back(
                    {span.name, span.detail, span.begin_ns, span.end_ns, span.track});
            },
            this);
    }
    ~Recorded() { set_trace(nullptr); }

    std::vector<Kept> spans;
};

} // namespace

TEST_CASE("trace: inner spans are reported before the outer one, which contains them")
{
    Recorded recorded;
    {
        ScopedSpan outer("plan", "outer");
        CHECK(outer.is_on());
        outer.set_detail("1x3x8x8");
        ScopedSpan inner("plan", "first");
        inner.set_detail("a detail");
        inner.next("second");
    }
    const std::vector<Kept>& spans = recorded.spans;
    REQUIRE(spans.size() == 3);
    CHECK(spans[0].name == "first");
    CHECK(spans[0].detail == "a detail");
    CHECK(spans[1].name == "second");
    CHECK(spans[1].detail.empty());
    CHECK(spans[2].name == "outer");
    CHECK(spans[2].detail == "1x3x8x8");
    CHECK(spans[2].begin_ns <= spans[0].begin_ns);
    CHECK(spans[0].end_ns <= spans[1].begin_ns);
    CHECK(spans[1].end_ns <= spans[2].end_ns);
}

TEST_CASE("trace: times are those of steady_clock, and each thread has a track")
{
    Recorded recorded;
    const int64_t before = std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count();
    {
        const ScopedSpan span("run", "here");
    }
    std::thread([] { const ScopedSpan span("run", "there"); }).join();
    const int64_t after = std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count();
    REQUIRE(recorded.spans.size() == 2);
    for (const Kept& span : recorded.spans)
    {
        CHECK(span.begin_ns >= before);
        CHECK(span.end_ns <= after);
        CHECK(span.track > 0);
    }
    CHECK(recorded.spans[0].track != recorded.spans[1].track);
}

TEST_CASE("trace: spans that began before the callback was set are not reported")
{
    ScopedSpan early("run", "early");
    CHECK_FALSE(early.is_on());
    Recorded recorded;
    early.next("still early");
    CHECK(recorded.spans.empty());
}

} // namespace vkseg::test::trace_test
