#pragma once

#include <functional>
#include <memory>

namespace vkseg {

/// A thread with a stack of 8 MiB. Systems give threads as little as 128 KiB (musl) or 512 KiB (macOS), which is too
/// small for shader compilers, which recurse deeply, and for callbacks of an app. The destructor waits for the thread.
class BigStackThread
{
public:
    explicit BigStackThread(std::function<void()> run);

    /// False if the system cannot start another thread; then `run` is never called.
    bool has_started() const { return running_ != nullptr; }
    void join() { running_.reset(); }

private:
    struct Running;
    struct Join
    {
        void operator()(Running* running) const;
    };
    std::unique_ptr<Running, Join> running_;
};

} // namespace vkseg
