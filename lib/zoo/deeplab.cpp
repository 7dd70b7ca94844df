#include "zoo/aspp.hpp"
#include "zoo/mobilenet.hpp"
#include "zoo/resnet.hpp"
#include "zoo/vgg16.hpp"

// DeepLab v1 (Chen et al. 2015) and v2 (2016), with the layer names of the Caffe releases, and v3 (2017), with
// torchvision's.
namespace vkseg::zoo {
namespace {

constexpr int64_t rates_v2[] = {6, 12, 18, 24};

/// Caffe's Interp: resizes n to (n − 1) · factor + 1, with aligned corners.
ValueId zoom(GraphBuilder& net, ValueId x, int64_t factor)
{
    const Shape shape = net.shape(x);
    return net.resize(x, {(shape[2] - 1) * factor + 1, (shape[3] - 1) * factor + 1}, {.align_corners = true});
}

/// VGG16 with output stride 8: all pools are 3 × 3, padded by 1; the last two have stride 1.
ValueId dilated_vgg16(GraphBuilder& net, ValueId x, const Parameters& parameters)
{
    for (size_t stage = 1; stage <= 5; ++stage)
    {
        x = vgg16_stage(net, x, stage, parameters, {.dilation = stage == 5 ? 2 : 1});
        x = net.max_pool(x, {.kernel = 3, .stride = stage <= 3 ? 2 : 1, .padding = 1, .ceil_mode = true});
    }
    return x;
}

/// Adds fc6, fc7 and fc8 as convolutions; fc6 is dilated for a large field of view.
ValueId classify(GraphBuilder& net, ValueId x, const Parameters& parameters, const std::string& suffix, int64_t rate)
{
    const int64_t channels = parameters.scaled(1024);
    x = conv_relu(net, x, "fc6" + suffix, {.channels = channels, .padding = rate, .dilation = rate});
    x = conv_relu(net, x, "fc7" + suffix, {.channels = channels, .kernel = 1});
    return net.conv(x, "fc8_voc12" + suffix, {.channels = parameters.classes, .kernel = 1});
}

ValueId sum(GraphBuilder& net, const std::vector<ValueId>& parts)
{
    ValueId x = parts[0];
    for (size_t i = 1; i < parts.size(); ++i)
        x = net.add(x, parts[i]);
    return x;
}

/// Returns a block's name in ResNet's release: 2a 2b 2c, but 3a 3b1 3b2 … in stages with more blocks.
std::string block_name(size_t stage, int block, int blocks)
{
    const std::string number = std::to_string(stage);
    if (block == 0 || blocks == 3)
        return number + "abc"[block];
    return number + "b" + std::to_string(block);
}

/// ResNet-101 with output stride 8; strides are on the first 1 × 1 convolution of a block.
ValueId caffe_resnet101(GraphBuilder& net, ValueId x, const Parameters& parameters)
{
    constexpr int64_t strides[] = {1, 2, 1, 1};
    constexpr int64_t dilations[] = {1, 1, 2, 4};
    x = conv_bn_relu(net, x, "conv1", "bn_conv1",
                     {.channels = parameters.scaled(64), .kernel = 7, .stride = 2, .padding = 3, .has_bias = false});
    x = net.max_pool(x, {.kernel = 3, .stride = 2, .padding = 1, .ceil_mode = true});
    const auto layer = [&](ValueId y, const std::string& name, ConvLayer options)
    {
        options.has_bias = false;
        return conv_bn(net, y, "res" + name, "bn" + name, options);
    };
    for (size_t stage = 0; stage < resnet101.size(); ++stage)
    {
        const int64_t middle = parameters.scaled(int64_t(64) << stage);
        const int64_t channels = parameters.scaled(int64_t(256) << stage);
        for (int block = 0; block < resnet101[stage]; ++block)
        {
            const std::string name = block_name(stage + 2, block, resnet101[stage]) + "_branch";
            const int64_t stride = block == 0 ? strides[stage] : 1;
            const int64_t dilation = dilations[stage];
            ValueId shortcut = x;
            if (block == 0)
                shortcut = layer(x, name + "1", {.channels = channels, .kernel = 1, .stride = stride});
            x = net.relu(layer(x, name + "2a", {.channels = middle, .kernel = 1, .stride = stride}));
            x = net.relu(layer(x, name + "2b", {.channels = middle, .padding = dilation, .dilation = dilation}));
            x = net.relu(net.add(layer(x, name + "2c", {.channels = channels, .kernel = 1}), shortcut));
        }
    }
    return x;
}

/// torchvision's head: a 1 × 1 convolution, three dilated 3 × 3 and the picture's mean, concatenated in this order.
ValueId head_v3(GraphBuilder& net, ValueId x, const Parameters& parameters, const AtrousRates& rates, ValueId picture)
{
    const std::string name = "classifier.0.convs";
    const int64_t channels = parameters.scaled(256);
    std::vector<ValueId> branches = {atrous_conv(net, x, indexed(name, 0), channels, 1)};
    for (size_t i = 0; i < rates.size(); ++i)
        branches.push_back(atrous_conv(net, x, indexed(name, i + 1), channels, 3, rates[i]));
    branches.push_back(image_pooling(net, x, indexed(name, 4), channels));
    x = atrous_conv(net, net.concat(branches), "classifier.0.project", channels, 1);
    x = conv_bn_relu(net, x, "classifier.1", "classifier.2", {.channels = channels, .padding = 1, .has_bias = false});
    x = net.conv(x, "classifier.4", {.channels = parameters.classes, .kernel = 1});
    return net.resize_like(x, picture);
}

ValueId v3_resnet(GraphBuilder& net, ValueId picture, const Parameters& parameters, const ResNetBlocks& blocks)
{
    const ValueId x =
        resnet(net, picture, parameters, {.blocks = blocks, .output_stride = parameters.output_stride}).layer4();
    return head_v3(net, x, parameters, atrous_rates(parameters.output_stride), picture);
}

} // namespace

ValueId deeplab_v1(GraphBuilder& net, ValueId x, const Parameters& parameters)
{
    x = dilated_vgg16(net, x, parameters);
    x = net.average_pool(x, {.kernel = 3, .stride = 1, .padding = 1});
    return zoom(net, classify(net, x, parameters, "", 12), 8);
}

ValueId deeplab_v2_vgg16(GraphBuilder& net, ValueId x, const Parameters& parameters)
{
    x = dilated_vgg16(net, x, parameters);
    std::vector<ValueId> scores;
    for (const int64_t rate : rates_v2)
        scores.push_back(classify(net, x, parameters, "_" + std::to_string(scores.size() + 1), rate));
    return zoom(net, sum(net, scores), 8);
}

ValueId deeplab_v2_resnet101(GraphBuilder& net, ValueId x, const Parameters& parameters)
{
    x = caffe_resnet101(net, x, parameters);
    std::vector<ValueId> scores;
    for (const int64_t rate : rates_v2)
        scores.push_back(net.conv(x, "fc1_voc12_c" + std::to_string(scores.size()),
                                  {.channels = parameters.classes, .padding = rate, .dilation = rate}));
    return zoom(net, sum(net, scores), 8);
}

ValueId deeplab_v3_resnet50(GraphBuilder& net, ValueId x, const Parameters& parameters)
{
    return v3_resnet(net, x, parameters, resnet50);
}

ValueId deeplab_v3_resnet101(GraphBuilder& net, ValueId x, const Parameters& parameters)
{
    return v3_resnet(net, x, parameters, resnet101);
}

ValueId deeplab_v3_mobilenet_v2(GraphBuilder& net, ValueId x, const Parameters& parameters)
{
    const ValueId features = mobilenet_v2(net, x, parameters).high;
    return head_v3(net, features, parameters, atrous_rates(parameters.output_stride), x);
}

ValueId deeplab_v3_mobilenet_v3(GraphBuilder& net, ValueId x, const Parameters& parameters)
{
    // torchvision uses the rates for output stride 8, although the stride is 16.
    return head_v3(net, mobilenet_v3_large(net, x, parameters).high, parameters, atrous_rates(8), x);
}

} // namespace vkseg::zoo
