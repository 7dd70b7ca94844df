#include "base/big_stack_thread.hpp"

#ifdef _WIN32
#include <process.h>

#include "base/windows_api.hpp"
#else
#include <pthread.h>
#endif

namespace vkseg {
namespace {

constexpr size_t stack_bytes = size_t(8) << 20;

} // namespace

#ifdef _WIN32

struct BigStackThread::Running
{
    std::function<void()> run;
    HANDLE handle = nullptr;

    static unsigned __stdcall call(void* running)
    {
        static_cast<Running*>(running)->run();
        return 0;
    }
};

BigStackThread::BigStackThread(std::function<void()> run)
{
    auto running = std::make_unique<Running>(Running{std::move(run)});
    running->handle = reinterpret_cast<HANDLE>(_beginthreadex(
        nullptr, unsigned(stack_bytes), Running::call, running.get(), STACK_SIZE_PARAM_IS_A_RESERVATION, nullptr));
    if (running->handle != nullptr)
        running_.reset(running.release());
}

void BigStackThread::Join::operator()(Running* running) const
{
    WaitForSingleObject(running->handle, INFINITE);
    CloseHandle(running->handle);
    delete running;
}

#else

struct BigStackThread::Running
{
    std::function<void()> run;
    pthread_t handle = {};

    static void* call(void* running)
    {
        static_cast<Running*>(running)->run();
        return nullptr;
    }
};

BigStackThread::BigStackThread(std::function<void()> run)
{
    auto running = std::make_unique<Running>(Running{std::move(run)});
    pthread_attr_t attributes;
    if (pthread_attr_init(&attributes) != 0)
        return;
    pthread_attr_setstacksize(&attributes, stack_bytes);
    if (pthread_create(&running->handle, &attributes, Running::call, running.get()) == 0)
        running_.reset(running.release());
    pthread_attr_destroy(&attributes);
}

void BigStackThread::Join::operator()(Running* running) const
{
    pthread_join(running->handle, nullptr);
    delete running;
}

#endif

} // namespace vkseg
