#include "zoo/fcn.hpp"

#include "zoo/resnet.hpp"
#include "zoo/vgg16.hpp"

// Long et al. 2015. Layer names are those of the release, shelhamer/fcn.berkeleyvision.org.
namespace vkseg::zoo {
namespace {

/// Results of the fully connected layers and of the pools of stages 3 and 4.
struct Features
{
    ValueId pool3 = no_value;
    ValueId pool4 = no_value;
    ValueId fc7 = no_value;
};

/// The original pads the picture by 100 and does not pad fc6; modern versions pad by 1, and fc6 by 3.
Features vgg16_features(GraphBuilder& net, ValueId x, const Parameters& parameters, bool is_padded)
{
    Features features;
    for (size_t stage = 1; stage <= 5; ++stage)
    {
        x = vgg16_stage(net, x, stage, parameters, {.first = is_padded ? 1 : 100});
        x = net.max_pool(x, {.ceil_mode = true});
        if (stage == 3)
            features.pool3 = x;
        if (stage == 4)
            features.pool4 = x;
    }
    const int64_t channels = parameters.scaled(4096);
    x = conv_relu(net, x, "fc6", {.channels = channels, .kernel = 7, .padding = is_padded ? 3 : 0});
    features.fc7 = conv_relu(net, x, "fc7", {.channels = channels, .kernel = 1});
    return features;
}

ValueId score(GraphBuilder& net, ValueId x, const std::string& layer, const Parameters& parameters)
{
    return net.conv(x, layer, {.channels = parameters.classes, .kernel = 1});
}

struct Upscore
{
    int64_t stride = 2;
    bool is_padded = false; ///< true: crops half a stride on every side
    bool has_bias = false;
};

/// Upsamples by a transposed convolution whose kernel is twice its stride.
ValueId upscore(GraphBuilder& net, ValueId x, const std::string& layer, const Upscore& options)
{
    return net.conv_transpose(x, layer,
                              {.channels = net.channels(x),
                               .kernel = 2 * options.stride,
                               .stride = options.stride,
                               .padding = options.is_padded ? options.stride / 2 : 0,
                               .has_bias = options.has_bias});
}

/// Adds the scores of a finer stage. The original crops these scores to the place of `x`; in the padded network both
/// have the same size, because the picture's extents are multiples of 32.
ValueId fuse(GraphBuilder& net, ValueId x, ValueId finer, int64_t offset, bool is_padded)
{
    return net.add(x, net.crop_like(finer, x, is_padded ? 0 : offset));
}

ValueId to_picture(GraphBuilder& net, ValueId x, ValueId picture, int64_t offset, bool is_padded)
{
    return net.crop_like(x, picture, is_padded ? 0 : offset);
}

ValueId build_32s(GraphBuilder& net, ValueId picture, const Parameters& parameters, bool is_padded)
{
    const Features features = vgg16_features(net, picture, parameters, is_padded);
    const ValueId x = score(net, features.fc7, "score_fr", parameters);
    return to_picture(net, upscore(net, x, "upscore", {.stride = 32, .is_padded = is_padded}), picture, 19, is_padded);
}

ValueId build_16s(GraphBuilder& net, ValueId picture, const Parameters& parameters, bool is_padded)
{
    const Features features = vgg16_features(net, picture, parameters, is_padded);
    ValueId x = upscore(net, score(net, features.fc7, "score_fr", parameters), "upscore2", {.is_padded = is_padded});
    x = fuse(net, x, score(net, features.pool4, "score_pool4", parameters), 5, is_padded);
    return to_picture(net, upscore(net, x, "upscore16", {.stride = 16, .is_padded = is_padded}), picture, 27,
                      is_padded);
}

} // namespace

ValueId fcn_8s(GraphBuilder& net, ValueId picture, const Parameters& parameters, const Fcn8sLayers& layers)
{
    const bool is_padded = layers.is_padded;
    const Features features = vgg16_features(net, picture, parameters, is_padded);
    ValueId x = upscore(net, score(net, features.fc7, layers.score_fr, parameters), layers.upscore2,
                        {.is_padded = is_padded, .has_bias = layers.upscore2_has_bias});
    x = fuse(net, x, score(net, features.pool4, layers.score_pool4, parameters), 5, is_padded);
    x = upscore(net, x, layers.upscore_pool4, {.is_padded = is_padded});
    x = fuse(net, x, score(net, features.pool3, layers.score_pool3, parameters), 9, is_padded);
    x = upscore(net, x, layers.upscore8, {.stride = 8, .is_padded = is_padded});
    return to_picture(net, x, picture, 31, is_padded);
}

ValueId fcn_32s(GraphBuilder& net, ValueId x, const Parameters& parameters)
{
    return build_32s(net, x, parameters, /* is_padded= */ false);
}

ValueId fcn_16s(GraphBuilder& net, ValueId x, const Parameters& parameters)
{
    return build_16s(net, x, parameters, /* is_padded= */ false);
}

ValueId fcn_8s(GraphBuilder& net, ValueId x, const Parameters& parameters)
{
    return fcn_8s(net, x, parameters, Fcn8sLayers());
}

ValueId fcn_32s_padded(GraphBuilder& net, ValueId x, const Parameters& parameters)
{
    return build_32s(net, x, parameters, /* is_padded= */ true);
}

ValueId fcn_16s_padded(GraphBuilder& net, ValueId x, const Parameters& parameters)
{
    return build_16s(net, x, parameters, /* is_padded= */ true);
}

ValueId fcn_8s_padded(GraphBuilder& net, ValueId x, const Parameters& parameters)
{
    return fcn_8s(net, x, parameters, {.is_padded = true});
}

ValueId fcn_resnet50(GraphBuilder& net, ValueId picture, const Parameters& parameters)
{
    ValueId x = resnet(net, picture, parameters, {.blocks = resnet50, .output_stride = 8}).layer4();
    x = conv_bn_relu(net, x, "classifier.0", "classifier.1",
                     {.channels = parameters.scaled(512), .padding = 1, .has_bias = false});
    x = net.conv(x, "classifier.4", {.channels = parameters.classes, .kernel = 1});
    return net.resize_like(x, picture);
}

} // namespace vkseg::zoo
