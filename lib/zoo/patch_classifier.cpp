#include "zoo/layers.hpp"

// Network N4 of Cireşan et al. 2012, which classifies a pixel from the patch around it, and a dense variant that
// applies the same weights to all pixels of a picture at once (Long et al. 2015, section 3; Giusti et al. 2013).
namespace vkseg::zoo {
namespace {

/// In the dense variant, pools have stride 1 and the layers after them are dilated instead. The fully connected layers
/// are convolutions over the rest of a patch.
ValueId build_classifier(GraphBuilder& net, ValueId x, const Parameters& parameters, bool is_dense)
{
    int64_t dilation = 1;
    size_t number = 1;
    const auto layer = [&]
    {
        const std::string kind = number < 5 ? "conv" : "fc";
        return kind + std::to_string(number++);
    };
    for (const int64_t kernel : {4, 5, 4, 4})
    {
        x = conv_relu(net, x, layer(), {.channels = parameters.scaled(48), .kernel = kernel, .dilation = dilation});
        x = net.max_pool(x, {.stride = is_dense ? 1 : 2, .dilation = dilation});
        dilation *= is_dense ? 2 : 1;
    }
    x = conv_relu(net, x, layer(), {.channels = parameters.scaled(200), .kernel = 3, .dilation = dilation});
    return net.conv(x, layer(), {.channels = parameters.classes, .kernel = 1});
}

} // namespace

ValueId patch_classifier(GraphBuilder& net, ValueId x, const Parameters& parameters)
{
    return build_classifier(net, x, parameters, /* is_dense= */ false);
}

ValueId patch_classifier_dense(GraphBuilder& net, ValueId x, const Parameters& parameters)
{
    return build_classifier(net, x, parameters, /* is_dense= */ true);
}

} // namespace vkseg::zoo
