#pragma once

#include "report.hpp"

namespace vkseg::benchmark {

struct MeasureOptions
{
    Precision precision = Precision::f32;
    int runs = 10;
    bool tune = false; ///< as SessionOptions says
    int nodes = 0;     ///< of a network: so many of the most expensive ones
};

/// Runs the subject at least as often as asked, and for a second; slow ones less often, but for a minute.
/// Throws a Failure.
Row measure(const Device& device, const Subject& subject, const MeasureOptions& options);

} // namespace vkseg::benchmark
