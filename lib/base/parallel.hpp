#pragma once

#include "base/big_stack_thread.hpp"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

namespace vkseg {

/// Calls body(0) … body(count - 1) in any order on all processors, on threads with large stacks; the caller's own stack
/// may be small. The calls should be long enough to pay for a thread.
template <class Body>
void parallel_for(int64_t count, const Body& body)
{
    std::atomic<int64_t> next = 0;
    const auto work = [&]
    {
        for (int64_t i = next++; i < count; i = next++)
            body(i);
    };
    const int64_t processors = std::max<int64_t>(std::thread::hardware_concurrency(), 1);
    std::vector<BigStackThread> threads; // those that do not start have no part in the work
    for (int64_t i = 0; i < std::min(processors, count); ++i)
        threads.emplace_back(work);
    if (std::ranges::none_of(threads, &BigStackThread::has_started))
        work();
}

} // namespace vkseg
