#pragma once

#include "report.hpp"

/// The report as text on stdout. Numbers that are not known are a dash.
namespace vkseg::benchmark {

void print_device(const DeviceReport& device);
void print_calibration(const DeviceReport& device);

/// Heads of the rows that follow: times and rates, as they come.
void print_times_head(SubjectKind kind, Precision precision);
void print_times(const Row& row, const DeviceReport& device);

/// For the rows of one kind and precision: shares of the calibration, what the device holds, and what it takes to
/// begin.
void print_shares_and_memory(const DeviceReport& device, SubjectKind kind, Precision precision);

/// The most expensive nodes of a row.
void print_nodes(const Row& row, const DeviceReport& device);

} // namespace vkseg::benchmark
