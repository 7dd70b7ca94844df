#include "vk/big_stack_threads.hpp"

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

#ifndef _WIN32
#include <pthread.h>
#endif

namespace vkseg::vk {
namespace {

struct Work
{
    const std::function<void(size_t)>& task;
    size_t count = 0;
    std::atomic<size_t> next = 0;

    void run()
    {
        for (size_t i = next++; i < count; i = next++)
            task(i);
    }
};

#ifndef _WIN32
constexpr size_t stack_bytes = size_t(8) << 20;

void* run_work(void* work)
{
    static_cast<Work*>(work)->run();
    return nullptr;
}
#endif

} // namespace

void run_on_big_stacks(size_t count, const std::function<void(size_t)>& task)
{
    if (count == 0)
        return;
    Work work{task, count};
    const size_t thread_count = std::min<size_t>(count, std::max(1u, std::thread::hardware_concurrency()));
#ifdef _WIN32
    std::vector<std::thread> threads;
    for (size_t i = 0; i < thread_count; i++)
        threads.emplace_back([&] { work.run(); });
    for (std::thread& thread : threads)
        thread.join();
#else
    std::vector<pthread_t> threads;
    pthread_attr_t attributes;
    if (pthread_attr_init(&attributes) == 0)
    {
        pthread_attr_setstacksize(&attributes, stack_bytes);
        for (size_t i = 0; i < thread_count; i++)
        {
            pthread_t thread;
            if (pthread_create(&thread, &attributes, run_work, &work) == 0)
                threads.push_back(thread);
        }
        pthread_attr_destroy(&attributes);
    }
    if (threads.empty())
        work.run();
    for (pthread_t thread : threads)
        pthread_join(thread, nullptr);
#endif
}

} // namespace vkseg::vk
