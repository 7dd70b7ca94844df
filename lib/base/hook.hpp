#pragma once

#include <atomic>
#include <mutex>

namespace vkseg {

/// A mutex that every compiler initialises at compile time: std::mutex of mingw-w64 has a constructor that runs.
class ConstantMutex
{
public:
    void lock()
    {
        while (is_locked_.test_and_set(std::memory_order_acquire))
            is_locked_.wait(true, std::memory_order_relaxed);
    }
    void unlock()
    {
        is_locked_.clear(std::memory_order_release);
        is_locked_.notify_one();
    }

private:
    std::atomic_flag is_locked_;
};

/// A function of the app that any thread of the library calls. `Target` is called with the arguments of call(). Hooks
/// are global, so they are initialised at compile time.
template <class Target>
class Hook
{
public:
    static constexpr int off = -1;

    constexpr Hook() = default;

    int level() const { return level_.load(std::memory_order_relaxed); }

    /// Returns after the calls of the former target have.
    void set(const Target& target, int level)
    {
        if (is_calling) // the target itself replaces it, and this thread has the lock
        {
            target_ = target;
            level_ = level;
            return;
        }
        const std::lock_guard lock(mutex_);
        target_ = target;
        level_ = level;
    }

    /// Calls the target, unless it was switched off meanwhile, or has called the library that now calls it.
    template <class... Arguments>
    void call(const Arguments&... arguments)
    {
        if (is_calling)
            return;
        const std::lock_guard lock(mutex_);
        if (level() == off)
            return;
        is_calling = true;
        const Target target = target_;
        target(arguments...);
        is_calling = false;
    }

private:
    static inline thread_local bool is_calling = false;

    std::atomic<int> level_ = off;
    ConstantMutex mutex_;
    Target target_ = {};
};

} // namespace vkseg
