#include "base/try.hpp"
#include "ops/picture/picture_placement.hpp"
#include "reference/evaluate.hpp"

#include <algorithm>
#include <cmath>

// Computed in floats by the operations of shaders/detection/paste_masks.comp and crop_masks.comp, in the same order,
// because bits must be equal; this file is compiled without contraction to fused multiply-adds.
namespace vkseg::reference {
namespace {

constexpr float max_mask_coordinate = 262144;

struct Extent
{
    float low;
    float high;
};

/// Ends of a box along an axis, moved away from its centre to make room for the mask's border.
Extent expanded(float low, float high, float expansion)
{
    const float half_size = (high - low) * 0.5f;
    const float centre = (high + low) * 0.5f;
    const float expanded_half = half_size * expansion;
    return {centre - expanded_half, centre + expanded_half};
}

/// The pixels first to last of an axis, which the mask covers.
struct Side
{
    int64_t first = 0;
    int64_t last = -1;
    int64_t size() const { return std::max<int64_t>(last - first + 1, 1); }
};

Side side_of(Extent corners)
{
    return {.first = int64_t(corners.low), .last = int64_t(corners.high)};
}

/// Pixels from the first at or after the low corner to the last before the high one.
Side pixels_within(Extent corners)
{
    return {.first = int64_t(std::ceil(corners.low)), .last = int64_t(std::ceil(corners.high)) - 1};
}

struct Neighbours
{
    int64_t low;
    int64_t high;
    float low_weight; ///< for pasted masks, times twice the size of the side, as the other
    float high_weight;
};

Neighbours neighbours_of(const Side& side, int64_t pixel, int64_t mask_extent)
{
    const int64_t extent = mask_extent + 2;
    const int64_t numerator = std::max<int64_t>((2 * (pixel - side.first) + 1) * extent - side.size(), 0);
    const int64_t denominator = 2 * side.size();
    const int64_t low = numerator / denominator;
    const int64_t rest = numerator % denominator;
    return {low, std::min(low + 1, extent - 1), float(denominator - rest), float(rest)};
}

struct Mask
{
    const float* values;
    int64_t height;
    int64_t width;

    /// Value with a border of zeros.
    float at(int64_t row, int64_t column) const
    {
        if (row < 1 || row > height || column < 1 || column > width)
            return 0;
        return values[(row - 1) * width + column - 1];
    }

    float interpolated(int64_t row, const Neighbours& columns) const
    {
        const float left = at(row, columns.low) * columns.low_weight;
        const float right = at(row, columns.high) * columns.high_weight;
        return left + right;
    }
};

bool is_pasted(const Mask& mask, const Side& rows, const Side& columns, int64_t y, int64_t x, float threshold)
{
    const Neighbours vertical = neighbours_of(rows, y, mask.height);
    const Neighbours horizontal = neighbours_of(columns, x, mask.width);
    const float above = mask.interpolated(vertical.low, horizontal) * vertical.low_weight;
    const float below = mask.interpolated(vertical.high, horizontal) * vertical.high_weight;
    const float level = threshold * float(2 * columns.size()) * float(2 * rows.size());
    return above + below > level;
}

/// A pixel's neighbours in a mask that covers the network's input.
Neighbours neighbours_of(const SampledSide& side, int64_t pixel, int64_t mask_extent)
{
    const float scaled = (float(pixel) + 0.5f) * float(side.step);
    const float position = std::clamp(scaled + float(side.offset), float(side.low), float(side.high));
    const auto low = int64_t(position);
    const float part = position - float(low);
    return {low, std::min(low + 1, mask_extent - 1), 1 - part, part};
}

bool is_cropped(const Mask& mask, const SampledSide& rows, const SampledSide& columns, int64_t y, int64_t x,
                float threshold)
{
    const Neighbours vertical = neighbours_of(rows, y, mask.height);
    const Neighbours horizontal = neighbours_of(columns, x, mask.width);
    const auto interpolated = [&](int64_t row)
    {
        const float left = mask.values[row * mask.width + horizontal.low] * horizontal.low_weight;
        const float right = mask.values[row * mask.width + horizontal.high] * horizontal.high_weight;
        return left + right;
    };
    const float upper = interpolated(vertical.low) * vertical.low_weight;
    const float lower = interpolated(vertical.high) * vertical.high_weight;
    return upper + lower > threshold;
}

} // namespace

Result<Tensors> evaluate(const PasteMasks& op, const Arguments& arguments)
{
    const Shape& shape = arguments.inputs[0]->shape();
    const std::vector<float> values = arguments.inputs[0]->to_floats();
    const std::vector<float> boxes = arguments.inputs[1]->to_floats();
    const std::vector<int64_t> labels = arguments.inputs[2]->to_integers();
    const int64_t height = op.size[0];
    const int64_t width = op.size[1];
    const int64_t words = arguments.outputs[0].shape[2];
    const auto expansion = float(double(shape[3] + 2) / double(shape[3]));
    std::vector<int64_t> bits(size_t(arguments.outputs[0].shape.elements()));
    std::vector<std::byte> ids(size_t(height * width));
    SampledSide sampled_rows;
    SampledSide sampled_columns;
    if (op.placement)
    {
        VKSEG_ASSIGN(const PlacedPicture placed, place_picture(*op.placement, {height, width, 3}));
        sampled_rows = sampled_side(placed.top, placed.height, placed.tensor_height, shape[2], height);
        sampled_columns = sampled_side(placed.left, placed.width, placed.tensor_width, shape[3], width);
    }
    for (int64_t r = 0; r < shape[0]; ++r)
    {
        const float* const box = boxes.data() + r * 4;
        const Extent horizontal = op.placement ? Extent{box[0], box[2]} : expanded(box[0], box[2], expansion);
        const Extent vertical = op.placement ? Extent{box[1], box[3]} : expanded(box[1], box[3], expansion);
        const float corners[] = {horizontal.low, horizontal.high, vertical.low, vertical.high};
        if (!std::all_of(std::begin(corners), std::end(corners),
                         [](float corner) { return std::abs(corner) <= max_mask_coordinate; }))
            continue;
        const Side columns = op.placement ? pixels_within(horizontal) : side_of(horizontal);
        const Side rows = op.placement ? pixels_within(vertical) : side_of(vertical);
        const int64_t channel = std::clamp<int64_t>(labels[size_t(r)], 0, shape[1] - 1);
        const Mask mask = {.values = values.data() + (r * shape[1] + channel) * shape[2] * shape[3],
                           .height = shape[2],
                           .width = shape[3]};
        for (int64_t y = std::max<int64_t>(rows.first, 0); y <= std::min(rows.last, height - 1); ++y)
        {
            for (int64_t x = std::max<int64_t>(columns.first, 0); x <= std::min(columns.last, width - 1); ++x)
            {
                const bool is_set = op.placement ? is_cropped(mask, sampled_rows, sampled_columns, y, x, op.threshold)
                                                 : is_pasted(mask, rows, columns, y, x, op.threshold);
                if (!is_set)
                    continue;
                bits[size_t((r * height + y) * words + x / 32)] |= int64_t(1) << (x % 32);
                std::byte& id = ids[size_t(y * width + x)];
                if (id == std::byte(0))
                    id = std::byte(uint8_t(r + 1));
            }
        }
    }
    for (int64_t& word : bits)
        word = int32_t(uint32_t(word));
    return Tensors{Tensor::from_integers(arguments.outputs[0].shape, std::move(bits)),
                   Tensor::from_bytes(DType::u8, arguments.outputs[1].shape, std::move(ids))};
}

} // namespace vkseg::reference
