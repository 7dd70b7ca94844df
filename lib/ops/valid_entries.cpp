#include "ops/valid_entries.hpp"

#include "ops/movement/pad_extents.hpp"
#include "ops/shape_rules.hpp"

#include <algorithm>
#include <limits>

namespace vkseg {
namespace {

using Dependent = std::optional<DependentEntries>;

struct Question
{
    Inputs inputs;
    size_t input = 0;
    size_t axis = 0;
    size_t output = 0;
    const Shape& shape; ///< the output's

    const Shape& x() const { return inputs[input].shape; }
    size_t rank() const { return x().rank(); }
};

Dependent along(size_t axis)
{
    return DependentEntries{.axis = axis};
}

Dependent along_if(bool keeps_axis, size_t axis)
{
    return keeps_axis ? along(axis) : std::nullopt;
}

const Dependent all_entries = DependentEntries{};

bool is_along(int64_t axis, const Shape& x, size_t counted_axis)
{
    const Result<size_t> resolved = resolve_axis(axis, x.rank());
    return resolved.is_ok() && *resolved == counted_axis;
}

bool is_axis(int64_t axis, const Question& asked)
{
    return is_along(axis, asked.x(), asked.axis);
}

template <class T>
std::pair<double, double> bounds_of_type()
{
    return {double(std::numeric_limits<T>::lowest()), double(std::numeric_limits<T>::max())};
}

/// Values that no other is below or above; integers are at most i32 on the device.
std::pair<double, double> bounds_of(DType type)
{
    constexpr double infinity = std::numeric_limits<double>::infinity();
    if (is_float(type))
        return {-infinity, infinity};
    if (type == DType::u8)
        return bounds_of_type<uint8_t>();
    return type == DType::i8 ? bounds_of_type<int8_t>() : bounds_of_type<int32_t>();
}

double lowest_value(DType type)
{
    return bounds_of(type).first;
}

double highest_value(DType type)
{
    return bounds_of(type).second;
}

bool reduces(const Reduce& op, const Shape& x, size_t counted_axis)
{
    if (op.all_spatial)
        return counted_axis >= 2;
    if (op.axes.empty())
        return !op.noop_with_empty_axes;
    return std::ranges::any_of(op.axes, [&](int64_t axis) { return is_along(axis, x, counted_axis); });
}

/// A value that changes no result; empty if there is none.
std::optional<double> neutral_value(ReduceKind kind, DType type)
{
    switch (kind)
    {
    case ReduceKind::mean:
        return std::nullopt;
    case ReduceKind::max:
        return lowest_value(type);
    case ReduceKind::min:
        return highest_value(type);
    case ReduceKind::prod:
        return 1;
    case ReduceKind::log_sum_exp:
        return -std::numeric_limits<double>::infinity();
    default: // sums
        return 0;
    }
}

/// A value that no other comes after. NaN counts as larger than all numbers.
double last_in_order(const TopK& op, DType type)
{
    if (!op.is_smallest)
        return lowest_value(type);
    return is_float(type) ? std::numeric_limits<double>::quiet_NaN() : highest_value(type);
}

Dependent answer(const Conv& op, const Question& asked)
{
    if (asked.input == 1 && op.has_computed_weights) // each output channel has weights of its own
        return along_if(asked.axis == 0 && op.groups == 1, 1);
    return along_if(asked.axis == 0, 0);
}

/// Operators that compute each batch entry by itself.
template <class T>
requires(std::is_same_v<T, ByteConv> || std::is_same_v<T, ConvTranspose> || std::is_same_v<T, Pool> ||
         std::is_same_v<T, BedOfNails> || std::is_same_v<T, DeformColumns> || std::is_same_v<T, Col2im> ||
         std::is_same_v<T, AffineGrid> || std::is_same_v<T, BatchNormalization> ||
         std::is_same_v<T, InstanceNormalization> || std::is_same_v<T, Lrn> || std::is_same_v<T, DepthToSpace> ||
         std::is_same_v<T, SpaceToDepth>) Dependent answer(const T&, const Question& asked)
{
    return along_if(asked.axis == 0, 0);
}

/// Elementwise operators.
template <class T>
requires(std::is_same_v<T, Unary> || std::is_same_v<T, Binary> || std::is_same_v<T, Chain> ||
         std::is_same_v<T, Where> || std::is_same_v<T, Cast> || std::is_same_v<T, Expand>) Dependent
    answer(const T&, const Question& asked)
{
    const size_t axis = asked.axis + asked.shape.rank() - asked.rank();
    return along_if(asked.shape[axis] == asked.x()[asked.axis], axis);
}

Dependent answer(const Resize&, const Question& asked)
{
    return along_if(asked.axis < 2 && asked.shape[asked.axis] == asked.x()[asked.axis], asked.axis);
}

Dependent answer(const GridSample&, const Question& asked)
{
    if (asked.axis == 0)
        return along(0);
    return along_if(asked.input == 1 && asked.axis + 1 < asked.rank(), asked.axis + 1);
}

Dependent answer(const LayerNormalization& op, const Question& asked)
{
    const auto includes = [&](int64_t axis)
    {
        const Result<size_t> first = resolve_axis(axis, asked.rank());
        return is_axis(axis, asked) || (op.to_last && first.is_ok() && *first < asked.axis);
    };
    return along_if(std::ranges::none_of(op.axes, includes), asked.axis);
}

Dependent answer(const Concat& op, const Question& asked)
{
    return along_if(!is_axis(op.axis, asked) || asked.inputs.size() == 1, asked.axis);
}

Dependent answer(const Split& op, const Question& asked)
{
    return along_if(!is_axis(op.axis, asked), asked.axis);
}

/// The first entries along the axis, or all; an end that counts from the last valid entry cuts others.
Dependent answer(const Slice& op, const Question& asked)
{
    std::optional<int64_t> limit;
    for (size_t i = 0; i < op.starts.size(); ++i)
    {
        if (!is_axis(op.axes.empty() ? int64_t(i) : op.axes[i], asked))
            continue;
        const bool begins_at_first = op.starts[i] == 0 && (op.steps.empty() || op.steps[i] == 1);
        if (!begins_at_first || op.ends[i] < 0)
            return std::nullopt;
        limit = op.ends[i];
    }
    if (limit && *limit < asked.x()[asked.axis])
        return DependentEntries{.axis = asked.axis, .limit = limit};
    return along(asked.axis);
}

Dependent answer(const Pad& op, const Question& asked)
{
    const Result<PadExtents> pads = resolve_pads(op, asked.x());
    return along_if(pads.is_ok() && pads->begins[asked.axis] == 0 && pads->ends[asked.axis] == 0, asked.axis);
}

Dependent answer(const Tile&, const Question& asked)
{
    return along_if(asked.shape[asked.axis] == asked.x()[asked.axis], asked.axis);
}

Dependent answer(const Transpose& op, const Question& asked)
{
    for (size_t axis = 0; axis < asked.rank(); ++axis)
    {
        const size_t source = op.permutation.empty() ? asked.rank() - 1 - axis : size_t(op.permutation[axis]);
        if (source == asked.axis)
            return along(axis);
    }
    return std::nullopt;
}

bool lists_axis(const Integers& axes, size_t rank, size_t axis)
{
    return std::ranges::any_of(axes, [&](int64_t listed)
                               { return size_t(listed < 0 ? listed + int64_t(rank) : listed) == axis; });
}

/// An axis that is squeezed because of its extent of 1 must be one for each number of entries.
Dependent squeezed_axis(const Reshape& op, const Question& asked)
{
    if (op.axes.empty() || lists_axis(op.axes, asked.rank(), asked.axis))
        return std::nullopt;
    size_t axis = asked.axis;
    for (size_t i = 0; i < asked.axis; ++i)
        axis -= lists_axis(op.axes, asked.rank(), i) ? 1 : 0;
    return along(axis);
}

Dependent unsqueezed_axis(const Reshape& op, const Question& asked)
{
    size_t kept = 0;
    for (size_t axis = 0; axis < asked.shape.rank(); ++axis)
    {
        if (lists_axis(op.axes, asked.shape.rank(), axis))
            continue;
        if (kept++ == asked.axis)
            return along(axis);
    }
    return std::nullopt;
}

/// The axis of a Reshape's result whose extent follows from the number of entries; the others are given as numbers.
std::optional<size_t> derived_axis(const Reshape& op, const Question& asked)
{
    if (op.kind == ReshapeKind::flatten)
    {
        const int64_t split = op.axes.empty() ? 1 : op.axes[0];
        return int64_t(asked.axis) < (split < 0 ? split + int64_t(asked.rank()) : split) ? 0 : 1;
    }
    if (!op.allow_zero && asked.axis < op.shape.size() && op.shape[asked.axis] == 0)
        return asked.axis;
    const auto derived = std::ranges::find(op.shape, -1);
    return derived == op.shape.end() ? std::nullopt : std::optional(size_t(derived - op.shape.begin()));
}

int64_t entries_before(const Shape& shape, size_t axis)
{
    int64_t entries = 1;
    for (size_t i = 0; i < axis; ++i)
        entries *= shape[i];
    return entries;
}

/// Values lie in row-major order, so the first entries stay first where the extents before the axis multiply to the
/// same.
Dependent answer(const Reshape& op, const Question& asked)
{
    if (op.kind == ReshapeKind::squeeze)
        return squeezed_axis(op, asked);
    if (op.kind == ReshapeKind::unsqueeze)
        return unsqueezed_axis(op, asked);
    const std::optional<size_t> axis = derived_axis(op, asked);
    if (!axis || entries_before(asked.shape, *axis) != entries_before(asked.x(), asked.axis))
        return std::nullopt;
    const int64_t extent = asked.x()[asked.axis];
    if (asked.shape[*axis] % extent == 0)
        return DependentEntries{.axis = *axis, .factor = asked.shape[*axis] / extent};
    if (extent % asked.shape[*axis] == 0)
        return DependentEntries{.axis = *axis, .divisor = extent / asked.shape[*axis]};
    return std::nullopt;
}

/// Valid indices point to valid entries.
Dependent answer(const Gather& op, const Question& asked)
{
    const Result<size_t> axis = resolve_axis(op.axis, asked.inputs[0].shape.rank());
    if (!axis.is_ok())
        return std::nullopt;
    if (asked.input == 1)
        return along(*axis + asked.axis);
    if (asked.axis == *axis)
        return all_entries;
    return along(asked.axis < *axis ? asked.axis : asked.axis + asked.inputs[1].shape.rank() - 1);
}

Dependent answer(const GatherElements& op, const Question& asked)
{
    if (asked.input == 1)
        return along(asked.axis);
    return along_if(!is_axis(op.axis, asked) && asked.shape[asked.axis] == asked.x()[asked.axis], asked.axis);
}

Dependent answer(const GatherNd& op, const Question& asked)
{
    const Shape& indices = asked.inputs[1].shape;
    if (asked.input == 1)
        return along_if(asked.axis + 1 < indices.rank(), asked.axis);
    const size_t end = size_t(op.batch_dims) + size_t(indices.back());
    if (asked.axis < size_t(op.batch_dims))
        return along(asked.axis);
    return along_if(asked.axis >= end, asked.axis + indices.rank() - 1 - end);
}

/// Axes of the data that are not indexed are also the last ones of the updates. Invalid tuples of indices are marked as
/// those of ScatterElements.
Dependent answer(const ScatterNd&, const Question& asked)
{
    const size_t depth = size_t(asked.inputs[1].shape.back());
    if (asked.input == 0)
        return along_if(asked.axis >= depth, asked.axis);
    const size_t tuples = asked.inputs[1].shape.rank() - 1;
    if (asked.axis < tuples)
        return all_entries;
    return along_if(asked.input == 2, asked.axis - tuples + depth);
}

Dependent answer(const CumSum& op, const Question& asked)
{
    return along_if(!op.is_reverse || !is_axis(op.axis, asked), asked.axis);
}

/// Valid indices point to valid entries; invalid ones are marked by an index outside of the axis.
Dependent answer(const ScatterElements& op, const Question& asked)
{
    if (asked.input == 0)
        return along(asked.axis);
    return is_axis(op.axis, asked) ? all_entries : std::nullopt;
}

Dependent answer(const Softmax& op, const Question& asked)
{
    const Result<size_t> axis = resolve_axis(op.axis, asked.rank());
    return along_if(axis.is_ok() && (op.flattens ? asked.axis < *axis : asked.axis != *axis), asked.axis);
}

Dependent answer(const TopK& op, const Question& asked)
{
    if (is_axis(op.axis, asked))
        return DependentEntries{.axis = asked.axis, .limit = op.k};
    return along(asked.axis);
}

Dependent answer(const ArgReduce& op, const Question& asked)
{
    const Result<size_t> axis = resolve_axis(op.axis, asked.rank());
    if (!axis.is_ok() || *axis == asked.axis || op.resize)
        return std::nullopt;
    return along(asked.axis - (!op.keep_dims && *axis < asked.axis ? 1 : 0));
}

Dependent answer(const Reduce& op, const Question& asked)
{
    if (reduces(op, asked.x(), asked.axis))
        return neutral_value(op.kind, asked.inputs[0].type) ? all_entries : std::nullopt;
    size_t dropped = 0;
    for (size_t axis = 0; axis < asked.axis && !op.keep_dims; ++axis)
        dropped += reduces(op, asked.x(), axis) ? 1 : 0;
    return along(asked.axis - dropped);
}

Dependent answer(const MatMul&, const Question& asked)
{
    const bool is_left = asked.input == 0;
    const size_t summed = is_left ? asked.rank() - 1 : asked.rank() < 2 ? 0 : asked.rank() - 2;
    if (asked.axis == summed || asked.rank() < 2 || asked.inputs[is_left ? 1 : 0].shape.rank() < 2)
        return std::nullopt;
    const size_t axis = asked.axis + asked.shape.rank() - asked.rank();
    return along_if(asked.shape[axis] == asked.x()[asked.axis], axis);
}

Dependent answer(const FullyConnected& op, const Question& asked)
{
    return along_if(asked.axis != (op.is_over_channels ? 1 : asked.rank() - 1), asked.axis);
}

Dependent answer(const Gemm& op, const Question& asked)
{
    if (asked.input == 0)
        return along_if(asked.axis == (op.transpose_a ? 1 : 0), 0);
    if (asked.input == 1)
        return along_if(asked.axis == (op.transpose_b ? 0 : 1), 1);
    const size_t axis = asked.axis + 2 - asked.rank();
    return along_if(asked.shape[axis] == asked.x()[asked.axis], axis);
}

Dependent answer(const DecodeBoxes&, const Question& asked)
{
    if (asked.axis != 0)
        return std::nullopt;
    return DependentEntries{.axis = 0, .factor = asked.shape[0] / asked.x()[0]};
}

Dependent answer(const BoxesToPicture&, const Question& asked)
{
    return along_if(asked.input == 0 && asked.axis == 0, 0);
}

Dependent answer(const RoiAlign& op, const Question& asked)
{
    return along_if(asked.input >= op.scales.size() && asked.axis == 0, 0);
}

Dependent answer(const RoiPool&, const Question& asked)
{
    return along_if(asked.input == 1 && asked.axis == 0, 0);
}

Dependent answer(const PasteMasks&, const Question& asked)
{
    if (asked.axis != 0)
        return std::nullopt;
    return asked.output == 0 ? along(0) : all_entries;
}

Dependent answer(const PasteSoftMasks&, const Question& asked)
{
    return along_if(asked.axis == 0, 0);
}

Dependent answer(const BatchedNms&, const Question& asked)
{
    return asked.axis == 0 ? all_entries : std::nullopt;
}

Dependent answer(const NonMaxSuppression&, const Question& asked)
{
    return asked.axis == (asked.input == 0 ? 1 : 2) ? all_entries : std::nullopt;
}

/// Invalid entries are marked by zeros.
Dependent answer(const NonZero&, const Question&)
{
    return all_entries;
}

template <class T>
Dependent answer(const T&, const Question&)
{
    return std::nullopt;
}

} // namespace

std::optional<DependentEntries> dependent_entries(const Op& op, Inputs inputs, size_t input, size_t axis, size_t output,
                                                  const Shape& output_shape)
{
    const Question asked = {.inputs = inputs, .input = input, .axis = axis, .output = output, .shape = output_shape};
    return std::visit([&](const auto& typed) { return answer(typed, asked); }, op);
}

std::optional<size_t> counted_axis_of(const Op& op)
{
    if (std::holds_alternative<BatchedNms>(op) || std::holds_alternative<NonMaxSuppression>(op))
        return 0;
    if (std::holds_alternative<NonZero>(op))
        return 1;
    return std::nullopt;
}

std::optional<FillOfInvalid> fill_of_invalid(const Op& op, Inputs inputs, size_t input, size_t axis)
{
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    const TensorInfo& x = inputs[input];
    if (std::holds_alternative<NonMaxSuppression>(op))
        return FillOfInvalid{.input = 1, .axis = 2, .value = nan}; // scores
    if (std::holds_alternative<BatchedNms>(op) || std::holds_alternative<PasteMasks>(op))
        return FillOfInvalid{.input = 1, .axis = 0, .value = nan}; // scores; boxes
    if (std::holds_alternative<NonZero>(op))
        return FillOfInvalid{.input = 0, .axis = axis, .value = 0};
    if (const auto* scatter = std::get_if<ScatterElements>(&op);
        scatter && input > 0 && is_along(scatter->axis, inputs[0].shape, axis))
        return FillOfInvalid{.input = 1, .axis = axis, .value = INT32_MAX}; // an index that writes nothing
    if (std::holds_alternative<ScatterNd>(op) && input > 0 && axis + 1 < inputs[1].shape.rank())
        return FillOfInvalid{.input = 1, .axis = axis, .value = INT32_MAX};
    if (const auto* top = std::get_if<TopK>(&op); top && is_along(top->axis, x.shape, axis))
        return FillOfInvalid{.input = 0, .axis = axis, .value = last_in_order(*top, x.type)};
    if (const auto* reduce = std::get_if<Reduce>(&op); reduce && reduces(*reduce, x.shape, axis))
    {
        if (const std::optional<double> neutral = neutral_value(reduce->kind, x.type))
            return FillOfInvalid{.input = 0, .axis = axis, .value = *neutral};
    }
    return std::nullopt;
}

} // namespace vkseg
