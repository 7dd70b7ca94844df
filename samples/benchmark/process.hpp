#pragma once

#include <cstddef>

/// Figures from the system about this process and its load.
namespace vkseg::benchmark {

/// Processor time of all threads of this process so far, user and system time together.
double process_ms();

/// Peak resident memory of this process; 0 if the system does not report it.
size_t peak_resident_bytes();

/// Average number of runnable programs over the last minute; 0 if the system does not report it.
double processor_load();

} // namespace vkseg::benchmark
