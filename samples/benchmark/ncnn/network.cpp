#include "network.hpp"

#include <fmt/format.h>

#include <cassert>
#include <cmath>

namespace comparison {
namespace {

std::string activation_parameters(Activation activation)
{
    switch (activation)
    {
    case Activation::relu:
        return " 9=1";
    case Activation::relu6:
        return " 9=3 -23310=2,0.0,6.0";
    case Activation::none:
        break;
    }
    return "";
}

std::string conv_parameters(const ConvSettings& settings, size_t kernels)
{
    return fmt::format(" 0={} 1={} 2={} 3={} 4={} 5={} 6={}{}", settings.channels, settings.kernel, settings.dilation,
                       settings.stride, settings.padding, int(settings.has_bias), kernels,
                       activation_parameters(settings.activation));
}

/// The shape of `count` equal outputs.
std::string shape_hint(const Extent& extent, size_t count)
{
    std::string text = fmt::format(" -23330={}", 4 * count);
    for (size_t i = 0; i < count; ++i)
        text += fmt::format(",3,{},{},{}", extent.width, extent.height, extent.channels);
    return text;
}

} // namespace

Tensor Network::append(Layer layer)
{
    layers_.push_back(std::move(layer));
    return {int(layers_.size()) - 1, layers_.back().extent};
}

void Network::append_weights(size_t kernels, double fan_in, const ConvSettings& settings)
{
    weights_.push_back({kernels, float(std::sqrt(4 / fan_in)), true});
    if (settings.has_bias)
        weights_.push_back({size_t(settings.channels), 0.1f, false});
}

Tensor Network::input(const Extent& extent)
{
    assert(layers_.empty());
    return append({"Input", {}, fmt::format(" 0={} 1={} 2={}", extent.width, extent.height, extent.channels), extent});
}

Tensor Network::conv(const Tensor& from, const ConvSettings& settings)
{
    assert(!settings.is_depthwise || settings.channels == from.extent.channels);
    const int span = (settings.kernel - 1) * settings.dilation + 1;
    const auto out = [&](int in) { return (in + 2 * settings.padding - span) / settings.stride + 1; };
    const Extent extent{settings.channels, out(from.extent.height), out(from.extent.width)};
    const int terms = settings.kernel * settings.kernel * (settings.is_depthwise ? 1 : from.extent.channels);
    const size_t kernels = size_t(terms) * size_t(settings.channels);
    append_weights(kernels, terms, settings);
    multiply_adds_ += int64_t(kernels) * extent.height * extent.width;
    std::string parameters = conv_parameters(settings, kernels);
    if (settings.is_depthwise)
        parameters += fmt::format(" 7={}", settings.channels);
    return append(
        {settings.is_depthwise ? "ConvolutionDepthWise" : "Convolution", {from.id}, std::move(parameters), extent});
}

Tensor Network::transposed_conv(const Tensor& from, const ConvSettings& settings)
{
    assert(!settings.is_depthwise && settings.dilation == 1);
    const auto out = [&](int in) { return (in - 1) * settings.stride + settings.kernel - 2 * settings.padding; };
    const Extent extent{settings.channels, out(from.extent.height), out(from.extent.width)};
    const int terms = settings.kernel * settings.kernel * from.extent.channels;
    const size_t kernels = size_t(terms) * size_t(settings.channels);
    append_weights(kernels, double(terms) / (settings.stride * settings.stride), settings);
    multiply_adds_ += int64_t(kernels) * from.extent.height * from.extent.width;
    return append({"Deconvolution", {from.id}, conv_parameters(settings, kernels), extent});
}

Tensor Network::max_pool(const Tensor& from, int kernel)
{
    const Extent extent{from.extent.channels, from.extent.height / kernel, from.extent.width / kernel};
    return append({"Pooling", {from.id}, fmt::format(" 0=0 1={0} 2={0} 5=1", kernel), extent});
}

Tensor Network::average_pool(const Tensor& from)
{
    return append({"Pooling", {from.id}, " 0=1 7=1 8=1", {from.extent.channels, 1, 1}});
}

Tensor Network::resize(const Tensor& from, const ResizeSettings& settings)
{
    return append({"Interp",
                   {from.id},
                   fmt::format(" 0={} 3={} 4={} 6={}", int(settings.interpolation), settings.height, settings.width,
                               int(settings.align_corners)),
                   {from.extent.channels, settings.height, settings.width}});
}

Tensor Network::add(const Tensor& a, const Tensor& b)
{
    assert(a.extent.channels == b.extent.channels && a.extent.height == b.extent.height);
    return append({"BinaryOp", {a.id, b.id}, " 0=0", a.extent});
}

Tensor Network::concat(const std::vector<Tensor>& parts)
{
    Extent extent = parts.front().extent;
    extent.channels = 0;
    std::vector<int> inputs;
    for (const Tensor& part : parts)
    {
        assert(part.extent.height == extent.height && part.extent.width == extent.width);
        extent.channels += part.extent.channels;
        inputs.push_back(part.id);
    }
    return append({"Concat", std::move(inputs), " 0=0", extent});
}

std::string Network::output_name() const
{
    return fmt::format("t{}", layers_.size() - 1);
}

size_t Network::parameters() const
{
    size_t count = 0;
    for (const WeightArray& array : weights_)
        count += array.count;
    return count;
}

std::string Network::text(bool has_shape_hints) const
{
    std::vector<size_t> readers(layers_.size());
    for (const Layer& layer : layers_)
    {
        for (const int id : layer.inputs)
            ++readers[size_t(id)];
    }

    // A blob in ncnn has one reader. If there are more, a Split layer gives each reader a blob of its own.
    std::string lines;
    size_t layer_count = 0;
    size_t blob_count = 0;
    std::vector<size_t> readers_so_far(layers_.size());
    const auto name_for_next_reader = [&](int id)
    {
        const size_t i = size_t(id);
        return readers[i] > 1 ? fmt::format("t{}_{}", i, readers_so_far[i]++) : fmt::format("t{}", i);
    };
    for (size_t i = 0; i < layers_.size(); ++i)
    {
        const Layer& layer = layers_[i];
        lines += fmt::format("{} layer{} {} 1", layer.type, i, layer.inputs.size());
        for (const int id : layer.inputs)
            lines += fmt::format(" {}", name_for_next_reader(id));
        lines += fmt::format(" t{}{}{}\n", i, layer.parameters, has_shape_hints ? shape_hint(layer.extent, 1) : "");
        ++layer_count;
        ++blob_count;
        if (readers[i] < 2)
            continue;
        lines += fmt::format("Split split{0} 1 {1} t{0}", i, readers[i]);
        for (size_t k = 0; k < readers[i]; ++k)
            lines += fmt::format(" t{}_{}", i, k);
        lines += (has_shape_hints ? shape_hint(layer.extent, readers[i]) : "") + "\n";
        ++layer_count;
        blob_count += readers[i];
    }
    constexpr int magic = 7767517;
    return fmt::format("{}\n{} {}\n{}", magic, layer_count, blob_count, lines);
}

} // namespace comparison
