#include "graph_builder.hpp"

#include <cmath>

namespace vkseg::benchmark {
namespace {

constexpr double bias_deviation = 0.1;

} // namespace

GraphBuilder::GraphBuilder(std::string name)
{
    graph_.name = std::move(name);
}

ValueId GraphBuilder::input(int64_t channels, int64_t height, int64_t width)
{
    const ValueId id =
        graph_.add_input("x" + std::to_string(graph_.inputs.size()), DType::f32, {1, channels, height, width});
    channels_.resize(graph_.values.size());
    channels_[id] = channels;
    return id;
}

ValueId GraphBuilder::add_node(Op op, std::vector<ValueId> inputs, int64_t channels)
{
    const std::string node_name = vkseg::name(op) + "_" + std::to_string(graph_.nodes.size());
    const ValueId id = graph_.add_node(node_name, std::move(op), std::move(inputs));
    channels_.resize(graph_.values.size());
    channels_[id] = channels;
    return id;
}

ValueId GraphBuilder::random_constant(const Shape& shape, double deviation)
{
    const float scale = float(deviation * std::sqrt(12.0)); // of values spread evenly over a range of 1
    std::vector<float> values(size_t(shape.elements()));
    for (float& value : values)
        value = (float(random_() >> 7) * 0x1p-24f - 0.5f) * scale;
    return graph_.add_constant("w" + std::to_string(graph_.values.size()), Tensor::from(shape, std::move(values)));
}

ValueId GraphBuilder::convolution(ValueId x, const ConvolutionShape& shape, int64_t groups)
{
    const int64_t channels_in = channels_[x] / groups;
    const int64_t padding = shape.dilation * (shape.kernel - 1) / 2;
    const double gain = shape.has_relu ? 2 : 1;
    const double terms = double(channels_in * shape.kernel * shape.kernel);
    const ValueId weights =
        random_constant({shape.channels, channels_in, shape.kernel, shape.kernel}, std::sqrt(gain / terms));
    const ValueId bias = random_constant({shape.channels}, bias_deviation);
    Conv conv;
    conv.window = {.kernel = {shape.kernel, shape.kernel},
                   .strides = {shape.stride, shape.stride},
                   .dilations = {shape.dilation, shape.dilation},
                   .pads = Integers(4, padding)};
    conv.groups = groups;
    if (shape.has_relu)
        conv.activation = activation_;
    return add_node(std::move(conv), {x, weights, bias}, shape.channels);
}

ValueId GraphBuilder::conv(ValueId x, const ConvolutionShape& shape)
{
    return convolution(x, shape, 1);
}

ValueId GraphBuilder::depthwise(ValueId x, const ConvolutionShape& shape)
{
    ConvolutionShape same = shape;
    same.channels = channels_[x];
    return convolution(x, same, same.channels);
}

ValueId GraphBuilder::conv_transpose(ValueId x, const TransposedShape& shape)
{
    const double taps = double(shape.kernel) / double(shape.stride);
    const double terms = double(channels_[x]) * taps * taps;
    std::vector<ValueId> inputs = {
        x, random_constant({channels_[x], shape.channels, shape.kernel, shape.kernel}, std::sqrt(1 / terms))};
    if (shape.has_bias)
        inputs.push_back(random_constant({shape.channels}, bias_deviation));
    ConvTranspose conv;
    conv.window = {.kernel = {shape.kernel, shape.kernel},
                   .strides = {shape.stride, shape.stride},
                   .pads = Integers(4, shape.padding)};
    return add_node(std::move(conv), std::move(inputs), shape.channels);
}

ValueId GraphBuilder::max_pool(ValueId x)
{
    Pool pool;
    pool.window = {.kernel = {2, 2}, .strides = {2, 2}};
    return add_node(std::move(pool), {x}, channels_[x]);
}

ValueId GraphBuilder::resize(ValueId x, int64_t height, int64_t width, ResizeMode mode)
{
    Resize resize;
    resize.mode = mode;
    resize.sizes = {height, width};
    resize.axes = {2, 3};
    return add_node(std::move(resize), {x}, channels_[x]);
}

ValueId GraphBuilder::concat(const std::vector<ValueId>& parts)
{
    int64_t channels = 0;
    for (const ValueId part : parts)
        channels += channels_[part];
    return add_node(Concat{.axis = 1}, parts, channels);
}

ValueId GraphBuilder::add(ValueId a, ValueId b)
{
    return add_node(Binary{.kind = BinaryKind::add}, {a, b}, channels_[a]);
}

ValueId GraphBuilder::relu(ValueId x)
{
    return add_node(Unary{.kind = UnaryKind::relu}, {x}, channels_[x]);
}

ValueId GraphBuilder::spatial_mean(ValueId x)
{
    Reduce reduce;
    reduce.all_spatial = true;
    return add_node(std::move(reduce), {x}, channels_[x]);
}

ValueId GraphBuilder::softmax(ValueId x)
{
    return add_node(Softmax{.axis = 1}, {x}, channels_[x]);
}

ValueId GraphBuilder::arg_max(ValueId x)
{
    return add_node(ArgReduce{.axis = 1}, {x}, 1);
}

Graph GraphBuilder::finish(ValueId output)
{
    graph_.outputs = {output};
    return std::move(graph_);
}

} // namespace vkseg::benchmark
