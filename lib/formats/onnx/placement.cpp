// Operators that select or move values by their positions.
#include "formats/onnx/lowering.hpp"
#include "formats/onnx/operators.hpp"

namespace vkseg::onnx {
namespace {

/// j - i for each element of the last two axes of x, [rows, columns].
ValueId diagonals_of(NodeReader& node, ValueId x)
{
    return binary(node, BinaryKind::sub, positions_along(node, x, -1), positions_along(node, x, -2));
}

void read_trilu(NodeReader& node)
{
    const ValueId x = node.input(0);
    const ValueId k = node.has_input(1) ? node.input(1) : integer(node, 0);
    const BinaryKind keeps = node.flag("upper", true) ? BinaryKind::greater_or_equal : BinaryKind::less_or_equal;
    const ValueId is_kept = binary(node, keeps, diagonals_of(node, x), k);
    node.emit(Where{}, {is_kept, x, cast_like(node, integer(node, 0), x)});
}

void read_eye_like(NodeReader& node)
{
    const ValueId x = node.input(0);
    const ValueId k = integer(node, node.integer("k", 0));
    const ValueId is_one = binary(node, BinaryKind::equal, diagonals_of(node, x), k);
    if (!node.has("dtype"))
    {
        node.emit(Cast{}, {is_one, x});
        return;
    }
    const Result<DType> type = data_type(DataType(node.integer("dtype", 0)));
    if (!type.is_ok())
        node.fail(type.status().with_context("attribute 'dtype'"));
    else
        node.emit(Cast{.to = *type}, {is_one});
}

/// Indices below -depth, and from the depth on, select no place.
void read_one_hot(NodeReader& node)
{
    const int64_t axis = node.integer("axis", -1);
    const ValueId depth = node.append(Cast{.to = DType::i64}, {reshaped(node, node.input(1), Integers{1})});
    const ValueId indices = unsqueezed(node, node.append(Cast{.to = DType::i64}, {node.input(0)}), {axis});
    const ValueId places = along_axis(node, range(node, depth), axis, indices);
    const ValueId from_front = binary(node, BinaryKind::equal, indices, places);
    const ValueId from_end = binary(node, BinaryKind::equal, binary(node, BinaryKind::add, indices, depth), places);
    const auto value = [&](int64_t index)
    { return node.append(Slice{.starts = {index}, .ends = {index + 1}, .axes = {0}}, {node.input(2)}); };
    node.emit(Where{}, {binary(node, BinaryKind::logical_or, from_front, from_end), value(1), value(0)});
}

void read_hardmax(NodeReader& node)
{
    const bool flattens = node.opset() < 13;
    const int64_t axis = node.integer("axis", flattens ? 1 : -1);
    const ValueId x = node.input(0);
    const ValueId rows = flattens ? node.append(Reshape{.kind = ReshapeKind::flatten, .axes = {axis}}, {x}) : x;
    const int64_t row_axis = flattens ? 1 : axis;
    const ValueId largest = node.append(ArgReduce{.axis = row_axis}, {rows});
    const ValueId is_largest = binary(node, BinaryKind::equal, largest, positions_along(node, rows, row_axis));
    if (flattens)
        node.emit(Reshape{}, {cast_like(node, is_largest, x), extents(node, x)});
    else
        node.emit(Cast{}, {is_largest, x});
}

void read_center_crop_pad(NodeReader& node)
{
    const ValueId x = node.input(0);
    const Integers axes = node.integers("axes");
    const ValueId all = extents(node, x);
    const ValueId own = axes.empty() ? all : node.append(Gather{.axis = 0}, {all, integers(node, axes)});
    const ValueId added = binary(node, BinaryKind::sub, node.input(1), own);
    const ValueId begins = binary(node, BinaryKind::div, added, integer(node, 2)); // towards 0
    const ValueId ends = binary(node, BinaryKind::sub, added, begins);
    node.emit(Pad{.axes = axes}, {x, concat(node, {begins, ends})});
}

/// Rows of the first two axes together are gathered by their numbers.
void read_reverse_sequence(NodeReader& node)
{
    const int64_t batch_axis = node.integer("batch_axis", 1);
    const int64_t time_axis = node.integer("time_axis", 0);
    if (batch_axis + time_axis != 1 || batch_axis < 0 || time_axis < 0)
    {
        node.invalid("attributes 'batch_axis' and 'time_axis' must be 0 and 1, or 1 and 0, got " +
                     std::to_string(batch_axis) + " and " + std::to_string(time_axis));
        return;
    }
    const ValueId x = node.input(0);
    const auto coordinates = [&](int64_t axis)
    {
        const ValueId list = range(node, extent(node, x, axis));
        return axis == 0 ? unsqueezed(node, list, {1}) : list;
    };
    const ValueId length = batch_axis == 0 ? unsqueezed(node, node.input(1), {1}) : node.input(1);
    const ValueId time = coordinates(time_axis);
    const ValueId last = binary(node, BinaryKind::sub, length, integer(node, 1));
    const ValueId is_reversed = binary(node, BinaryKind::less, time, length);
    const ValueId source = node.append(Where{}, {is_reversed, binary(node, BinaryKind::sub, last, time), time});
    const ValueId batch = coordinates(batch_axis);
    const ValueId row = binary(node, BinaryKind::mul, time_axis == 0 ? source : batch, extent(node, x, 1));
    const ValueId place = binary(node, BinaryKind::add, row, time_axis == 0 ? batch : source);
    const ValueId rows = reshaped(node, x, concat(node, {integers(node, {-1}), extents(node, x, 2)}));
    node.emit(Gather{.axis = 0}, {rows, place});
}

constexpr OperatorReader placement_readers[] = {
    {"CenterCropPad", read_center_crop_pad, 2, 2},
    {"EyeLike", read_eye_like},
    {"Hardmax", read_hardmax},
    {"OneHot", read_one_hot, 3, 3},
    {"ReverseSequence", read_reverse_sequence, 2, 2},
    {"Trilu", read_trilu, 1, 2},
};

} // namespace

std::span<const OperatorReader> placement_operators()
{
    return placement_readers;
}

} // namespace vkseg::onnx
