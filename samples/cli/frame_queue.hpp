#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>

namespace vkseg::cli {

/// Hands values from one thread to another, in order. push() waits while the queue is full, pop() while it is empty.
template <class T>
class FrameQueue
{
public:
    explicit FrameQueue(size_t capacity) : capacity_(capacity) {}

    /// Returns false, and drops the value, if the queue is closed.
    bool push(T value)
    {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return is_closed_ || values_.size() < capacity_; });
        if (is_closed_)
            return false;
        values_.push_back(std::move(value));
        changed_.notify_all();
        return true;
    }

    /// Returns nothing if the queue is closed and empty.
    std::optional<T> pop()
    {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return is_closed_ || !values_.empty(); });
        if (values_.empty())
            return std::nullopt;
        std::optional<T> value = std::move(values_.front());
        values_.pop_front();
        changed_.notify_all();
        return value;
    }

    /// Ends the queue; values that are in it can still be taken.
    void close()
    {
        const std::lock_guard lock(mutex_);
        is_closed_ = true;
        changed_.notify_all();
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<T> values_;
    size_t capacity_;
    bool is_closed_ = false;
};

} // namespace vkseg::cli
