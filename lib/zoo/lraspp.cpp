#include "zoo/mobilenet.hpp"

// Howard et al. 2019, section 6.4. Layer names are torchvision's.
namespace vkseg::zoo {

ValueId lraspp_mobilenet_v3(GraphBuilder& net, ValueId picture, const Parameters& parameters)
{
    const MobileNetFeatures features = mobilenet_v3_large(net, picture, parameters);
    const ConvLayer reduction = {.channels = parameters.scaled(128), .kernel = 1, .has_bias = false};
    const ConvLayer classes = {.channels = parameters.classes, .kernel = 1};
    ValueId x = conv_bn_relu(net, features.high, "classifier.cbr.0", "classifier.cbr.1", reduction);
    const ValueId mean = net.adaptive_average_pool(features.high, 1);
    x = net.mul(x, net.sigmoid(net.conv(mean, "classifier.scale.1", reduction)));
    x = net.resize_like(x, features.low);
    x = net.add(net.conv(features.low, "classifier.low_classifier", classes),
                net.conv(x, "classifier.high_classifier", classes));
    return net.resize_like(x, picture);
}

} // namespace vkseg::zoo
