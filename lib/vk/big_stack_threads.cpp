#include "vk/big_stack_threads.hpp"

#include "base/big_stack_thread.hpp"

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

namespace vkseg::vk {

void run_on_big_stacks(size_t count, const std::function<void(size_t)>& task)
{
    std::atomic<size_t> next = 0;
    const auto work = [&]
    {
        for (size_t i = next++; i < count; i = next++)
            task(i);
    };
    const size_t thread_count = std::min<size_t>(count, std::max(1u, std::thread::hardware_concurrency()));
    std::vector<BigStackThread> threads;
    for (size_t i = 0; i < thread_count; i++)
        threads.emplace_back(work);
    if (std::ranges::none_of(threads, &BigStackThread::has_started))
        work();
}

} // namespace vkseg::vk
