#pragma once

#include "base/big_stack_thread.hpp"
#include "runtime/frame.hpp"

#include <condition_variable>
#include <deque>
#include <functional>
#include <optional>

namespace vkseg {

/// Hands the results of runs to functions of the caller, in order, on a thread of its own.
class Deliveries
{
public:
    using Done = std::function<void(Result<RunResult>)>;

    Deliveries() : thread_([this] { work(); }) {}
    /// False if the system cannot start another thread; then nothing may be added.
    bool has_started() const { return thread_.has_started(); }
    /// Waits until all results are handed over.
    ~Deliveries();

    void add(std::shared_ptr<Flight> flight, Done done);

private:
    struct Delivery
    {
        std::shared_ptr<Flight> flight;
        Done done;
    };

    void work();

    std::mutex mutex_;
    std::condition_variable added_;
    std::deque<Delivery> waiting_;
    bool ends_ = false;
    BigStackThread thread_; // last, as it uses the members above
};

} // namespace vkseg
