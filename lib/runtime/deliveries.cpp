#include "runtime/deliveries.hpp"

namespace vkseg {

Deliveries::~Deliveries()
{
    {
        const std::lock_guard lock(mutex_);
        ends_ = true;
    }
    added_.notify_one();
    thread_.join();
}

void Deliveries::add(std::shared_ptr<Flight> flight, Done done)
{
    {
        const std::lock_guard lock(mutex_);
        waiting_.push_back({std::move(flight), std::move(done)});
    }
    added_.notify_one();
}

void Deliveries::work()
{
    std::unique_lock lock(mutex_);
    while (true)
    {
        added_.wait(lock, [this] { return ends_ || !waiting_.empty(); });
        if (waiting_.empty())
            return;
        std::optional<Delivery> delivery = std::move(waiting_.front());
        waiting_.pop_front();
        lock.unlock();
        delivery->done(delivery->flight->take());
        delivery.reset(); // without the lock: what `done` holds is the caller's, whose destructors may wait for others
        lock.lock();
    }
}

} // namespace vkseg
