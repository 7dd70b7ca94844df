#pragma once

#include <vector>

namespace vkseg::cli {

/// What is told of several measurements of one thing.
struct Spread
{
    double min = 0;
    double median = 0;
    double max = 0;
};

Spread spread_of(std::vector<double> values); ///< of none: zeros

} // namespace vkseg::cli
