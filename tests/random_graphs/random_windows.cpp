#include "random_graphs/random_nodes.hpp"

#include <algorithm>
#include <cmath>

namespace vkseg::test {
namespace {

const KnownValue* any_image(GraphMaker& maker)
{
    return maker.any([](const KnownValue& value)
                     { return is_float(value.type) && value.shape().rank() >= 3 && value.shape().rank() <= 5; });
}

/// A window of random geometry; an entry for each spatial axis, alike in most cases.
Window window(GraphMaker& maker, const Shape& x, bool has_dilation)
{
    Window made;
    const size_t axes = x.rank() - 2;
    const int64_t kernel = maker.one_of<int64_t>({1, 1, 2, 3, 3});
    const int64_t stride = maker.one_of<int64_t>({1, 1, 2});
    const bool is_uneven = maker.chance(4);
    for (size_t axis = 0; axis < axes; ++axis)
    {
        made.kernel.push_back(is_uneven ? maker.number(1, 3) : kernel);
        made.strides.push_back(is_uneven ? maker.number(1, 2) : stride);
        made.dilations.push_back(has_dilation && maker.chance(4) ? 2 : 1);
    }
    made.pads.assign(2 * axes, 0);
    for (size_t side = 0; side < made.pads.size(); ++side)
        made.pads[side] = is_uneven ? maker.number(0, made.kernel[side % axes] - 1) : (kernel - 1) / 2;
    return made;
}

std::string geometry(const Window& window)
{
    return "kernel " + text(window.kernel) + " stride " + text(window.strides) + " dilation " + text(window.dilations) +
           " pads " + text(window.pads);
}

/// The largest sum of absolute weights of an output channel, the channels being those of `axis`.
double largest_sum(const Tensor& weights, size_t axis)
{
    const std::vector<float> values = weights.to_floats();
    int64_t behind = 1;
    for (size_t i = axis + 1; i < weights.shape().rank(); ++i)
        behind *= weights.shape()[i];
    std::vector<double> sums(size_t(weights.shape()[axis]));
    for (size_t i = 0; i < values.size(); ++i)
        sums[i / size_t(behind) % sums.size()] += std::abs(double(values[i]));
    return *std::max_element(sums.begin(), sums.end());
}

/// Weights, and in half of the cases a bias, as further inputs of a convolution, and what it does to errors.
Effect add_weights(GraphMaker& maker, const Shape& shape, size_t output_axis, int64_t outputs,
                   std::vector<ValueId>& inputs)
{
    const int grain = int(-maker.number(0, 1));
    const KnownValue weights = maker.constant(maker.multiples(shape, maker.number(1, 2), grain), grain);
    const KnownValue& x = maker.known(inputs[0]);
    // As products of x with the only weight of so many that sum up to the largest sum.
    Effect effect = sums_products(
        x, weights, weights.magnitude == 0 ? 0 : largest_sum(weights.tensor, output_axis) / weights.magnitude);
    effect.count = double(shape.elements());
    inputs.push_back(weights.id);
    if (maker.chance(2))
    {
        const KnownValue& bias = maker.constant(maker.multiples({outputs}, 4, -1), -1);
        inputs.push_back(bias.id);
        effect.terms += bias.magnitude;
        if (effect.grain)
            effect.grain = std::min(*effect.grain, -1);
    }
    return effect;
}

/// The batch normalisation, activation or sum that tends to follow a convolution, and is made part of it.
void add_epilogue(GraphMaker& maker)
{
    if (maker.chance(3))
        add_normalization(maker);
    if (maker.chance(2))
        add_unary(maker);
    if (maker.chance(3))
        add_binary(maker);
}

} // namespace

bool add_convolution(GraphMaker& maker)
{
    const KnownValue* x = any_image(maker);
    if (x == nullptr)
        return false;
    Conv conv = {.window = window(maker, x->shape(), true)};
    const int64_t channels = x->shape()[1];
    conv.groups = maker.one_of<int64_t>({1, 1, 1, channels, 2});
    if (channels % conv.groups != 0)
        conv.groups = 1;
    int64_t outputs = maker.one_of<int64_t>({1, 3, 4, 5, 8, 17});
    if (conv.groups > 1)
        outputs = conv.groups * maker.number(1, 2);
    Integers weights = {outputs, channels / conv.groups};
    weights.insert(weights.end(), conv.window.kernel.begin(), conv.window.kernel.end());
    std::vector<ValueId> inputs = {x->id};
    const Effect effect = add_weights(maker, Shape(weights), 0, outputs, inputs);
    if (!maker.add("conv " + geometry(conv.window) + " groups " + std::to_string(conv.groups), conv, inputs, effect))
        return false;
    add_epilogue(maker);
    return true;
}

bool add_transposed_convolution(GraphMaker& maker)
{
    const KnownValue* x = any_image(maker);
    if (x == nullptr)
        return false;
    ConvTranspose conv = {.window = window(maker, x->shape(), true)};
    for (size_t axis = 0; axis < conv.window.kernel.size(); ++axis)
        conv.output_padding.push_back(conv.window.strides[axis] > 1 ? maker.number(0, 1) : 0);
    const int64_t channels = x->shape()[1];
    conv.groups = maker.one_of<int64_t>({1, 1, 1, channels, 2});
    if (channels % conv.groups != 0)
        conv.groups = 1;
    const int64_t group_outputs = conv.groups > 1 ? maker.number(1, 2) : maker.one_of<int64_t>({1, 3, 4, 5, 8});
    Integers weights = {channels, group_outputs};
    weights.insert(weights.end(), conv.window.kernel.begin(), conv.window.kernel.end());
    std::vector<ValueId> inputs = {x->id};
    const Effect effect = add_weights(maker, Shape(weights), 1, group_outputs * conv.groups, inputs);
    if (!maker.add("conv_transpose " + geometry(conv.window) + " output_padding " + text(conv.output_padding) +
                       " groups " + std::to_string(conv.groups),
                   conv, inputs, effect))
        return false;
    add_epilogue(maker);
    return true;
}

bool add_pool(GraphMaker& maker)
{
    const KnownValue* x = any_image(maker);
    if (x == nullptr)
        return false;
    Pool pool = {.kind =
                     maker.one_of({PoolKind::max, PoolKind::max, PoolKind::average, PoolKind::average, PoolKind::lp}),
                 .window = window(maker, x->shape(), false)};
    pool.ceil_mode = maker.chance(4);
    pool.count_include_pad = maker.chance(2);
    pool.p = maker.number(1, 2);
    int64_t taps = 1;
    for (const int64_t extent : pool.window.kernel)
        taps *= extent;
    const bool has_pads =
        std::any_of(pool.window.pads.begin(), pool.window.pads.end(), [](int64_t pad) { return pad > 0; });
    Effect effect = moves({x});
    if (pool.kind == PoolKind::average)
    {
        effect.terms = x->magnitude;
        const bool is_exact = effect.grain && !has_pads && !pool.ceil_mode && (taps & (taps - 1)) == 0;
        effect.grain = is_exact ? std::optional(*effect.grain - int(std::log2(taps))) : std::nullopt;
    }
    if (pool.kind == PoolKind::lp)
    {
        const double norm = pool.p == 1 ? double(taps) : std::sqrt(double(taps));
        effect = rounds(*x, norm, norm * x->magnitude);
    }
    return maker.add("pool kind " + std::to_string(int(pool.kind)) + " " + geometry(pool.window) +
                         (pool.ceil_mode ? " ceil" : "") + (pool.count_include_pad ? " counts pads" : ""),
                     pool, {x->id}, effect);
}

bool add_max_pool_and_unpool(GraphMaker& maker)
{
    const KnownValue* x = maker.any(
        [](const KnownValue& value)
        { return is_float(value.type) && value.is_exact() && value.shape().rank() >= 3 && value.shape().rank() <= 5; });
    if (x == nullptr)
        return false;
    const size_t axes = x->shape().rank() - 2;
    const Pool pool = {.window = {.kernel = Integers(axes, 2), .strides = Integers(axes, 2)}};
    const Tensor shape = Tensor::from_integers({int64_t(axes) + 2}, {x->shape().begin(), x->shape().end()});
    const Effect effect = moves({x});
    if (!maker.add("max pool with indices, 2", pool, {x->id}, effect, 2))
        return false;
    const ValueId pooled = maker.last();
    const ValueId extents = maker.constant(shape).id;
    maker.add("max unpool", MaxUnpool{.window = pool.window}, {pooled, pooled + 1, extents}, effect);
    return true;
}

bool add_resize(GraphMaker& maker)
{
    const KnownValue* x = any_image(maker);
    if (x == nullptr)
        return false;
    Resize resize = {.mode = maker.one_of({ResizeMode::nearest, ResizeMode::nearest, ResizeMode::linear,
                                           ResizeMode::linear, ResizeMode::cubic})};
    resize.coordinates = maker.one_of({CoordinateTransformation::half_pixel, CoordinateTransformation::half_pixel,
                                       CoordinateTransformation::align_corners, CoordinateTransformation::asymmetric,
                                       CoordinateTransformation::pytorch_half_pixel});
    resize.nearest_mode = maker.one_of({NearestMode::floor, NearestMode::round_prefer_floor, NearestMode::ceil});
    resize.sizes = {x->shape()[0], x->shape()[1]};
    const bool doubles = maker.chance(2);
    for (size_t axis = 2; axis < x->shape().rank(); ++axis)
        resize.sizes.push_back(doubles ? 2 * x->shape()[axis] : maker.number(1, 12));
    const auto axes = int(x->shape().rank()) - 2;
    Effect effect = moves({x});
    if (resize.mode == ResizeMode::linear)
    {
        effect.terms = x->magnitude;
        const bool is_exact = effect.grain && doubles && resize.coordinates != CoordinateTransformation::align_corners;
        effect.grain = is_exact ? std::optional(*effect.grain - 2 * axes) : std::nullopt;
    }
    if (resize.mode == ResizeMode::cubic)
    {
        const double gain = std::pow(1.5, axes); // sums of the absolute weights of four taps
        effect = rounds(*x, gain, gain * x->magnitude);
    }
    return maker.add("resize mode " + std::to_string(int(resize.mode)) + " coordinates " +
                         std::to_string(int(resize.coordinates)) + " rounding " +
                         std::to_string(int(resize.nearest_mode)) + " to " + text(resize.sizes),
                     resize, {x->id}, effect);
}

bool add_bed_of_nails(GraphMaker& maker)
{
    const KnownValue* x = any_image(maker);
    if (x == nullptr)
        return false;
    return maker.add("bed of nails 2", BedOfNails{.strides = Integers(x->shape().rank() - 2, 2)}, {x->id}, moves({x}));
}

bool add_normalization(GraphMaker& maker)
{
    const KnownValue* x = any_image(maker);
    if (x == nullptr)
        return false;
    const KnownValue value = *x;
    if (maker.chance(5))
        return maker.add("lrn", Lrn{.alpha = 0.1f, .size = maker.one_of<int64_t>({3, 5})}, {value.id},
                         rounds(value, 1 + 0.15 * value.magnitude * value.magnitude, value.magnitude));
    const Shape channels = {value.shape()[1]};
    const KnownValue scale = maker.constant(maker.multiples(channels, 4, -1), -1);
    const KnownValue bias = maker.constant(maker.multiples(channels, 4, -1), -1);
    if (maker.chance(3))
        return maker.add("instance normalization", InstanceNormalization{.epsilon = 1}, {value.id, scale.id, bias.id},
                         rounds(value, scale.magnitude * (2 + 2 * value.magnitude),
                                scale.magnitude * 2 * value.magnitude + bias.magnitude));
    const KnownValue mean = maker.constant(maker.multiples(channels, 4, -1), -1);
    const KnownValue variance = maker.constant(maker.integers(channels, DType::f32, 1, 4));
    return maker.add("batch normalization", BatchNormalization{}, {value.id, scale.id, bias.id, mean.id, variance.id},
                     rounds(value, scale.magnitude, scale.magnitude * (value.terms + mean.magnitude) + bias.magnitude));
}

/// A picture as bytes becomes a tensor of its size. It is a graph input, which other nodes may read as integers.
bool add_picture(GraphMaker& maker)
{
    const int64_t channels = maker.one_of<int64_t>({1, 3, 4});
    const KnownValue* x = maker.any(
        [&](const KnownValue& value)
        {
            return value.type == DType::u8 && value.shape().rank() == 3 && value.shape()[2] == 3 &&
                   maker.is_graph_input(value.id);
        });
    PictureToTensor op = {.order =
                              channels == 1 ? ChannelOrder::grey : maker.one_of({ChannelOrder::rgb, ChannelOrder::bgr}),
                          .mean = std::vector<float>(channels == 1 ? 1 : 3, 128),
                          .scale = std::vector<float>(channels == 1 ? 1 : 3, 0x1p-6f)};
    const bool is_fresh = x == nullptr || channels == 1 || maker.chance(2);
    const ValueId picture =
        is_fresh ? maker.input(maker.integers({maker.number(1, 9), maker.number(1, 9), channels}, DType::u8, 0, 255)).id
                 : x->id;
    return maker.add("picture to tensor", op, {picture}, {.grain = std::nullopt, .terms = 4});
}

} // namespace vkseg::test
