#pragma once

#include <atomic>
#include <mutex>

namespace vkseg {

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
    std::mutex mutex_;
    Target target_ = {};
};

} // namespace vkseg
