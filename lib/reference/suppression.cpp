#include "reference/suppression.hpp"

#include <algorithm>
#include <cmath>

namespace vkseg::reference {

bool is_overlap_above(float threshold, const Corners& a, const Corners& b)
{
    const float width = std::max(std::min(a[2], b[2]) - std::max(a[0], b[0]), 0.0f);
    const float height = std::max(std::min(a[3], b[3]) - std::max(a[1], b[1]), 0.0f);
    const float intersection = width * height;
    const float area_a = (a[2] - a[0]) * (a[3] - a[1]);
    const float area_b = (b[2] - b[0]) * (b[3] - b[1]);
    const float limit = threshold * (area_a + area_b - intersection);
    return intersection > 0 && intersection > limit; // false if `limit` is NaN
}

std::vector<size_t> order_by_scores(std::span<const float> scores, const float* bound)
{
    std::vector<size_t> order;
    for (size_t i = 0; i < scores.size(); ++i)
    {
        if (!std::isnan(scores[i]) && (bound == nullptr || scores[i] > *bound))
            order.push_back(i);
    }
    std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return scores[a] > scores[b]; });
    return order;
}

} // namespace vkseg::reference
