#pragma once

#include "base/hook.hpp"
#include "vkseg/trace.hpp"

#include <string>

/// Times of what the library does (include/vkseg/trace.hpp).
namespace vkseg {

struct TraceTarget
{
    TraceCallback callback = nullptr;
    void* user = nullptr;

    void operator()(const TraceSpan& span) const { callback(span, user); }
};

extern constinit Hook<TraceTarget> trace_hook;

inline bool is_traced()
{
    return trace_hook.level() != Hook<TraceTarget>::off;
}

/// Now, in nanoseconds of std::chrono::steady_clock.
int64_t steady_ns();

/// Reports a span that this thread knows the times of.
void report_span(const TraceSpan& span);

/// A span of this thread, from here to the end of the block. Costs an atomic load while nothing is traced.
class ScopedSpan
{
public:
    /// Both strings must live as long as the span.
    ScopedSpan(const char* category, const char* name)
        : category_(category), name_(name), is_on_(is_traced()), begin_ns_(is_on_ ? steady_ns() : 0)
    {}
    ~ScopedSpan()
    {
        if (is_on_)
            end();
    }
    ScopedSpan(const ScopedSpan&) = delete;
    ScopedSpan& operator=(const ScopedSpan&) = delete;

    /// False: details are not wanted.
    bool is_on() const { return is_on_; }
    void set_detail(std::string detail) { detail_ = std::move(detail); }
    /// Ends the span, and begins another one.
    void next(const char* name);

private:
    void end();

    const char* category_;
    const char* name_;
    std::string detail_;
    bool is_on_;
    int64_t begin_ns_;
};

} // namespace vkseg
