#include "zoo/vgg16.hpp"

#include <algorithm>

// Yu and Koltun 2016. Layer names are those of the release, fyu/dilation.
namespace vkseg::zoo {
namespace {

/// VGG16 without its last two pools. The unpadded variant needs pictures that are reflected by 186 pixels on each side,
/// which its convolutions remove again; the padded variant keeps sizes by zero padding.
ValueId front_end(GraphBuilder& net, ValueId x, const Parameters& parameters, const std::string& last, bool is_padded)
{
    const int64_t padding = is_padded ? 1 : 0;
    for (size_t stage = 1; stage <= 5; ++stage)
    {
        x = vgg16_stage(net, x, stage, parameters,
                        {.first = padding, .others = padding, .dilation = stage == 5 ? 2 : 1});
        if (stage <= 3)
            x = net.max_pool(x, {.ceil_mode = true});
    }
    const int64_t channels = parameters.scaled(4096);
    x = conv_relu(net, x, "fc6", {.channels = channels, .kernel = 7, .padding = 12 * padding, .dilation = 4});
    x = conv_relu(net, x, "fc7", {.channels = channels, .kernel = 1});
    return net.conv(x, last, {.channels = parameters.classes, .kernel = 1});
}

struct Context
{
    const char* layer;
    int64_t dilation;
    int64_t multiple; ///< channels as a multiple of the number of classes
};

/// The large context for PASCAL VOC, with at least one channel for each class. In the unpadded variant the first
/// convolution adds all the padding that the others consume.
ValueId large_context(GraphBuilder& net, ValueId picture, const Parameters& parameters, bool is_padded)
{
    constexpr Context layers[] = {{"ct_conv1_1", 1, 2}, {"ct_conv1_2", 1, 2},  {"ct_conv2_1", 2, 4},
                                  {"ct_conv3_1", 4, 8}, {"ct_conv4_1", 8, 16}, {"ct_conv5_1", 16, 32},
                                  {"ct_fc1", 1, 32}};
    ValueId x = front_end(net, picture, parameters, "fc-final", is_padded);
    for (const Context& layer : layers)
    {
        const int64_t first = &layer == &layers[0] ? 33 : 0;
        x = conv_relu(net, x, layer.layer,
                      {.channels = std::max(parameters.classes, parameters.scaled(layer.multiple * parameters.classes)),
                       .padding = is_padded ? layer.dilation : first,
                       .dilation = layer.dilation});
    }
    return net.conv(x, "ct_final", {.channels = parameters.classes, .kernel = 1});
}

} // namespace

ValueId dilated_frontend(GraphBuilder& net, ValueId x, const Parameters& parameters)
{
    return front_end(net, x, parameters, "fc-final", /* is_padded= */ false);
}

ValueId dilated8(GraphBuilder& net, ValueId x, const Parameters& parameters)
{
    return large_context(net, x, parameters, /* is_padded= */ false);
}

ValueId dilated8_padded(GraphBuilder& net, ValueId x, const Parameters& parameters)
{
    return large_context(net, x, parameters, /* is_padded= */ true);
}

ValueId dilated10(GraphBuilder& net, ValueId x, const Parameters& parameters)
{
    // The basic context for Cityscapes: as many channels as classes, whatever the width.
    constexpr Context layers[] = {{"ctx_conv1_1", 1, 1},  {"ctx_conv1_2", 1, 1},  {"ctx_conv2_1", 2, 1},
                                  {"ctx_conv3_1", 4, 1},  {"ctx_conv4_1", 8, 1},  {"ctx_conv5_1", 16, 1},
                                  {"ctx_conv6_1", 32, 1}, {"ctx_conv7_1", 64, 1}, {"ctx_fc1", 1, 1}};
    x = front_end(net, x, parameters, "final", /* is_padded= */ false);
    for (const Context& layer : layers)
        x = conv_relu(net, x, layer.layer,
                      {.channels = parameters.classes, .padding = layer.dilation, .dilation = layer.dilation});
    x = net.conv(x, "ctx_final", {.channels = parameters.classes, .kernel = 1});
    return net.conv_transpose(x, "ctx_upsample",
                              {.channels = parameters.classes,
                               .kernel = 16,
                               .stride = 8,
                               .padding = 4,
                               .groups = parameters.classes,
                               .has_bias = false});
}

} // namespace vkseg::zoo
