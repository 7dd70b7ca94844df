#include "vk/big_stack_threads.hpp"

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

#ifdef _WIN32
#include <process.h>

#include "base/windows_api.hpp"
#else
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

constexpr size_t stack_bytes = size_t(8) << 20;

#ifdef _WIN32
unsigned __stdcall run_work(void* work)
{
    static_cast<Work*>(work)->run();
    return 0;
}
#else
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
    std::vector<HANDLE> threads;
    for (size_t i = 0; i < thread_count; i++)
    {
        const uintptr_t thread =
            _beginthreadex(nullptr, unsigned(stack_bytes), run_work, &work, STACK_SIZE_PARAM_IS_A_RESERVATION, nullptr);
        if (thread != 0)
            threads.push_back(reinterpret_cast<HANDLE>(thread));
    }
    if (threads.empty())
        work.run();
    for (const HANDLE thread : threads)
    {
        WaitForSingleObject(thread, INFINITE);
        CloseHandle(thread);
    }
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
