// Operators that slide a window over spatial axes: convolutions, pooling, resizing.
#include "formats/onnx/convolution.hpp"
#include "formats/onnx/operators.hpp"

namespace vkseg::onnx {
namespace {

constexpr std::array<std::pair<std::string_view, AutoPad>, 4> auto_pads = {{
    {"NOTSET", AutoPad::explicit_pads},
    {"SAME_UPPER", AutoPad::same_upper},
    {"SAME_LOWER", AutoPad::same_lower},
    {"VALID", AutoPad::valid},
}};

constexpr std::array<std::pair<std::string_view, ResizeMode>, 3> resize_modes = {{
    {"nearest", ResizeMode::nearest},
    {"linear", ResizeMode::linear},
    {"cubic", ResizeMode::cubic},
}};

constexpr std::array<std::pair<std::string_view, AspectPolicy>, 3> aspect_policies = {{
    {"stretch", AspectPolicy::stretch},
    {"not_larger", AspectPolicy::not_larger},
    {"not_smaller", AspectPolicy::not_smaller},
}};

/// Names in opset 16 and from opset 20 on.
constexpr std::array<std::pair<std::string_view, ResizeMode>, 5> sampling_modes = {{
    {"linear", ResizeMode::linear},
    {"bilinear", ResizeMode::linear},
    {"nearest", ResizeMode::nearest},
    {"cubic", ResizeMode::cubic},
    {"bicubic", ResizeMode::cubic},
}};

constexpr std::array<std::pair<std::string_view, GridPadding>, 3> grid_paddings = {{
    {"zeros", GridPadding::zeros},
    {"border", GridPadding::border},
    {"reflection", GridPadding::reflection},
}};

constexpr std::array<std::pair<std::string_view, CoordinateTransformation>, 7> coordinate_transformations = {{
    {"half_pixel", CoordinateTransformation::half_pixel},
    {"pytorch_half_pixel", CoordinateTransformation::pytorch_half_pixel},
    {"align_corners", CoordinateTransformation::align_corners},
    {"asymmetric", CoordinateTransformation::asymmetric},
    {"tf_half_pixel_for_nn", CoordinateTransformation::tf_half_pixel_for_nn},
    {"tf_crop_and_resize", CoordinateTransformation::tf_crop_and_resize},
    {"half_pixel_symmetric", CoordinateTransformation::half_pixel_symmetric},
}};

constexpr std::array<std::pair<std::string_view, NearestMode>, 4> nearest_modes = {{
    {"round_prefer_floor", NearestMode::round_prefer_floor},
    {"round_prefer_ceil", NearestMode::round_prefer_ceil},
    {"floor", NearestMode::floor},
    {"ceil", NearestMode::ceil},
}};

/// Returns the input x, then those of `parameters`; an empty constant counts as a missing parameter.
std::vector<ValueId> resize_inputs(const NodeReader& node, std::initializer_list<size_t> parameters)
{
    std::vector<ValueId> inputs = {node.input(0)};
    for (const size_t index : parameters)
    {
        const Tensor* constant = node.constant(index);
        inputs.push_back(constant && constant->elements() == 0 ? no_value : node.input(index));
    }
    while (inputs.back() == no_value)
        inputs.pop_back();
    return inputs;
}

constexpr size_t missing = ~size_t(0); // index of an input that older versions do not have

void read_conv(NodeReader& node)
{
    node.emit(conv_of(node));
}

void read_conv_transpose(NodeReader& node)
{
    ConvTranspose op;
    op.window = read_window(node);
    op.groups = node.integer("group", 1);
    op.output_padding = node.integers("output_padding");
    op.output_shape = node.integers("output_shape");
    node.emit(std::move(op));
}

void read_pool(NodeReader& node)
{
    Pool op;
    if (!node.has("kernel_shape"))
        node.invalid("attribute 'kernel_shape' is missing");
    op.window = read_window(node);
    op.ceil_mode = node.flag("ceil_mode", false);
    if (node.op_type() == "MaxPool")
    {
        op.column_major_indices = node.flag("storage_order", false);
    }
    else if (node.op_type() == "AveragePool")
    {
        op.kind = PoolKind::average;
        op.count_include_pad = node.flag("count_include_pad", false);
    }
    else
    {
        op.kind = PoolKind::lp;
        op.p = node.integer("p", 2);
    }
    const FloatTwin* const twin = op.kind == PoolKind::max ? node.float_twin(node.input(0)) : nullptr;
    if (twin == nullptr || twin->floats == no_value || node.is_wanted(1))
    {
        node.emit(std::move(op));
        return;
    }
    FloatTwin pooled = *twin;
    pooled.floats = node.append(op, {twin->floats});
    if (twin->centred != no_value)
        pooled.centred = twin->centred == twin->floats ? pooled.floats : node.append(op, {twin->centred});
    node.emit_integers(0, pooled);
}

void read_global_pool(NodeReader& node)
{
    Reduce op = {.axes = {}, .all_spatial = true};
    if (node.op_type() == "GlobalMaxPool")
    {
        op.kind = ReduceKind::max;
    }
    else if (node.op_type() == "GlobalLpPool")
    {
        const int64_t p = node.integer("p", 2);
        if (p != 1 && p != 2)
            node.unsupported("attribute 'p': only 1 and 2 are supported, got " + std::to_string(p));
        op.kind = p == 1 ? ReduceKind::l1 : ReduceKind::l2;
    }
    node.emit(std::move(op));
}

void read_max_unpool(NodeReader& node)
{
    MaxUnpool op;
    op.window.kernel = node.required_integers("kernel_shape");
    op.window.strides = node.integers("strides");
    op.window.pads = node.integers("pads");
    node.emit(std::move(op));
}

void read_resize(NodeReader& node)
{
    Resize op;
    op.mode = node.choice("mode", resize_modes);
    if (node.opset() < 11) // inputs x, scales
    {
        op.coordinates = CoordinateTransformation::asymmetric;
        op.nearest_mode = NearestMode::floor;
        node.emit(std::move(op), resize_inputs(node, {missing, 1}));
        return;
    }
    op.coordinates = node.choice("coordinate_transformation_mode", coordinate_transformations);
    op.nearest_mode = node.choice("nearest_mode", nearest_modes);
    op.cubic_coeff_a = node.real("cubic_coeff_a", -0.75f);
    op.exclude_outside = node.flag("exclude_outside", false);
    op.extrapolation_value = node.real("extrapolation_value", 0);
    op.axes = node.integers("axes");
    op.antialias = node.flag("antialias", false);
    op.aspect_policy = node.choice("keep_aspect_ratio_policy", aspect_policies);
    const std::vector<ValueId> inputs = resize_inputs(node, {1, 2, 3});
    if (inputs.size() < 3)
        node.invalid("input 'scales' or 'sizes' is needed, got neither");
    node.emit(std::move(op), inputs);
}

void read_upsample(NodeReader& node)
{
    Resize op;
    op.mode = node.choice("mode", resize_modes);
    op.coordinates = CoordinateTransformation::asymmetric;
    op.nearest_mode = NearestMode::floor;
    if (node.opset() < 9)
    {
        op.scales = node.reals("scales");
        if (op.scales.empty())
            node.invalid("attribute 'scales' is missing");
        node.emit(std::move(op), {node.input(0)});
        return;
    }
    if (!node.has_input(1))
        node.invalid("input 'scales' is missing");
    node.emit(std::move(op), resize_inputs(node, {missing, 1}));
}

/// A pointwise convolution of the columns, whose channels are taps and then channels of x in each group.
void read_deform_conv(NodeReader& node)
{
    DeformColumns columns;
    columns.window.kernel = node.integers("kernel_shape");
    columns.window.strides = node.integers("strides");
    columns.window.dilations = node.integers("dilations");
    columns.window.pads = node.integers("pads");
    columns.groups = node.integer("group", 1);
    columns.offset_groups = node.integer("offset_group", 1);
    const Tensor* const weights = node.constant(1);
    if (columns.window.kernel.empty() && weights != nullptr && weights->shape().rank() == 4)
        columns.window.kernel = {weights->shape()[2], weights->shape()[3]};
    if (columns.window.kernel.size() != 2)
        node.unsupported("attribute 'kernel_shape', or the shape of constant weights, must give a height and a width");
    if (!node.has_input(2))
        node.invalid("input 'offset' is missing");
    const Conv product = {.groups = columns.groups};
    std::vector<ValueId> sampled = {node.input(0), node.input(2)};
    if (node.has_input(4))
        sampled.push_back(node.input(4));
    const ValueId taps_first = node.append(Transpose{.permutation = {0, 2, 3, 1}}, {node.input(1)});
    std::vector<ValueId> inputs = {node.append(std::move(columns), std::move(sampled)),
                                   node.append(Reshape{.shape = {0, -1, 1, 1}}, {taps_first})};
    if (node.has_input(3))
        inputs.push_back(node.input(3));
    node.emit(product, std::move(inputs));
}

void read_col2im(NodeReader& node)
{
    Col2im op;
    op.window.strides = node.integers("strides");
    op.window.dilations = node.integers("dilations");
    op.window.pads = node.integers("pads");
    node.emit(std::move(op));
}

void read_grid_sample(NodeReader& node)
{
    GridSample op;
    op.mode = node.choice("mode", sampling_modes);
    op.padding = node.choice("padding_mode", grid_paddings);
    op.align_corners = node.flag("align_corners", false);
    node.emit(op);
}

void read_affine_grid(NodeReader& node)
{
    node.emit(AffineGrid{.size = {}, .align_corners = node.flag("align_corners", false)});
}

constexpr OperatorReader convolution_readers[] = {
    {"AffineGrid", read_affine_grid, 2, 2},
    {"AveragePool", read_pool},
    {"Col2Im", read_col2im, 3, 3},
    {"Conv", read_conv, 2, 3},
    {"ConvTranspose", read_conv_transpose, 2, 3},
    {"DeformConv", read_deform_conv, 3, 5},
    {"GlobalAveragePool", read_global_pool},
    {"GlobalLpPool", read_global_pool, 1, 1, 1, 2},
    {"GlobalMaxPool", read_global_pool},
    {"GridSample", read_grid_sample, 2, 2},
    {"LpPool", read_pool, 1, 1, 1, 2},
    {"MaxPool", read_pool, 1, 1, 2},
    {"MaxUnpool", read_max_unpool, 2, 3},
    {"Resize", read_resize, 1, 4},
    {"Upsample", read_upsample, 1, 2, 1, 7},
};

} // namespace

Conv conv_of(NodeReader& node)
{
    Conv op;
    op.window = read_window(node);
    op.groups = node.integer("group", 1);
    return op;
}

Window read_window(NodeReader& node)
{
    Window window;
    window.kernel = node.integers("kernel_shape");
    window.strides = node.integers("strides");
    window.dilations = node.integers("dilations");
    window.pads = node.integers("pads");
    window.auto_pad = node.choice("auto_pad", auto_pads);
    if (window.auto_pad != AutoPad::explicit_pads)
        window.pads.clear(); // exporters write zeros beside auto_pad
    return window;
}

std::span<const OperatorReader> convolution_operators()
{
    return convolution_readers;
}

} // namespace vkseg::onnx
