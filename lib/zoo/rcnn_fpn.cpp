#include "zoo/rcnn.hpp"
#include "zoo/resnet.hpp"

// Ren et al. 2015, Lin et al. 2017 (feature pyramid) and He et al. 2017 in the form of torchvision, whose layer names
// these are.
namespace vkseg::zoo {
namespace {

constexpr float frozen_epsilon = 0; // of torchvision's trained weights

struct Pyramid
{
    std::vector<ValueId> levels; ///< from stride 4 on, and a last one for proposals only
};

/// Feature pyramid (Lin et al. 2017, section 3): 1 × 1 laterals, sums from the top down, 3 × 3; then P5 at half size.
Pyramid feature_pyramid(GraphBuilder& net, const ResNetFeatures& features, int64_t channels)
{
    const std::string prefix = "backbone.fpn.";
    const auto block = [&](ValueId x, const char* kind, size_t level, int64_t kernel)
    {
        const std::string name = indexed(prefix + kind, level) + ".0";
        return net.conv(x, name, {.channels = channels, .kernel = kernel, .padding = kernel / 2});
    };
    Pyramid pyramid;
    pyramid.levels.resize(features.layers.size());
    ValueId inner = no_value;
    for (size_t level = features.layers.size(); level-- > 0;)
    {
        const ValueId lateral = block(features.layers[level], "inner_blocks", level, 1);
        inner = inner == no_value ? lateral
                                  : net.add(lateral, net.resize_like(inner, lateral, {.mode = ResizeMode::nearest}));
        pyramid.levels[level] = block(inner, "layer_blocks", level, 3);
    }
    pyramid.levels.push_back(net.max_pool(pyramid.levels.back(), {.kernel = 1, .stride = 2}));
    return pyramid;
}

/// Up to 1000 boxes [R,4] of the input, from 1000 at most of each level.
ValueId propose_from_pyramid(GraphBuilder& net, const Pyramid& pyramid, const Shape& input)
{
    std::vector<AnchorPredictions> levels;
    float size = 32;
    for (const ValueId features : pyramid.levels)
    {
        levels.push_back(predict_anchors(net, features, input, {size}));
        size *= 2;
    }
    return propose(net, levels, torchvision_proposals(input, 1000, 1000));
}

/// Bins of each box, read from the level of the pyramid that suits its size.
ValueId align(GraphBuilder& net, const Pyramid& pyramid, ValueId boxes, int64_t bins)
{
    RoiAlign op = {.output_size = {bins, bins}, .scales = {}, .sampling_ratio = 2, .is_aligned = false};
    std::vector<ValueId> inputs;
    for (size_t level = 0; level + 1 < pyramid.levels.size(); ++level)
    {
        op.scales.push_back(0.25f / float(1 << level));
        inputs.push_back(pyramid.levels[level]);
    }
    inputs.push_back(boxes);
    return net.node(op, std::move(inputs));
}

ValueId box_head(GraphBuilder& net, const Pyramid& pyramid, ValueId proposals, int64_t features)
{
    const std::string prefix = "roi_heads.box_head.";
    ValueId x = net.reshape(align(net, pyramid, proposals, 7), {0, -1});
    x = net.relu(net.linear(x, prefix + "fc6", features));
    return net.relu(net.linear(x, prefix + "fc7", features));
}

/// Probabilities [R,1,28,28] of each detection's class within its box.
ValueId mask_head(GraphBuilder& net, const Pyramid& pyramid, const InstanceOutputValues& detections,
                  const Parameters& parameters)
{
    const std::string prefix = "roi_heads.";
    const int64_t channels = parameters.scaled(256);
    ValueId x = align(net, pyramid, detections.boxes, 14);
    for (size_t i = 0; i < 4; ++i)
        x = conv_relu(net, x, indexed(prefix + "mask_head", i) + ".0", {.channels = channels, .padding = 1});
    x = net.relu(net.conv_transpose(x, prefix + "mask_predictor.conv5_mask", {.channels = channels}));
    x = net.conv(x, prefix + "mask_predictor.mask_fcn_logits", {.channels = parameters.classes, .kernel = 1});
    return masks_of_labels(net, x, detections.labels);
}

InstanceOutputValues rcnn_fpn(GraphBuilder& net, ValueId x, const Parameters& parameters, bool has_masks)
{
    const ResNetFeatures features =
        resnet(net, x, parameters, {.blocks = resnet50, .prefix = "backbone.body.", .epsilon = frozen_epsilon});
    const Shape input = net.shape(x);
    const Pyramid pyramid = feature_pyramid(net, features, parameters.scaled(256));
    const ValueId proposals = propose_from_pyramid(net, pyramid, input);
    const ValueId rows = box_head(net, pyramid, proposals, parameters.scaled(1024));
    InstanceOutputValues detections = detect(net, rows, proposals, parameters, torchvision_detections(input));
    if (has_masks)
        detections.masks = mask_head(net, pyramid, detections, parameters);
    return detections;
}

} // namespace

InstanceOutputValues faster_rcnn_resnet50_fpn(GraphBuilder& net, ValueId x, const Parameters& parameters)
{
    return rcnn_fpn(net, x, parameters, false);
}

InstanceOutputValues mask_rcnn_resnet50_fpn(GraphBuilder& net, ValueId x, const Parameters& parameters)
{
    return rcnn_fpn(net, x, parameters, true);
}

} // namespace vkseg::zoo
