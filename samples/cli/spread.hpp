#pragma once

#include <vector>

namespace vkseg::cli {

/// Summary of repeated measurements.
struct Spread
{
    double min = 0;
    double median = 0;
    double max = 0;
};

Spread spread_of(std::vector<double> values); ///< all zeros if there are no values

} // namespace vkseg::cli
