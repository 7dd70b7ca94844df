#include "base/log.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace vkseg::test::log_test {
namespace {

struct Line
{
    LogLevel level = LogLevel::error;
    std::string message;
};

void keep(LogLevel level, const char* message, void* lines)
{
    static_cast<std::vector<Line>*>(lines)->push_back({level, message});
}

/// Ends logging at the end of a test.
struct Quiet
{
    ~Quiet() { set_log(nullptr); }
};

} // namespace

TEST_CASE("log: nothing is logged by default")
{
    for (const LogLevel level : {LogLevel::error, LogLevel::warning, LogLevel::info, LogLevel::debug})
        CHECK_FALSE(is_logged(level));
    write_log(LogLevel::error, "nobody hears this");
}

TEST_CASE("log: the callback receives the messages up to its level, and none after it was taken away")
{
    const Quiet quiet;
    std::vector<Line> lines;
    set_log(keep, &lines, LogLevel::warning);
    write_log(LogLevel::error, "first");
    write_log(LogLevel::warning, "second");
    write_log(LogLevel::info, "third");
    CHECK_FALSE(is_logged(LogLevel::info));
    set_log(nullptr);
    write_log(LogLevel::error, "fourth");
    REQUIRE(lines.size() == 2);
    CHECK(lines[0].level == LogLevel::error);
    CHECK(lines[0].message == "first");
    CHECK(lines[1].level == LogLevel::warning);
    CHECK(lines[1].message == "second");
}

TEST_CASE("log: messages of many threads come one at a time, while callbacks are set and taken away")
{
    const Quiet quiet;
    std::vector<Line> lines;
    std::atomic<bool> is_over = false;
    std::vector<std::thread> threads;
    for (int i = 0; i < 2; ++i)
        threads.emplace_back(
            [&]
            {
                while (!is_over)
                {
                    write_log(LogLevel::info, "a message");
                    std::this_thread::yield(); // mutexes are not fair
                }
            });
    for (int i = 0; i < 50; ++i)
    {
        set_log(keep, &lines);
        std::this_thread::yield();
        set_log(nullptr);
        const size_t count = lines.size(); // no thread adds any now
        std::this_thread::yield();
        CHECK(lines.size() == count);
    }
    is_over = true;
    for (std::thread& thread : threads)
        thread.join();
}

TEST_CASE("log: a callback that causes messages, or replaces itself, neither hangs nor is called again")
{
    const Quiet quiet;
    static int calls;
    calls = 0;
    set_log(
        [](LogLevel, const char*, void*)
        {
            ++calls;
            write_log(LogLevel::error, "a message about a message");
            set_log(nullptr);
        });
    write_log(LogLevel::error, "a message");
    write_log(LogLevel::error, "another");
    CHECK(calls == 1);
}

} // namespace vkseg::test::log_test
