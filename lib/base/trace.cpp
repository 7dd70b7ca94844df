#include "base/trace.hpp"

#include <chrono>

namespace vkseg {
namespace {

/// Numbers of threads are small, unlike those of the system.
uint32_t thread_number()
{
    static std::atomic<uint32_t> count = 0;
    thread_local const uint32_t number = ++count;
    return number;
}

} // namespace

constinit Hook<TraceTarget> trace_hook;

int64_t steady_ns()
{
    return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

void report_span(const TraceSpan& span)
{
    trace_hook.call(span);
}

void ScopedSpan::end()
{
    report_span({.name = name_,
                 .category = category_,
                 .detail = detail_.c_str(),
                 .begin_ns = begin_ns_,
                 .end_ns = steady_ns(),
                 .track = thread_number()});
}

void ScopedSpan::next(const char* name)
{
    if (!is_on_)
        return;
    end();
    name_ = name;
    detail_.clear();
    begin_ns_ = steady_ns();
}

void set_trace(TraceCallback callback, void* user)
{
    trace_hook.set({.callback = callback, .user = user}, callback != nullptr ? 0 : Hook<TraceTarget>::off);
}

} // namespace vkseg
