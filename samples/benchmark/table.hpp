#pragma once

#include "report.hpp"

/// The report as text on stdout. Numbers that are not known are a dash.
namespace vkseg::benchmark {

void print_device(const DeviceReport& device);

/// Heads of the rows that follow: times and rates.
void print_times_head(SubjectKind kind, Precision precision);
void print_times(const Row& row, const DeviceReport& device);

/// What the device holds for the rows of one kind and precision, and what it takes to begin.
void print_memory(const DeviceReport& device, SubjectKind kind, Precision precision);

} // namespace vkseg::benchmark
