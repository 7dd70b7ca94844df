// Operators that move values without computing with them, and operators used in shape arithmetic.
#include "base/text.hpp"
#include "formats/onnx/operators.hpp"

namespace vkseg::onnx {
namespace {

/// Reads an attribute that became an input in opset `input_since`; finish() refuses the attribute in newer nodes.
bool attribute_or_input(NodeReader& node, std::string_view attribute, int64_t input_since, Integers& target)
{
    if (node.opset() >= input_since)
        return false;
    target = node.integers(attribute);
    if (node.inputs().size() > 1)
        node.invalid("expected '" + std::string(attribute) + "' as an attribute before opset " +
                     std::to_string(input_since) + ", got an input");
    return true;
}

std::optional<Tensor> constant_of(NodeReader& node)
{
    std::optional<Tensor> tensor = node.tensor("value");
    if (node.has("value_float"))
        tensor = Tensor::from(Shape{}, {node.real("value_float", 0)});
    if (node.has("value_int"))
        tensor = Tensor::from_integers(Shape{}, {node.integer("value_int", 0)});
    if (node.has("value_floats"))
    {
        std::vector<float> values = node.reals("value_floats");
        const Shape shape = {int64_t(values.size())};
        tensor = Tensor::from(shape, std::move(values));
    }
    if (node.has("value_ints"))
    {
        Integers values = node.integers("value_ints");
        const Shape shape = {int64_t(values.size())};
        tensor = Tensor::from_integers(shape, std::move(values));
    }
    return tensor;
}

void read_concat(NodeReader& node)
{
    node.emit(Concat{.axis = node.required_integer("axis")});
}

void read_split(NodeReader& node)
{
    Split op;
    op.axis = node.integer("axis", 0);
    op.parts = int64_t(node.output_count());
    attribute_or_input(node, "split", 13, op.split);
    const int64_t parts = node.integer("num_outputs", op.parts);
    if (parts != op.parts)
        node.invalid("attribute 'num_outputs' is " + std::to_string(parts) + ", but the node has " +
                     counted(size_t(op.parts), "output"));
    node.emit(std::move(op));
}

void read_slice(NodeReader& node)
{
    Slice op;
    if (node.opset() < 10)
    {
        op.starts = node.required_integers("starts");
        op.ends = node.required_integers("ends");
        op.axes = node.integers("axes");
    }
    else if (!node.has_input(1) || !node.has_input(2))
    {
        node.invalid("inputs 'starts' and 'ends' are needed");
    }
    node.emit(std::move(op));
}

void read_pad(NodeReader& node)
{
    constexpr std::array<std::pair<std::string_view, PadMode>, 4> modes = {{
        {"constant", PadMode::constant},
        {"reflect", PadMode::reflect},
        {"edge", PadMode::edge},
        {"wrap", PadMode::wrap},
    }};
    Pad op;
    op.mode = node.choice("mode", modes);
    if (node.opset() < 11)
    {
        op.pads = node.required_integers("pads");
        op.value = node.real("value", 0);
    }
    else if (!node.has_input(1))
    {
        node.invalid("input 'pads' is missing");
    }
    node.emit(std::move(op));
}

void read_transpose(NodeReader& node)
{
    node.emit(Transpose{.permutation = node.integers("perm")});
}

void read_reshape(NodeReader& node)
{
    Reshape op;
    if (node.op_type() == "Reshape")
    {
        op.allow_zero = node.flag("allowzero", false);
    }
    else if (node.op_type() == "Flatten")
    {
        op.kind = ReshapeKind::flatten;
        op.axes = {node.integer("axis", 1)};
    }
    else
    {
        const bool is_squeeze = node.op_type() == "Squeeze";
        op.kind = is_squeeze ? ReshapeKind::squeeze : ReshapeKind::unsqueeze;
        const bool is_attribute = attribute_or_input(node, "axes", 13, op.axes);
        if (!is_squeeze && (is_attribute ? op.axes.empty() : !node.has_input(1)))
            node.invalid("'axes' are missing");
    }
    node.emit(std::move(op));
}

void read_expand(NodeReader& node)
{
    node.emit(Expand{});
}

void read_tile(NodeReader& node)
{
    node.emit(Tile{});
}

void read_gather(NodeReader& node)
{
    node.emit(Gather{.axis = node.integer("axis", 0)});
}

void read_gather_elements(NodeReader& node)
{
    node.emit(GatherElements{.axis = node.integer("axis", 0)});
}

void read_gather_nd(NodeReader& node)
{
    node.emit(GatherNd{.batch_dims = node.integer("batch_dims", 0)});
}

constexpr std::array<std::pair<std::string_view, ScatterReduction>, 5> scatter_reductions = {{
    {"none", ScatterReduction::none},
    {"add", ScatterReduction::add},
    {"mul", ScatterReduction::mul},
    {"max", ScatterReduction::max},
    {"min", ScatterReduction::min},
}};

void read_scatter(NodeReader& node)
{
    node.emit(
        ScatterElements{.axis = node.integer("axis", 0), .reduction = node.choice("reduction", scatter_reductions)});
}

void read_scatter_nd(NodeReader& node)
{
    node.emit(ScatterNd{.reduction = node.choice("reduction", scatter_reductions)});
}

/// The entries of x, or of all of its values in a row, whose flag is set.
void read_compress(NodeReader& node)
{
    const ValueId places = node.append(NonZero{}, {node.input(1)});
    const ValueId list = node.append(Reshape{.kind = ReshapeKind::squeeze, .axes = {0}}, {places});
    if (node.has("axis"))
        node.emit(Gather{.axis = node.integer("axis", 0)}, {node.input(0), list});
    else
        node.emit(Gather{}, {node.append(Reshape{.shape = {-1}}, {node.input(0)}), list});
}

void read_depth_to_space(NodeReader& node)
{
    constexpr std::array<std::pair<std::string_view, DepthOrder>, 2> orders = {{
        {"DCR", DepthOrder::depth_column_row},
        {"CRD", DepthOrder::column_row_depth},
    }};
    node.emit(DepthToSpace{.block_size = node.required_integer("blocksize"), .order = node.choice("mode", orders)});
}

void read_space_to_depth(NodeReader& node)
{
    node.emit(SpaceToDepth{.block_size = node.required_integer("blocksize")});
}

void read_constant(NodeReader& node)
{
    for (const std::string_view kind : {"sparse_value", "value_string", "value_strings"})
    {
        if (!node.has(kind))
            continue;
        node.ignore(kind);
        node.unsupported("attribute '" + std::string(kind) + "' is not supported");
        return;
    }
    std::optional<Tensor> tensor = constant_of(node);
    if (tensor)
        node.emit_constant(std::move(*tensor));
    else
        node.invalid("attribute 'value' is missing");
}

void read_constant_of_shape(NodeReader& node)
{
    ConstantOfShape op = {.value = Tensor::from(Shape{1}, {0.0f})};
    if (std::optional<Tensor> value = node.tensor("value"))
    {
        if (value->elements() != 1)
            node.invalid("attribute 'value': expected one element, got shape " + to_string(value->shape()));
        op.value = std::move(*value);
    }
    node.emit(std::move(op));
}

void read_shape(NodeReader& node)
{
    ShapeOf op;
    op.is_size = node.op_type() == "Size";
    op.start = node.integer("start", 0);
    if (node.has("end"))
        op.end = node.integer("end", 0);
    node.emit(op);
}

void read_range(NodeReader& node)
{
    node.emit(Range{});
}

constexpr OperatorReader movement_readers[] = {
    {"Compress", read_compress, 2, 2},
    {"Concat", read_concat, 1, unlimited, 1, 4},
    {"Constant", read_constant, 0, 0},
    {"ConstantOfShape", read_constant_of_shape},
    {"DepthToSpace", read_depth_to_space},
    {"Expand", read_expand, 2, 2},
    {"Flatten", read_reshape},
    {"Gather", read_gather, 2, 2},
    {"GatherElements", read_gather_elements, 2, 2},
    {"GatherND", read_gather_nd, 2, 2},
    {"Pad", read_pad, 1, 4, 1, 2},
    {"Range", read_range, 3, 3},
    {"Reshape", read_reshape, 2, 2, 1, 5},
    {"Scatter", read_scatter, 3, 3},
    {"ScatterElements", read_scatter, 3, 3},
    {"ScatterND", read_scatter_nd, 3, 3},
    {"Shape", read_shape},
    {"Size", read_shape},
    {"Slice", read_slice, 1, 5},
    {"SpaceToDepth", read_space_to_depth},
    {"Split", read_split, 1, 2, unlimited, 2},
    {"Squeeze", read_reshape, 1, 2},
    {"Tile", read_tile, 2, 2, 1, 6},
    {"Transpose", read_transpose},
    {"Unsqueeze", read_reshape, 1, 2},
};

} // namespace

std::span<const OperatorReader> movement_operators()
{
    return movement_readers;
}

} // namespace vkseg::onnx
