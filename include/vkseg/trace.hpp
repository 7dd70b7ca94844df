#pragma once

#include "vkseg/export.hpp"

#include <cstdint>

/// Times of what the library does, for a profiler or a trace file (`vkseg run --trace FILE` writes one).
namespace vkseg {

/// A piece of work. The spans of one track nest: two spans are disjoint, or one contains the other.
struct TraceSpan
{
    const char* name = "";     ///< "load model", "plan", "pack weights", "run", …; a node's name
    const char* category = ""; ///< "load", "plan", "run" or "node"
    const char* detail = "";   ///< A file, shapes, or a node's operator and shape; may be empty.
    int64_t begin_ns = 0;      ///< Time of std::chrono::steady_clock.
    int64_t end_ns = 0;
    /// Name of the device that did the work; null: a thread did.
    const char* device = nullptr;
    /// Number of the thread, or of the device: from 1, in the order in which they first appear.
    uint32_t track = 0;
};

/// Receives a span after it ended, so inner spans come before outer ones. The strings are valid during the call only.
/// Spans of threads are reported by these threads, spans of devices by the thread that waited for the run. Calls come
/// one at a time. The function must neither throw nor call vkseg.
using TraceCallback = void (*)(const TraceSpan& span, void* user);

/// Sets the callback of the whole process; null: none, and tracing costs next to nothing. After the function has
/// returned, the former callback is not called any more. May be called at any time from any thread.
///
/// Devices report the spans of sessions with Timing::nodes, one for each node, and of sessions with Timing::device, one
/// for each run. Vulkan's clock of a device has no known relation to the host's clock: spans of a device begin at the
/// earliest times that agree with the times of submission and with each other.
VKSEG_API void set_trace(TraceCallback callback, void* user = nullptr);

} // namespace vkseg
