#include "reference/evaluate.hpp"
#include "reference/suppression.hpp"

#include <algorithm>

namespace vkseg::reference {
namespace {

Corners corners_of(const NonMaxSuppression& op, std::span<const float> box)
{
    if (op.has_centers)
    {
        const float half_width = box[2] / 2;
        const float half_height = box[3] / 2;
        return {box[0] - half_width, box[1] - half_height, box[0] + half_width, box[1] + half_height};
    }
    return {std::min(box[0], box[2]), std::min(box[1], box[3]), std::max(box[0], box[2]), std::max(box[1], box[3])};
}

} // namespace

Result<Tensors> evaluate(const NonMaxSuppression& op, const Arguments& arguments)
{
    const Shape& shape = arguments.inputs[1]->shape();
    const std::vector<float> boxes = arguments.inputs[0]->to_floats();
    const std::vector<float> scores = arguments.inputs[1]->to_floats();
    const size_t count = size_t(shape[2]);
    std::vector<int64_t> selected;
    for (int64_t batch = 0; batch < shape[0]; ++batch)
    {
        std::vector<Corners> corners;
        for (size_t i = 0; i < count; ++i)
            corners.push_back(corners_of(op, std::span(boxes).subspan((size_t(batch) * count + i) * 4, 4)));
        for (int64_t c = 0; c < shape[1]; ++c)
        {
            const std::span<const float> row = std::span(scores).subspan(size_t(batch * shape[1] + c) * count, count);
            std::vector<size_t> kept;
            for (const size_t i : order_by_scores(row, op.score_threshold ? &*op.score_threshold : nullptr))
            {
                const bool is_suppressed = std::any_of(
                    kept.begin(), kept.end(),
                    [&](size_t other) { return is_overlap_above(op.iou_threshold, corners[other], corners[i]); });
                if (is_suppressed || int64_t(kept.size()) >= op.max_outputs)
                    continue;
                kept.push_back(i);
                selected.insert(selected.end(), {batch, c, int64_t(i)});
            }
        }
    }
    const int64_t rows = int64_t(selected.size()) / 3;
    selected.resize(size_t(arguments.outputs[0].shape.elements()));
    return Tensors{Tensor::from_integers(arguments.outputs[0].shape, std::move(selected)),
                   Tensor::from_integers({1}, {rows})};
}

} // namespace vkseg::reference
