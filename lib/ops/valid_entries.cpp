#include "ops/valid_entries.hpp"

#include "ops/shape_rules.hpp"

#include <algorithm>

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

bool is_axis(int64_t axis, const Question& asked)
{
    const Result<size_t> resolved = resolve_axis(axis, asked.rank());
    return resolved.is_ok() && *resolved == asked.axis;
}

/// Operators that compute each batch entry by itself.
template <class T>
requires(std::is_same_v<T, Conv> || std::is_same_v<T, ConvTranspose> || std::is_same_v<T, Pool> ||
         std::is_same_v<T, BedOfNails> || std::is_same_v<T, BatchNormalization> ||
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

Dependent answer(const LayerNormalization& op, const Question& asked)
{
    return along_if(std::ranges::none_of(op.axes, [&](int64_t axis) { return is_axis(axis, asked); }), asked.axis);
}

Dependent answer(const Concat& op, const Question& asked)
{
    return along_if(!is_axis(op.axis, asked), asked.axis);
}

Dependent answer(const Split& op, const Question& asked)
{
    return along_if(!is_axis(op.axis, asked), asked.axis);
}

/// Leaves the axis as it is, or cuts or reverses it.
Dependent answer(const Slice& op, const Question& asked)
{
    for (size_t i = 0; i < op.steps.size(); ++i)
    {
        if (op.steps[i] != 1 && is_axis(op.axes.empty() ? int64_t(i) : op.axes[i], asked))
            return std::nullopt;
    }
    return along_if(asked.shape[asked.axis] == asked.x()[asked.axis], asked.axis);
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

/// Values lie in row-major order, so the first entries stay first where the extents before the axis multiply to the
/// same.
Dependent answer(const Reshape&, const Question& asked)
{
    const auto entries_before = [](const Shape& shape, size_t axis)
    {
        int64_t entries = 1;
        for (size_t i = 0; i < axis; ++i)
            entries *= shape[i];
        return entries;
    };
    const int64_t before = entries_before(asked.x(), asked.axis);
    const int64_t extent = asked.x()[asked.axis];
    for (size_t axis = 0; axis < asked.shape.rank(); ++axis)
    {
        if (entries_before(asked.shape, axis) == before && asked.shape[axis] % extent == 0)
            return DependentEntries{.axis = axis, .factor = asked.shape[axis] / extent};
    }
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

Dependent answer(const Softmax& op, const Question& asked)
{
    const Result<size_t> axis = resolve_axis(op.axis, asked.rank());
    return along_if(axis.is_ok() && (op.flattens ? asked.axis < *axis : asked.axis != *axis), asked.axis);
}

Dependent answer(const TopK& op, const Question& asked)
{
    return along_if(!is_axis(op.axis, asked), asked.axis);
}

Dependent answer(const ArgReduce& op, const Question& asked)
{
    const Result<size_t> axis = resolve_axis(op.axis, asked.rank());
    if (!axis.is_ok() || *axis == asked.axis || op.resize)
        return std::nullopt;
    return along(asked.axis - (!op.keep_dims && *axis < asked.axis ? 1 : 0));
}

/// Value that changes no result of the reduction; none if there is no such value, or if it takes other types than
/// floats.
std::optional<float> neutral_value(const Reduce& op, DType type)
{
    constexpr float infinity = std::numeric_limits<float>::infinity();
    if (!is_float(type) || (op.kind != ReduceKind::max && op.kind != ReduceKind::min))
        return std::nullopt;
    return op.kind == ReduceKind::max ? -infinity : infinity;
}

bool reduces_axis(const Reduce& op, size_t rank, size_t axis)
{
    if (op.all_spatial)
        return axis >= 2;
    if (op.axes.empty())
        return !op.noop_with_empty_axes;
    return std::ranges::any_of(op.axes,
                               [&](int64_t listed)
                               {
                                   const Result<size_t> resolved = resolve_axis(listed, rank);
                                   return resolved.is_ok() && *resolved == axis;
                               });
}

Dependent answer(const Reduce& op, const Question& asked)
{
    if (reduces_axis(op, asked.rank(), asked.axis))
        return neutral_value(op, asked.inputs[asked.input].type) ? all_entries : std::nullopt;
    if (op.all_spatial)
        return along(asked.axis);
    size_t dropped = 0;
    for (const int64_t axis : op.axes)
    {
        const Result<size_t> resolved = resolve_axis(axis, asked.rank());
        if (!resolved.is_ok())
            return std::nullopt;
        dropped += !op.keep_dims && *resolved < asked.axis ? 1 : 0;
    }
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
    return along_if(asked.axis == 0, 0);
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

Dependent answer(const BatchedNms&, const Question& asked)
{
    return asked.axis == 0 ? all_entries : std::nullopt;
}

Dependent answer(const NonMaxSuppression&, const Question& asked)
{
    return asked.axis == (asked.input == 0 ? 1 : 2) ? all_entries : std::nullopt;
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

bool counts_entries(const Op& op)
{
    return std::holds_alternative<BatchedNms>(op) || std::holds_alternative<NonMaxSuppression>(op);
}

std::optional<Mark> input_to_mark(const Op& op, Inputs inputs, size_t axis)
{
    if (const auto* reduce = std::get_if<Reduce>(&op); reduce != nullptr)
    {
        const std::optional<float> value = neutral_value(*reduce, inputs[0].type);
        if (value && reduces_axis(*reduce, inputs[0].shape.rank(), axis))
            return Mark{.input = 0, .axis = axis, .value = *value};
    }
    if (std::holds_alternative<NonMaxSuppression>(op))
        return Mark{.input = 1, .axis = 2}; // scores
    if (std::holds_alternative<BatchedNms>(op) || std::holds_alternative<PasteMasks>(op))
        return Mark{.input = 1, .axis = 0}; // scores; boxes
    return std::nullopt;
}

} // namespace vkseg
