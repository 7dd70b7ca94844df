#include "base/big_stack_thread.hpp"

#include "base/parallel.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace vkseg::test::big_stack_thread_test {
namespace {

/// Sum of 4 MiB on the stack: more than threads of musl and of macOS have by themselves.
size_t sum_on_stack()
{
    volatile char ones[size_t(4) << 20];
    size_t sum = 0;
    for (volatile char& one : ones)
    {
        one = 1;
        sum += size_t(one);
    }
    return sum;
}

} // namespace

TEST_CASE("big stack thread: 4 MiB fit on its stack, and the destructor waits for it")
{
    size_t sum = 0;
    {
        const BigStackThread thread([&] { sum = sum_on_stack(); });
        REQUIRE(thread.has_started());
    }
    CHECK(sum == size_t(4) << 20);
}

TEST_CASE("parallel_for: makes each call once")
{
    std::array<std::atomic<int>, 100> calls = {};
    parallel_for(int64_t(calls.size()), [&](int64_t i) { ++calls[size_t(i)]; });
    CHECK(std::ranges::all_of(calls, [](int count) { return count == 1; }));
}

} // namespace vkseg::test::big_stack_thread_test
