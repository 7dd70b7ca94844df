#pragma once

#include "report.hpp"

/// Prints the report as text on stdout. Unknown numbers are printed as a dash.
namespace vkseg::benchmark {

void print_device(const DeviceReport& device);
void print_calibration(const DeviceReport& device);

/// Prints the column heads of the rows that follow: times and rates, printed as they are measured.
void print_times_head(SubjectKind kind, Precision precision);
void print_times(const Row& row, const DeviceReport& device);

/// Prints, for the rows of one kind and precision: shares of the calibration, memory on the device, and start-up
/// times.
void print_shares_and_memory(const DeviceReport& device, SubjectKind kind, Precision precision);

/// Prints the most expensive nodes of a row.
void print_nodes(const Row& row, const DeviceReport& device);

} // namespace vkseg::benchmark
