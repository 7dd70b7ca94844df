#pragma once

#include <cstddef>

/// What the system knows of this process, and of the others.
namespace vkseg::benchmark {

/// Processor time of all its threads so far, in the system's name and its own.
double process_ms();

/// The most memory that it ever held; 0 where the system does not tell.
size_t peak_resident_bytes();

/// Programs that wanted a processor, on average of the last minute; 0 where the system does not tell.
double processor_load();

} // namespace vkseg::benchmark
