// Operators that slide a window over spatial axes: convolutions, pooling, resizing.
#include "formats/tflite/operators.hpp"

#include "base/text.hpp"

namespace vkseg::tflite {
namespace {

using schema::ActivationFunctionType;
using schema::Padding;

constexpr size_t outputs_first[] = {0, 3, 1, 2};   // O, H, W, I → O, I, H, W
constexpr size_t inputs_first[] = {3, 0, 1, 2};    // O, H, W, I → I, O, H, W
constexpr size_t depthwise_first[] = {3, 0, 1, 2}; // 1, H, W, O → O, 1, H, W

AutoPad auto_pad(NodeReader& node, Padding padding)
{
    if (padding == Padding::SAME)
        return AutoPad::same_upper;
    if (padding != Padding::VALID)
        node.invalid("padding " + std::to_string(int(padding)) + " does not exist");
    return AutoPad::valid;
}

/// Options that a node cannot do without.
template <class Options>
const Options* needed_options(NodeReader& node)
{
    const Options* const options = node.options<Options>();
    if (options == nullptr)
        node.invalid("the options of the operator are missing");
    return options;
}

std::vector<ValueId> with_bias(NodeReader& node, std::vector<ValueId> inputs, size_t bias)
{
    if (node.has_input(bias))
        inputs.push_back(node.value(bias, Form::stored));
    return inputs;
}

template <class Options>
Window window_of(NodeReader& node, const Options& options)
{
    return {.strides = {options.stride_h(), options.stride_w()},
            .dilations = {options.dilation_h_factor(), options.dilation_w_factor()},
            .auto_pad = auto_pad(node, options.padding())};
}

/// Number of channels of the input, or −1.
int64_t channels_of(NodeReader& node)
{
    const Shape shape = node.shape(0);
    return shape.rank() == 4 ? shape[3] : -1;
}

void read_conv(NodeReader& node)
{
    const auto* const options = needed_options<schema::Conv2DOptions>(node);
    if (options == nullptr)
        return;
    Conv op = {.window = window_of(node, *options)};
    const Shape weights = node.shape(1);
    if (weights.rank() != 4)
        return node.invalid("weights must have 4 axes, got " + to_string(weights));
    const int64_t channels = channels_of(node);
    if (channels > 0 && weights[3] > 0 && channels % weights[3] == 0)
        op.groups = channels / weights[3];
    node.emit(Form::channels_first, std::move(op),
              with_bias(node, {node.value(0, Form::channels_first), node.weights(1, outputs_first)}, 2),
              options->fused_activation_function());
}

void read_depthwise_conv(NodeReader& node)
{
    const auto* const options = needed_options<schema::DepthwiseConv2DOptions>(node);
    if (options == nullptr)
        return;
    Conv op = {.window = window_of(node, *options)};
    const Shape weights = node.shape(1);
    if (weights.rank() != 4 || weights[0] != 1)
        return node.invalid("weights must be 1xHxWxC, got " + to_string(weights));
    const int64_t channels = channels_of(node);
    if (channels > 0)
        op.groups = channels;
    else if (options->depth_multiplier() > 0)
        op.groups = weights[3] / options->depth_multiplier();
    node.emit(Form::channels_first, std::move(op),
              with_bias(node, {node.value(0, Form::channels_first), node.weights(1, depthwise_first)}, 2),
              options->fused_activation_function());
}

/// A transposed convolution that gives the extents of the node's output in the file.
void emit_transposed(NodeReader& node, size_t x, size_t weights, size_t bias, Integers strides,
                     ActivationFunctionType activation, Integers output_shape)
{
    if (output_shape.empty())
    {
        const Shape declared = node.output_shape();
        if (declared.rank() != 4 || declared[1] < 0 || declared[2] < 0)
            return node.unsupported("the output's height and width must be constant");
        output_shape = {declared[1], declared[2]};
    }
    // With "valid" padding, the output is at least as large as what the inputs reach, so that both paddings are alike.
    const ConvTranspose op = {.window = {.strides = std::move(strides), .auto_pad = AutoPad::same_upper},
                              .output_shape = std::move(output_shape)};
    node.emit(Form::channels_first, op,
              with_bias(node, {node.value(x, Form::channels_first), node.weights(weights, inputs_first)}, bias),
              activation);
}

void read_transpose_conv(NodeReader& node)
{
    const auto* const options = needed_options<schema::TransposeConvOptions>(node);
    if (options == nullptr)
        return;
    Integers output_shape;
    if (node.is_constant(0))
    {
        const Integers whole = node.integers(0, "output_shape");
        if (whole.size() != 4)
            return node.invalid("input 'output_shape' must hold 4 integers, got " + std::to_string(whole.size()));
        output_shape = {whole[1], whole[2]};
    }
    emit_transposed(node, 2, 1, 3, {options->stride_h(), options->stride_w()}, options->fused_activation_function(),
                    std::move(output_shape));
}

/// Options are TfLiteTransposeConvParams: padding, stride_width, stride_height.
void read_transpose_conv_bias(NodeReader& node)
{
    const std::vector<int32_t> options = node.custom_integers(3);
    emit_transposed(node, 0, 1, 2, {options[2], options[1]}, ActivationFunctionType::NONE, {});
}

void read_pool(NodeReader& node)
{
    const auto* const options = needed_options<schema::Pool2DOptions>(node);
    if (options == nullptr)
        return;
    node.emit(Form::channels_first,
              Pool{.kind = node.op_type() == "MAX_POOL_2D" ? PoolKind::max : PoolKind::average,
                   .window = {.kernel = {options->filter_height(), options->filter_width()},
                              .strides = {options->stride_h(), options->stride_w()},
                              .auto_pad = auto_pad(node, options->padding())}},
              {node.value(0, Form::channels_first)}, options->fused_activation_function());
}

/// TfLitePoolParams, the options of MediaPipe's pools.
struct PoolOptions
{
    Integers kernel;
    Integers strides;
    AutoPad auto_pad = AutoPad::valid;
    ActivationFunctionType activation = ActivationFunctionType::NONE;
};

PoolOptions pool_options(NodeReader& node)
{
    const std::vector<int32_t> options = node.custom_integers(6);
    constexpr int32_t same = 1;
    return {.kernel = {options[4], options[3]},
            .strides = {options[2], options[1]},
            .auto_pad = options[0] == same ? AutoPad::same_upper : AutoPad::valid,
            .activation = ActivationFunctionType(options[5])};
}

void read_pool_with_indices(NodeReader& node)
{
    const PoolOptions options = pool_options(node);
    if (node.output_count() != 2 || node.output_index(1) < 0)
        return node.invalid("expected 2 outputs");
    const Pool op = {.window = {.kernel = options.kernel, .strides = options.strides, .auto_pad = options.auto_pad}};
    Graph& graph = node.translation().graph;
    const ValueId y = graph.add_node(node.label(), op, {node.value(0, Form::channels_first)}, 2);
    node.emit(Form::channels_first, Unary{.kind = UnaryKind::identity}, {y}, options.activation);
    node.translation().pool_indices[node.output_index(1)] = {
        .flat = y + 1,
        .kernel = options.kernel == options.strides ? options.kernel : Integers(),
        .input = node.shape(0)};
}

void read_max_unpool(NodeReader& node)
{
    const PoolOptions options = pool_options(node);
    const auto found = node.translation().pool_indices.find(node.tensor_index(1));
    if (found == node.translation().pool_indices.end())
        return node.unsupported("indices must come from MaxPoolingWithArgmax2D");
    const PoolIndices& indices = found->second;
    const Shape x = node.shape(0);
    const bool fits = options.kernel == options.strides && options.kernel == indices.kernel && x.rank() == 4 &&
                      indices.input.rank() == 4 && x[1] > 0 && x[2] > 0 &&
                      x[1] * options.kernel[0] == indices.input[1] && x[2] * options.kernel[1] == indices.input[2];
    if (!fits)
        return node.unsupported("the windows must be those of the pool that gives the indices, side by side, and fill "
                                "its input");
    node.emit(Form::channels_first, MaxUnpool{.window = {.kernel = options.kernel, .strides = options.strides}},
              {node.value(0, Form::channels_first), indices.flat});
}

void emit_resize(NodeReader& node, Resize op)
{
    op.axes = {2, 3};
    std::vector<ValueId> inputs = {node.value(0, Form::channels_first)};
    if (node.is_constant(1))
        op.sizes = node.integers(1, "size");
    else
        inputs.insert(inputs.end(), {no_value, no_value, node.value(1, Form::stored)});
    node.emit(Form::channels_first, std::move(op), std::move(inputs));
}

void read_resize_bilinear(NodeReader& node)
{
    const auto* const options = node.options<schema::ResizeBilinearOptions>();
    Resize op = {.mode = ResizeMode::linear, .coordinates = CoordinateTransformation::asymmetric};
    if (options != nullptr && options->align_corners())
        op.coordinates = CoordinateTransformation::align_corners;
    else if (options != nullptr && options->half_pixel_centers())
        op.coordinates = CoordinateTransformation::half_pixel;
    emit_resize(node, std::move(op));
}

void read_resize_nearest(NodeReader& node)
{
    const auto* const options = node.options<schema::ResizeNearestNeighborOptions>();
    Resize op = {.coordinates = CoordinateTransformation::asymmetric, .nearest_mode = NearestMode::floor};
    if (options != nullptr && options->align_corners())
    {
        op.coordinates = CoordinateTransformation::align_corners;
        op.nearest_mode = NearestMode::round_prefer_ceil;
    }
    else if (options != nullptr && options->half_pixel_centers())
        op.coordinates = CoordinateTransformation::tf_half_pixel_for_nn;
    emit_resize(node, std::move(op));
}

constexpr OperatorReader convolution_readers[] = {
    {"AVERAGE_POOL_2D", read_pool},
    {"CONV_2D", read_conv, 2, 3},
    {"DEPTHWISE_CONV_2D", read_depthwise_conv, 2, 3},
    {"MAX_POOL_2D", read_pool},
    {"RESIZE_BILINEAR", read_resize_bilinear, 2, 2},
    {"RESIZE_NEAREST_NEIGHBOR", read_resize_nearest, 2, 2},
    {"TRANSPOSE_CONV", read_transpose_conv, 3, 4},
    {"Convolution2DTransposeBias", read_transpose_conv_bias, 3, 3, 1, true},
    {"MaxPoolingWithArgmax2D", read_pool_with_indices, 1, 1, 2, true},
    {"MaxUnpooling2D", read_max_unpool, 2, 2, 1, true},
};

} // namespace

std::span<const OperatorReader> convolution_operators()
{
    return convolution_readers;
}

} // namespace vkseg::tflite
