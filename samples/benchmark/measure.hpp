#pragma once

#include "report.hpp"

namespace vkseg::benchmark {

struct MeasureOptions
{
    Precision precision = Precision::f32;
    int runs = 10;
    bool tune = false; ///< see SessionOptions
    int nodes = 0;     ///< number of most expensive nodes to report for a network
};

/// Runs the subject at least `runs` times and for at least a second. A slow subject stops after a minute, with at least
/// three runs. Throws a Failure.
Row measure(const Device& device, const Subject& subject, const MeasureOptions& options);

} // namespace vkseg::benchmark
