#include "reference/evaluate.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

// Corners and positions are computed in floats like shaders/detection/roi_align.comp, because a sample counts or not by
// its position; this file is compiled without contraction to fused multiply-adds.
namespace vkseg::reference {
namespace {

struct Box
{
    float x1, y1, x2, y2;
};

constexpr float max_roi_coordinate = 1048576;

bool is_moderate(const Box& box)
{
    const float corners[] = {box.x1, box.y1, box.x2, box.y2};
    return std::all_of(std::begin(corners), std::end(corners),
                       [](float corner) { return std::abs(corner) <= max_roi_coordinate; });
}

/// Samples of a bin along an axis that lie in the map, clamped to it, and the number of all samples.
struct Samples
{
    std::vector<double> positions;
    int64_t count = 0;
};

Samples samples_of(const RoiAlign& op, float start, float end, size_t axis, int64_t bin, int64_t extent)
{
    float size = end - start;
    if (!op.is_aligned)
        size = std::max(size, 1.0f);
    const auto bins = float(op.output_size[axis]);
    const float bin_size = size / bins;
    const float first = start + float(bin) * bin_size;
    Samples samples;
    samples.count = op.sampling_ratio;
    if (op.sampling_ratio == 0)
        samples.count = std::max<int64_t>(0, int64_t(std::ceil(double(size) / double(bins))));
    const float spacing = bin_size / float(std::max<int64_t>(samples.count, 1));
    for (int64_t i = 0; i < samples.count; ++i)
    {
        const float position = first + (float(i) + 0.5f) * spacing;
        if (position >= -1 && position <= float(extent))
            samples.positions.push_back(std::clamp(double(position), 0.0, double(extent - 1)));
    }
    return samples;
}

class Map
{
public:
    Map(const Tensor& x) : shape_(x.shape()), values_(x.to_floats()) {}

    int64_t height() const { return shape_[2]; }
    int64_t width() const { return shape_[3]; }

    /// The four neighbours of a position, each times its weight.
    std::array<double, 4> weighted(int64_t batch, int64_t channel, double y, double x) const
    {
        const auto top = int64_t(y);
        const auto left = int64_t(x);
        const double down = y - double(top);
        const double right = x - double(left);
        const auto at = [&](int64_t row, int64_t column)
        {
            const int64_t plane = batch * shape_[1] + channel;
            return double(values_[size_t((plane * height() + std::min(row, height() - 1)) * width() +
                                         std::min(column, width() - 1))]);
        };
        return {(1 - down) * (1 - right) * at(top, left), (1 - down) * right * at(top, left + 1),
                down * (1 - right) * at(top + 1, left), down * right * at(top + 1, left + 1)};
    }

private:
    Shape shape_;
    std::vector<float> values_;
};

double larger(double a, double b)
{
    if (std::isnan(a) || std::isnan(b))
        return std::numeric_limits<double>::quiet_NaN();
    return std::max(a, b);
}

double reduced(const RoiAlign& op, const Map& map, int64_t batch, int64_t channel, const Samples& rows,
               const Samples& columns)
{
    double sum = 0;
    double largest = -std::numeric_limits<double>::infinity();
    for (const double y : rows.positions)
    {
        for (const double x : columns.positions)
        {
            for (const double value : map.weighted(batch, channel, y, x))
            {
                sum += value;
                largest = larger(largest, value);
            }
        }
    }
    const double count = double(rows.count) * double(columns.count);
    if (count == 0)
        return 0;
    if (!op.is_max)
        return sum / count;
    const double inside = double(rows.positions.size()) * double(columns.positions.size());
    return inside < count ? larger(largest, 0) : largest;
}

/// Level of torchvision's LevelMapper, in doubles.
size_t level_of(const RoiAlign& op, const Box& box)
{
    const float area = (box.x2 - box.x1) * (box.y2 - box.y1);
    if (!(area > 0))
        return 0;
    const double first = std::round(-std::log2(double(op.scales.front())));
    const double last = first + double(op.scales.size() - 1);
    const double target =
        std::floor(double(op.canonical_level) + std::log2(std::sqrt(double(area)) / double(op.canonical_size)) + 1e-6);
    return size_t(std::clamp(target, first, last) - first);
}

Box scaled(const RoiAlign& op, const Box& box, float scale)
{
    const float shift = op.is_aligned ? 0.5f : 0;
    return {box.x1 * scale - shift, box.y1 * scale - shift, box.x2 * scale - shift, box.y2 * scale - shift};
}

} // namespace

Result<Tensors> evaluate(const RoiAlign& op, const Arguments& arguments)
{
    const size_t levels = op.scales.size();
    std::vector<Map> maps;
    for (size_t level = 0; level < levels; ++level)
        maps.emplace_back(*arguments.inputs[level]);
    const std::vector<float> boxes = arguments.inputs[levels]->to_floats();
    const Shape& y = arguments.outputs[0].shape;
    const int64_t batches = arguments.inputs[0]->shape()[0];
    std::vector<int64_t> indices(static_cast<size_t>(y[0]));
    if (op.has_batch_indices)
        indices = arguments.inputs[levels + 1]->to_integers();
    std::vector<float> results(static_cast<size_t>(y.elements()));
    for (int64_t r = 0; r < y[0]; ++r)
    {
        const float* corners = boxes.data() + r * 4;
        const Box given = {corners[0], corners[1], corners[2], corners[3]};
        const size_t level = level_of(op, given);
        const Box box = scaled(op, given, op.scales[level]);
        if (!is_moderate(box))
            continue;
        const int64_t index = indices[size_t(r)];
        const int64_t batch = std::clamp<int64_t>(index < 0 ? index + batches : index, 0, batches - 1);
        const Map& map = maps[level];
        for (int64_t j = 0; j < y[2]; ++j)
        {
            const Samples rows = samples_of(op, box.y1, box.y2, 0, j, map.height());
            for (int64_t i = 0; i < y[3]; ++i)
            {
                const Samples columns = samples_of(op, box.x1, box.x2, 1, i, map.width());
                for (int64_t c = 0; c < y[1]; ++c)
                    results[size_t(((r * y[1] + c) * y[2] + j) * y[3] + i)] =
                        float(reduced(op, map, batch, c, rows, columns));
            }
        }
    }
    return Tensors{Tensor::from(y, std::move(results))};
}

} // namespace vkseg::reference
