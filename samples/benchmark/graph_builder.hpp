#pragma once

#include "vkseg/graph.hpp"

#include <random>

namespace vkseg::benchmark {

struct ConvolutionShape
{
    int64_t channels = 0;
    int64_t kernel = 3;
    int64_t stride = 1;
    int64_t dilation = 1;
    bool has_relu = true;
};

struct TransposedShape
{
    int64_t channels = 0;
    int64_t kernel = 2;
    int64_t stride = 2;
    int64_t padding = 0;
    bool has_bias = true;
};

/// Builds a graph for one picture at a time. Weights are seeded random values of such a size that activations stay of
/// order one (He et al. 2015, section 2.2).
class GraphBuilder
{
public:
    explicit GraphBuilder(std::string name);

    ValueId input(int64_t channels, int64_t height, int64_t width);
    /// Padded so that a stride of 1 keeps the extents; with a bias.
    ValueId conv(ValueId x, const ConvolutionShape& shape);
    /// One filter a channel; shape.channels does not count.
    ValueId depthwise(ValueId x, const ConvolutionShape& shape);
    ValueId conv_transpose(ValueId x, const TransposedShape& shape);
    ValueId max_pool(ValueId x); ///< 2×2, stride 2
    ValueId resize(ValueId x, int64_t height, int64_t width, ResizeMode mode = ResizeMode::linear);
    ValueId concat(const std::vector<ValueId>& parts); ///< of channels
    ValueId add(ValueId a, ValueId b);
    ValueId relu(ValueId x);
    ValueId spatial_mean(ValueId x);
    ValueId softmax(ValueId x); ///< over channels
    ValueId arg_max(ValueId x); ///< over channels

    /// The activation that relu of a convolution stands for from now on; relu at first.
    void set_activation(const Activation& activation) { activation_ = activation; }

    Graph finish(ValueId output);

private:
    ValueId add_node(Op op, std::vector<ValueId> inputs, int64_t channels);
    ValueId random_constant(const Shape& shape, double deviation);
    ValueId convolution(ValueId x, const ConvolutionShape& shape, int64_t groups);

    Graph graph_;
    Activation activation_ = {.kind = UnaryKind::relu};
    std::vector<int64_t> channels_; // by value
    std::minstd_rand random_;
};

} // namespace vkseg::benchmark
