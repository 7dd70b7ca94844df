#include "vkseg/session.hpp"

#include "support/devices.hpp"
#include "vkseg/segment.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <functional>
#include <mutex>
#include <thread>

namespace vkseg::test::frames_in_flight_test {
namespace {

/// y = relu(x · 2 - 1), followed by a wide convolution, so that the device has something to do.
Graph network(const Shape& shape)
{
    Graph graph;
    graph.name = "frames";
    const ValueId x = graph.add_input("x", DType::f32, shape);
    const ValueId two = graph.add_constant("two", Tensor::from({1}, {2}));
    const ValueId doubled = graph.add_node("doubled", Binary{.kind = BinaryKind::mul}, {x, two});
    const ValueId w = graph.add_constant("w", Tensor::from({1, 1, 1, 1}, {3}));
    graph.outputs = {graph.add_node("y", Conv{}, {doubled, w})};
    return graph;
}

std::vector<NamedTensor> picture_of(float value, int64_t side = 32)
{
    return {{"x", Tensor::from({1, 1, side, side}, std::vector<float>(size_t(side * side), value))}};
}

void check_result(const Result<RunResult>& result, float value)
{
    REQUIRE_MESSAGE(result.is_ok(), result.status().message());
    for (const float y : result->outputs[0].tensor.to_floats())
        REQUIRE(y == 6 * value);
}

} // namespace

TEST_CASE("frames in flight: results are those of the inputs, whatever the order of waiting")
{
    for (const TestDevice& device : devices())
    {
        INFO(device.name);
        for (const size_t frames : {1, 2, 3, 7})
        {
            Result<Session> session =
                Session::create(device.device, network({1, 1, 32, 32}), {.frames_in_flight = frames});
            REQUIRE(session.is_ok());
            std::vector<PendingRun> runs;
            for (int i = 0; i < 8; ++i) // more than are in flight: older ones land, and keep their results
            {
                Result<PendingRun> run = session->submit(picture_of(float(i)));
                REQUIRE_MESSAGE(run.is_ok(), run.status().message());
                runs.push_back(*std::move(run));
            }
            for (const size_t i : {5, 0, 7, 1, 6, 2, 4, 3})
            {
                check_result(runs[i].wait(), float(i));
                CHECK(runs[i].is_done());
                CHECK(runs[i].wait().status().code() == StatusCode::invalid_argument);
            }
        }
    }
}

TEST_CASE("frames in flight: is_done tells the truth in the end, and dropped runs do no harm")
{
    for (const TestDevice& device : devices())
    {
        INFO(device.name);
        Result<Session> session = Session::create(device.device, network({1, 1, -1, -1}));
        REQUIRE(session.is_ok());
        Result<PendingRun> run = session->submit(picture_of(4));
        REQUIRE(run.is_ok());
        while (!run->is_done())
            std::this_thread::yield();
        check_result(run->wait(), 4);
        for (int i = 0; i < 10; ++i)
            REQUIRE(session->submit(picture_of(1)).is_ok());
        // Another shape is another plan, while runs of the first are in flight.
        Result<PendingRun> small = session->submit(picture_of(2, 5));
        Result<PendingRun> large = session->submit(picture_of(3, 64));
        REQUIRE(small.is_ok());
        REQUIRE(large.is_ok());
        check_result(large->wait(), 3);
        check_result(small->wait(), 2);
    }
}

TEST_CASE("frames in flight: runs outlive their plan and their session")
{
    for (const TestDevice& device : devices())
    {
        INFO(device.name);
        std::vector<PendingRun> runs;
        {
            Result<Session> session = Session::create(device.device, network({1, 1, -1, -1}), {.kept_plans = 1});
            REQUIRE(session.is_ok());
            for (const int64_t side : {8, 9, 10, 64})
            {
                Result<PendingRun> run = session->submit(picture_of(float(side), side));
                REQUIRE(run.is_ok());
                runs.push_back(*std::move(run));
            }
        }
        check_result(runs[3].wait(), 64);
        check_result(runs[0].wait(), 8);
        runs.pop_back();
    }
}

TEST_CASE("frames in flight: a run that fails does not stop the others")
{
    for (const TestDevice& device : devices())
    {
        INFO(device.name);
        Result<Session> session = Session::create(device.device, network({1, 1, 32, 32}));
        REQUIRE(session.is_ok());
        Result<PendingRun> first = session->submit(picture_of(1));
        CHECK(session->submit(picture_of(1, 31)).status().code() == StatusCode::invalid_argument);
        CHECK(session->submit({}).status().code() == StatusCode::invalid_argument);
        Result<PendingRun> second = session->submit(picture_of(2));
        REQUIRE(first.is_ok());
        REQUIRE(second.is_ok());
        check_result(second->wait(), 2);
        check_result(first->wait(), 1);
    }
}

TEST_CASE("frames in flight: functions get the results in order, all of them before the session ends")
{
    for (const TestDevice& device : devices())
    {
        INFO(device.name);
        std::vector<float> values;
        std::atomic<int> wrong = 0;
        {
            Result<Session> session = Session::create(device.device, network({1, 1, 32, 32}));
            REQUIRE(session.is_ok());
            for (int i = 0; i < 20; ++i)
            {
                REQUIRE(session
                            ->submit(picture_of(float(i)),
                                     [&](Result<RunResult> result)
                                     {
                                         if (result.is_ok())
                                             values.push_back(result->outputs[0].tensor.to_floats()[5]);
                                         else
                                             ++wrong;
                                     })
                            .is_ok());
            }
            // Waits of the caller's own go on between.
            Result<PendingRun> mine = session->submit(picture_of(100));
            REQUIRE(mine.is_ok());
            check_result(mine->wait(), 100);
        }
        CHECK(wrong == 0);
        REQUIRE(values.size() == 20);
        for (size_t i = 0; i < 20; ++i)
            CHECK(values[i] == 6 * float(i));
    }
}

TEST_CASE("frames in flight: what a function holds may wait for a thread that submits")
{
    Result<Session> session = Session::create(devices()[0].device, network({1, 1, 32, 32}));
    REQUIRE(session.is_ok());
    std::mutex pool;
    std::atomic<int> returned = 0;
    for (int i = 0; i < 20; ++i)
    {
        const std::lock_guard lock(pool);
        std::shared_ptr<int> lease(new int(i),
                                   [&](const int* value)
                                   {
                                       delete value;
                                       const std::lock_guard until_submitted(pool);
                                       ++returned;
                                   });
        REQUIRE(session->submit(picture_of(1), [held = std::move(lease)](const Result<RunResult>&) {}).is_ok());
    }
    *session = *Session::create(devices()[0].device, network({1, 1, 32, 32}));
    CHECK(returned == 20);
}

TEST_CASE("frames in flight: functions submit the next run until the session is destroyed, and none comes later")
{
    std::atomic<int> calls = 0;
    std::atomic<int> refusals = 0;
    std::optional<Session> session(
        *Session::create(devices()[0].device, network({1, 1, 32, 32}), {.frames_in_flight = 2}));
    const Result<PendingRun> held = session->submit(picture_of(1)); // keeps alive what the session uses
    REQUIRE(held.is_ok());
    std::function<void(Result<RunResult>)> next = [&](const Result<RunResult>& result)
    {
        REQUIRE(result.is_ok());
        ++calls;
        if (const Status status = session->submit(picture_of(2), next); !status.is_ok())
        {
            CHECK(status.message().find("being destroyed") != std::string::npos);
            ++refusals;
        }
    };
    REQUIRE(session->submit(picture_of(2), next).is_ok());
    while (calls < 5)
        std::this_thread::yield();
    session.reset();
    CHECK(refusals == 1);
    const int calls_at_the_end = calls;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    CHECK(calls == calls_at_the_end);
}

TEST_CASE("frames in flight: several threads submit to one session")
{
    for (const TestDevice& device : devices())
    {
        INFO(device.name);
        Result<Session> session = Session::create(device.device, network({1, 1, -1, -1}));
        REQUIRE(session.is_ok());
        std::atomic<int> wrong = 0;
        std::vector<std::thread> threads;
        for (int t = 0; t < 4; ++t)
        {
            threads.emplace_back(
                [&wrong, &session, t]
                {
                    std::vector<PendingRun> runs;
                    for (int i = 0; i < 8; ++i)
                    {
                        Result<PendingRun> run = session->submit(picture_of(float(t * 10 + i), 8 + t % 2));
                        if (run.is_ok())
                            runs.push_back(*std::move(run));
                    }
                    wrong += int(8 - runs.size());
                    for (size_t i = 0; i < runs.size(); ++i)
                    {
                        const Result<RunResult> result = runs[i].wait();
                        const bool is_right = result.is_ok() && result->outputs[0].tensor.to_floats()[0] ==
                                                                    6 * (float(t) * 10 + float(i));
                        wrong += is_right ? 0 : 1;
                    }
                });
        }
        for (std::thread& thread : threads)
            thread.join();
        CHECK(wrong == 0);
    }
}

TEST_CASE("frames in flight: memory counts each frame, and the limit keeps them few")
{
    const TestDevice& device = devices()[0];
    Result<Session> session = Session::create(device.device, network({1, 1, 256, 256}), {.frames_in_flight = 4});
    REQUIRE(session.is_ok());
    REQUIRE(session->prepare().is_ok());
    const size_t one = session->memory_use().staging_bytes;
    std::vector<PendingRun> runs;
    for (int i = 0; i < 12; ++i)
    {
        Result<PendingRun> run = session->submit(picture_of(float(i), 256));
        REQUIRE(run.is_ok());
        runs.push_back(*std::move(run));
    }
    CHECK(session->memory_use().staging_bytes <= 4 * one);
    for (size_t i = 0; i < runs.size(); ++i)
        check_result(runs[i].wait(), float(i));

    // 256 · 256 floats are 256 KiB; the plan itself takes a few times that.
    Result<Session> narrow = Session::create(device.device, network({1, 1, 256, 256}),
                                             {.max_memory_bytes = 4 << 20, .frames_in_flight = 99});
    REQUIRE(narrow.is_ok());
    for (int i = 0; i < 12; ++i)
    {
        const Result<PendingRun> run = narrow->submit(picture_of(float(i), 256));
        REQUIRE_MESSAGE(run.is_ok(), run.status().message());
    }
    CHECK(narrow->memory_use().staging_bytes <= 4 * one);
}

TEST_CASE("frames in flight: pictures through a segmenter, and values that contradict the description")
{
    Graph graph;
    const ValueId x = graph.add_input("x", DType::f32, {1, 3, 16, 16});
    const ValueId w = graph.add_constant("w", Tensor::from({1, 3, 1, 1}, {2, 0, 0})); // above 1 for bright pictures
    graph.outputs = {graph.add_node("y", Conv{}, {x, w})};
    ModelDescription description;
    description.source = MaskSource::probabilities;
    for (const TestDevice& device : devices())
    {
        INFO(device.name);
        Result<Segmenter> segmenter = Segmenter::create(device.device, graph, description);
        REQUIRE_MESSAGE(segmenter.is_ok(), segmenter.status().message());
        std::vector<Pending<Segmentation>> pending;
        for (const int brightness : {0, 100, 255, 90})
        {
            const std::vector<uint8_t> pixels(20 * 10 * 3, uint8_t(brightness)); // not needed after submit()
            Result<Pending<Segmentation>> one = segmenter->submit({pixels.data(), 20, 10, 3});
            REQUIRE_MESSAGE(one.is_ok(), one.status().message());
            pending.push_back(*std::move(one));
        }
        const Result<Segmentation> last = pending[3].wait();
        REQUIRE(last.is_ok());
        CHECK(last->labels[0] == 1);
        CHECK(pending[2].wait().status().code() == StatusCode::invalid_model);
        const Result<Segmentation> dark = pending[0].wait();
        REQUIRE(dark.is_ok());
        CHECK(dark->labels[0] == 0);
        CHECK(pending[1].wait().is_ok());
        CHECK(segmenter->submit_for_instances({}).status().code() == StatusCode::invalid_argument);
        CHECK(segmenter->submit({}).status().code() == StatusCode::invalid_argument);

        std::vector<int> statuses;
        {
            const Segmenter other = *std::move(segmenter); // moved while nothing is pending
            Segmenter moved = *Segmenter::create(device.device, graph, description);
            for (const int brightness : {0, 255, 90})
            {
                const std::vector<uint8_t> pixels(20 * 10 * 3, uint8_t(brightness));
                REQUIRE(moved
                            .submit({pixels.data(), 20, 10, 3}, [&](Result<Segmentation> result)
                                    { statuses.push_back(result.is_ok() ? result->labels[0] : -1); })
                            .is_ok());
            }
        }
        CHECK(statuses == std::vector{0, -1, 1});
    }
}

} // namespace vkseg::test::frames_in_flight_test
