#include "reference/evaluate.hpp"
#include "reference/suppression.hpp"

#include <algorithm>

namespace vkseg::reference {

Result<Tensors> evaluate(const BatchedNms& op, const Arguments& arguments)
{
    const std::vector<float> boxes = arguments.inputs[0]->to_floats();
    const std::vector<float> scores = arguments.inputs[1]->to_floats();
    const std::vector<int64_t> groups = arguments.inputs[2]->to_integers();
    const float last = op.has_inclusive_corners ? 1.0f : 0.0f; // extent of the last pixel
    std::vector<Corners> corners;
    for (size_t i = 0; i < scores.size(); ++i)
        corners.push_back({boxes[i * 4], boxes[i * 4 + 1], boxes[i * 4 + 2] + last, boxes[i * 4 + 3] + last});

    const Shape& shape = arguments.outputs[0].shape;
    std::vector<int64_t> kept;
    for (const size_t i : order_by_scores(scores, op.score_threshold ? &*op.score_threshold : nullptr))
    {
        const float width = corners[i][2] - corners[i][0];
        const float height = corners[i][3] - corners[i][1];
        if (op.min_size > 0 && !(width >= op.min_size && height >= op.min_size))
            continue;
        const auto suppresses = [&](int64_t other)
        {
            return groups[size_t(other)] == groups[i] &&
                   is_overlap_above(op.iou_threshold, corners[size_t(other)], corners[i]);
        };
        if (int64_t(kept.size()) < shape[0] && std::none_of(kept.begin(), kept.end(), suppresses))
            kept.push_back(int64_t(i));
    }
    const auto count = int64_t(kept.size());
    kept.resize(size_t(shape[0]));
    return Tensors{Tensor::from_integers(shape, std::move(kept)), Tensor::from_integers({1}, {count})};
}

} // namespace vkseg::reference
