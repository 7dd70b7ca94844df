// Operators that move values without computing with them, and operators used in shape arithmetic.
#include "formats/tflite/operators.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <limits>

namespace vkseg::tflite {
namespace {

constexpr int64_t to_the_end = std::numeric_limits<int64_t>::max();

/// Entries for axes N, H, W, C in the order of a value's axes.
Integers in_order(Form form, Integers values)
{
    if (form == Form::stored)
        return values;
    Integers ordered;
    for (const size_t axis : to_channels_first)
        ordered.push_back(values[axis]);
    return ordered;
}

/// The form of a node whose data, input 0, has four axes; otherwise as stored.
Form form_of_data(const NodeReader& node)
{
    return node.shape(0).rank() == 4 ? node.form() : Form::stored;
}

void read_concatenation(NodeReader& node)
{
    const auto* const options = node.options<schema::ConcatenationOptions>();
    if (options == nullptr)
        return node.invalid("the options of the operator are missing");
    Form form = node.form();
    std::vector<ValueId> inputs;
    for (size_t i = 0; i < node.input_count(); ++i)
    {
        if (node.shape(i).rank() != 4)
            form = Form::stored;
    }
    for (size_t i = 0; i < node.input_count(); ++i)
        inputs.push_back(node.value(i, form));
    const int64_t axis = node.axis_in(form, options->axis(), node.shape(0).rank());
    node.emit(form, Concat{.axis = axis}, std::move(inputs), options->fused_activation_function());
}

void read_split(NodeReader& node)
{
    const bool has_sizes = node.op_type() == "SPLIT_V";
    const size_t x = has_sizes ? 0 : 1;
    const size_t rank = node.shape(x).rank();
    const Form form = rank == 4 ? node.form() : Form::stored;
    const int64_t axis = node.integer(has_sizes ? 2 : 0, "axis");
    Split op = {.axis = node.axis_in(form, axis, rank), .parts = int64_t(node.output_count())};
    if (rank == 0)
        return; // has no axis
    const int64_t extent = node.shape(x)[size_t(node.axis_in(Form::stored, axis, rank))];
    if (has_sizes)
    {
        op.split = node.integers(1, "sizes");
        if (std::ranges::find(op.split, -1) != op.split.end())
            return node.unsupported("sizes of -1 are not supported");
    }
    else if (extent % op.parts != 0)
        return node.invalid("an extent of " + std::to_string(extent) + " cannot be split into " +
                            counted(size_t(op.parts), "equal part"));
    node.emit_all(form, std::move(op), {node.value(x, form)});
}

void read_pack(NodeReader& node)
{
    const auto* const options = node.options<schema::PackOptions>();
    const int64_t axis = node.axis_in(Form::stored, options == nullptr ? 0 : options->axis(), node.shape(0).rank() + 1);
    std::vector<ValueId> parts;
    for (size_t i = 0; i < node.input_count(); ++i)
        parts.push_back(
            node.append(Reshape{.kind = ReshapeKind::unsqueeze, .axes = {axis}}, {node.value(i, Form::stored)}));
    node.emit(Form::stored, Concat{.axis = axis}, std::move(parts));
}

void read_unpack(NodeReader& node)
{
    const auto* const options = node.options<schema::UnpackOptions>();
    const int64_t axis = node.axis_in(Form::stored, options == nullptr ? 0 : options->axis(), node.shape(0).rank());
    const size_t parts = node.output_count();
    const ValueId first = node.translation().graph.add_node(node.label(), Split{.axis = axis, .parts = int64_t(parts)},
                                                            {node.value(0, Form::stored)}, parts);
    for (size_t i = 0; i < parts; ++i)
        node.emit_output(i, Form::stored, Reshape{.kind = ReshapeKind::squeeze, .axes = {axis}}, {first + ValueId(i)});
}

void read_pad(NodeReader& node)
{
    Pad op;
    if (node.op_type() == "PADV2")
    {
        if (!node.is_constant(2) || node.state(2).constant->elements() != 1)
            return node.unsupported("the value must be one constant");
        op.value = node.state(2).constant->to_floats().front();
    }
    const Integers paddings = node.integers(1, "paddings"); // begin and end of each axis
    const size_t rank = node.shape(0).rank();
    if (paddings.size() != 2 * rank)
        return node.invalid("expected " + std::to_string(2 * rank) + " paddings, got " +
                            std::to_string(paddings.size()));
    Integers begins;
    Integers ends;
    for (size_t axis = 0; axis < rank; ++axis)
    {
        begins.push_back(paddings[2 * axis]);
        ends.push_back(paddings[2 * axis + 1]);
    }
    if (node.op_type() == "MIRROR_PAD")
    {
        const auto* const options = node.options<schema::MirrorPadOptions>();
        const bool is_symmetric = options != nullptr && options->mode() == schema::MirrorPadMode::SYMMETRIC;
        if (is_symmetric && std::ranges::any_of(paddings, [](int64_t padding) { return padding > 1; }))
            return node.unsupported("mode SYMMETRIC is only supported with paddings of at most 1");
        op.mode = is_symmetric ? PadMode::edge : PadMode::reflect; // the same value
    }
    const Form form = form_of_data(node);
    begins = in_order(form, std::move(begins));
    ends = in_order(form, std::move(ends));
    op.pads = std::move(begins);
    op.pads.insert(op.pads.end(), ends.begin(), ends.end());
    node.emit(form, std::move(op), {node.value(0, form)});
}

void read_reshape(NodeReader& node)
{
    Reshape op = {.allow_zero = true};
    const auto* const options = node.options<schema::ReshapeOptions>();
    std::vector<ValueId> inputs = {node.value(0, Form::stored)};
    if (node.is_constant(1))
        op.shape = node.integers(1, "shape");
    else if (node.has_input(1))
        inputs.push_back(node.value(1, Form::stored));
    else if (options != nullptr && options->new_shape() != nullptr)
        op.shape.assign(options->new_shape()->begin(), options->new_shape()->end());
    else
        return node.invalid("the new shape is missing");
    node.emit(Form::stored, std::move(op), std::move(inputs));
}

void read_squeeze(NodeReader& node)
{
    const auto* const options = node.options<schema::SqueezeOptions>();
    Reshape op = {.kind = ReshapeKind::squeeze};
    if (options != nullptr && options->squeeze_dims() != nullptr)
        op.axes.assign(options->squeeze_dims()->begin(), options->squeeze_dims()->end());
    node.emit(Form::stored, std::move(op), {node.value(0, Form::stored)});
}

void read_expand_dims(NodeReader& node)
{
    node.emit(Form::stored, Reshape{.kind = ReshapeKind::unsqueeze, .axes = {node.integer(1, "axis")}},
              {node.value(0, Form::stored)});
}

bool is_identity(const Integers& permutation)
{
    for (size_t axis = 0; axis < permutation.size(); ++axis)
    {
        if (permutation[axis] != int64_t(axis))
            return false;
    }
    return true;
}

/// Axes that a Transpose of x in one form takes to give the output in another.
Integers composed(const Integers& permutation, Form x, Form y)
{
    constexpr int64_t places[] = {0, 2, 3, 1}; // of N, H, W, C in N, C, H, W
    Integers result;
    for (size_t axis = 0; axis < permutation.size(); ++axis)
    {
        const int64_t from = permutation[y == Form::stored ? axis : to_channels_first[axis]];
        result.push_back(x == Form::stored ? from : places[from]);
    }
    return result;
}

void read_transpose(NodeReader& node)
{
    const size_t rank = node.shape(0).rank();
    Integers permutation = node.integers(1, "perm");
    if (permutation.size() != rank)
        return node.invalid("expected " + counted(rank, "axis") + " in 'perm', got " +
                            std::to_string(permutation.size()));
    for (int64_t& axis : permutation)
        axis = node.axis_in(Form::stored, axis, rank);
    const TensorState x = node.state(0);
    if (rank != 4 || x.constant)
        return node.emit(Form::stored, Transpose{.permutation = permutation}, {node.value(0, Form::stored)});
    // Transpositions between channels first and last often need no node: the other form is at hand.
    const std::pair<Form, ValueId> forms[] = {{Form::stored, x.stored}, {Form::channels_first, x.channels_first}};
    bool is_alias = false;
    for (const Form y : {Form::stored, Form::channels_first})
    {
        for (const auto& [form, id] : forms)
        {
            if (id == no_value || !is_identity(composed(permutation, form, y)))
                continue;
            node.alias(0, y, id);
            is_alias = true;
        }
    }
    if (is_alias)
        return;
    const Form from = x.stored != no_value ? Form::stored : Form::channels_first;
    node.emit(Form::stored, Transpose{.permutation = composed(permutation, from, Form::stored)}, {node.value(0, from)});
}

/// Emits a slice of all axes, which is given for channels last.
void emit_slice(NodeReader& node, Slice op, Integers dropped)
{
    const size_t rank = op.starts.size();
    const Form form = dropped.empty() && rank == 4 ? form_of_data(node) : Form::stored;
    for (size_t axis = 0; axis < rank; ++axis)
        op.axes.push_back(node.axis_in(form, int64_t(axis), rank));
    const ValueId x = node.value(0, form);
    if (dropped.empty())
        return node.emit(form, std::move(op), {x});
    const ValueId slice = node.append(std::move(op), {x});
    node.emit(form, Reshape{.kind = ReshapeKind::squeeze, .axes = std::move(dropped)}, {slice});
}

void read_strided_slice(NodeReader& node)
{
    const auto* const options = node.options<schema::StridedSliceOptions>();
    if (options == nullptr)
        return node.invalid("the options of the operator are missing");
    if (options->ellipsis_mask() != 0 || options->new_axis_mask() != 0)
        return node.unsupported("ellipsis_mask and new_axis_mask are not supported");
    Slice op = {
        .starts = node.integers(1, "begin"), .ends = node.integers(2, "end"), .steps = node.integers(3, "strides")};
    const size_t rank = op.starts.size();
    if (op.ends.size() != rank || op.steps.size() != rank || rank > node.shape(0).rank())
        return node.invalid("begin, end and strides must be of one length, at most that of the input's shape");
    Integers dropped;
    for (size_t axis = 0; axis < rank; ++axis)
    {
        const auto has_bit = [&](int mask) { return (mask >> axis & 1) != 0; };
        int64_t& start = op.starts[axis];
        int64_t& end = op.ends[axis];
        if (op.steps[axis] == 0)
            return node.invalid("a stride is 0");
        if (options->offset())
            end += start;
        if (has_bit(options->shrink_axis_mask()))
        {
            end = start == -1 ? to_the_end : start + 1;
            op.steps[axis] = 1;
            dropped.push_back(int64_t(axis));
            continue;
        }
        const bool is_forward = op.steps[axis] > 0;
        if (has_bit(options->begin_mask()))
            start = is_forward ? 0 : to_the_end;
        if (has_bit(options->end_mask()))
            end = is_forward ? to_the_end : -to_the_end;
    }
    emit_slice(node, std::move(op), std::move(dropped));
}

void read_slice(NodeReader& node)
{
    Slice op = {.starts = node.integers(1, "begin"), .ends = node.integers(2, "size")};
    if (op.starts.size() != op.ends.size() || op.starts.size() != node.shape(0).rank())
        return node.invalid("begin and size must have an entry for each axis");
    for (size_t axis = 0; axis < op.starts.size(); ++axis)
    {
        int64_t& end = op.ends[axis]; // still the extent; −1: all that follow
        if (op.starts[axis] < 0 || end < -1)
            return node.invalid("begin and size must not be negative, except for a size of -1");
        end = end == -1 || end > to_the_end - op.starts[axis] ? to_the_end : op.starts[axis] + end;
    }
    emit_slice(node, std::move(op), {});
}

void read_tile(NodeReader& node)
{
    Integers repeats = node.integers(1, "multiples");
    if (repeats.size() != node.shape(0).rank())
        return node.invalid("expected an entry of 'multiples' for each axis, got " + std::to_string(repeats.size()));
    const Form form = form_of_data(node);
    node.emit(form, Tile{.repeats = in_order(form, std::move(repeats))}, {node.value(0, form)});
}

void read_broadcast_to(NodeReader& node)
{
    node.emit(Form::stored, Expand{}, {node.value(0, Form::stored), node.value(1, Form::stored)});
}

void read_fill(NodeReader& node)
{
    node.emit(Form::stored, Expand{}, {node.value(1, Form::stored), node.value(0, Form::stored)});
}

void read_gather(NodeReader& node)
{
    const auto* const options = node.options<schema::GatherOptions>();
    if (options != nullptr && options->batch_dims() != 0)
        return node.unsupported("batch_dims is not supported");
    node.emit(Form::stored, Gather{.axis = options == nullptr ? 0 : options->axis()},
              {node.value(0, Form::stored), node.value(1, Form::stored)});
}

void read_depth_to_space(NodeReader& node)
{
    const auto* const options = node.options<schema::DepthToSpaceOptions>();
    if (options == nullptr)
        return node.invalid("the options of the operator are missing");
    node.emit(Form::channels_first, DepthToSpace{.block_size = options->block_size()},
              {node.value(0, Form::channels_first)});
}

void read_space_to_depth(NodeReader& node)
{
    const auto* const options = node.options<schema::SpaceToDepthOptions>();
    if (options == nullptr)
        return node.invalid("the options of the operator are missing");
    node.emit(Form::channels_first, SpaceToDepth{.block_size = options->block_size()},
              {node.value(0, Form::channels_first)});
}

void read_shape(NodeReader& node)
{
    const ValueId shape = node.append(ShapeOf{}, {node.value(0, Form::stored)});
    node.emit(Form::stored, Cast{.to = node.output_type()}, {shape});
}

constexpr OperatorReader movement_readers[] = {
    {"BROADCAST_TO", read_broadcast_to, 2, 2},
    {"CONCATENATION", read_concatenation, 1, unlimited},
    {"DEPTH_TO_SPACE", read_depth_to_space},
    {"EXPAND_DIMS", read_expand_dims, 2, 2},
    {"FILL", read_fill, 2, 2},
    {"GATHER", read_gather, 2, 2},
    {"MIRROR_PAD", read_pad, 2, 2},
    {"PACK", read_pack, 1, unlimited},
    {"PAD", read_pad, 2, 2},
    {"PADV2", read_pad, 3, 3},
    {"RESHAPE", read_reshape, 1, 2},
    {"SHAPE", read_shape},
    {"SLICE", read_slice, 3, 3},
    {"SPACE_TO_DEPTH", read_space_to_depth},
    {"SPLIT", read_split, 2, 2, unlimited},
    {"SPLIT_V", read_split, 3, 3, unlimited},
    {"SQUEEZE", read_squeeze},
    {"STRIDED_SLICE", read_strided_slice, 4, 4},
    {"TILE", read_tile, 2, 2},
    {"TRANSPOSE", read_transpose, 2, 2},
    {"UNPACK", read_unpack, 1, 1, unlimited},
};

} // namespace

std::span<const OperatorReader> movement_operators()
{
    return movement_readers;
}

} // namespace vkseg::tflite
