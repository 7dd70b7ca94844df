#pragma once

#include <cstdint>
#include <mutex>
#include <optional>

namespace vkseg::vk {

/// Places timestamps of a device on the host's steady clock. The clocks have no known relation; each run bounds it: the
/// device began after the submission and ended before the wait did. Of the times that agree with all bounds, the
/// earliest are taken. Safe for use by several threads.
class DeviceClock
{
public:
    DeviceClock();

    /// Times in nanoseconds: of the device's clock, which may wrap around, and of the host's.
    struct Run
    {
        double device_begin_ns = 0;
        int64_t length_ns = 0;
        int64_t submitted_ns = 0;
        int64_t done_ns = 0;
    };

    /// Host time at which the run began on the device; not before the end of the run that was placed before it.
    int64_t place(const Run& run);

    /// Number of the device in this process, from 1.
    uint32_t number() const { return number_; }

private:
    const uint32_t number_;
    std::mutex mutex_;
    std::optional<double> offset_ns_; // host − device
    int64_t last_end_ns_ = 0;
};

} // namespace vkseg::vk
