#include "vk/device_clock.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>

namespace vkseg::vk {
namespace {

uint32_t next_device_number()
{
    static std::atomic<uint32_t> count = 0;
    return ++count;
}

} // namespace

DeviceClock::DeviceClock() : number_(next_device_number()) {}

int64_t DeviceClock::place(const Run& run)
{
    const std::lock_guard lock(mutex_);
    const double earliest = double(run.submitted_ns);
    const double latest = std::max(earliest, double(run.done_ns - run.length_ns));
    const double wanted = offset_ns_ ? run.device_begin_ns + *offset_ns_ : earliest;
    const double begin = std::clamp(wanted, earliest, latest);
    offset_ns_ = begin - run.device_begin_ns;
    const int64_t begin_ns = std::max(std::llround(begin), static_cast<long long>(last_end_ns_));
    last_end_ns_ = begin_ns + run.length_ns;
    return begin_ns;
}

} // namespace vkseg::vk
