#include "zoo/resnet.hpp"

namespace vkseg::zoo {
namespace {

struct Bottleneck
{
    int64_t middle = 0; ///< channels of the 3 × 3 convolution
    int64_t channels = 0;
    int64_t stride = 1; ///< stride of the 3 × 3 convolution
    int64_t dilation = 1;
    bool has_downsample = false;
    float epsilon = 1e-5f; ///< batch normalisation's
};

ValueId bottleneck(GraphBuilder& net, ValueId x, const std::string& name, const Bottleneck& block)
{
    ValueId shortcut = x;
    if (block.has_downsample)
        shortcut = conv_bn(net, x, name + ".downsample.0", name + ".downsample.1",
                           {.channels = block.channels, .kernel = 1, .stride = block.stride, .has_bias = false},
                           block.epsilon);
    x = conv_bn_relu(net, x, name + ".conv1", name + ".bn1", {.channels = block.middle, .kernel = 1, .has_bias = false},
                     block.epsilon);
    x = conv_bn_relu(net, x, name + ".conv2", name + ".bn2",
                     {.channels = block.middle,
                      .stride = block.stride,
                      .padding = block.dilation,
                      .dilation = block.dilation,
                      .has_bias = false},
                     block.epsilon);
    x = conv_bn(net, x, name + ".conv3", name + ".bn3", {.channels = block.channels, .kernel = 1, .has_bias = false},
                block.epsilon);
    return net.relu(net.add(x, shortcut));
}

} // namespace

ResNetFeatures resnet(GraphBuilder& net, ValueId x, const Parameters& parameters, const ResNetOptions& options)
{
    const std::string prefix = options.prefix;
    x = conv_bn_relu(net, x, prefix + "conv1", prefix + "bn1",
                     {.channels = parameters.scaled(64), .kernel = 7, .stride = 2, .padding = 3, .has_bias = false},
                     options.epsilon);
    x = net.max_pool(x, {.kernel = 3, .stride = 2, .padding = 1});
    ResNetFeatures features;
    int64_t stride_so_far = 4;
    int64_t dilation = 1;
    for (size_t layer = 0; layer < options.layers; ++layer)
    {
        Bottleneck block = {.middle = parameters.scaled(int64_t(64) << layer),
                            .channels = parameters.scaled(int64_t(256) << layer),
                            .epsilon = options.epsilon};
        int64_t first_dilation = dilation;
        if (layer > 0 && stride_so_far < options.output_stride)
        {
            block.stride = 2;
            stride_so_far *= 2;
        }
        else if (layer > 0)
        {
            dilation *= 2;
        }
        if (options.multi_grid)
            first_dilation = dilation;
        for (int i = 0; i < options.blocks[layer]; ++i)
        {
            block.has_downsample = i == 0;
            block.dilation = i == 0 ? first_dilation : dilation;
            if (layer == 3 && options.multi_grid)
                block.dilation = dilation * (*options.multi_grid)[size_t(i)];
            x = bottleneck(net, x, indexed(prefix + "layer" + std::to_string(layer + 1), size_t(i)), block);
            block.stride = 1;
        }
        features.layers[layer] = x;
    }
    return features;
}

ValueId resnet_layer4(GraphBuilder& net, ValueId x, const Parameters& parameters, const ResNetOptions& options)
{
    Bottleneck block = {.middle = parameters.scaled(512),
                        .channels = parameters.scaled(2048),
                        .stride = 2,
                        .has_downsample = true,
                        .epsilon = options.epsilon};
    for (int i = 0; i < options.blocks[3]; ++i)
    {
        x = bottleneck(net, x, indexed(std::string(options.prefix) + "layer4", size_t(i)), block);
        block.stride = 1;
        block.has_downsample = false;
    }
    return x;
}

} // namespace vkseg::zoo
