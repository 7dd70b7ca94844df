#include "zoo/rcnn.hpp"
#include "zoo/vgg16.hpp"

#include <cmath>
#include <limits>

// Ren et al. 2015 as py-faster-rcnn tests it. Layer names are those of its port to PyTorch by Yang et al.
// (faster-rcnn.pytorch).
namespace vkseg::zoo {
namespace {

constexpr float feature_stride = 16;

/// Convolutions up to conv5_3, numbered as torchvision numbers them together with ReLUs and poolings.
ValueId vgg16_base(GraphBuilder& net, ValueId x, const Parameters& parameters)
{
    size_t index = 0;
    for (const VggStage& stage : vgg16_stages)
    {
        if (index > 0)
        {
            x = net.max_pool(x);
            ++index;
        }
        for (int i = 0; i < stage.convolutions; ++i, index += 2)
            x = conv_relu(net, x, indexed("RCNN_base", index),
                          {.channels = parameters.scaled(stage.channels), .padding = 1});
    }
    return x;
}

/// Inclusive corners of the anchors at the first pixel, as generate_anchors.py rounds them.
std::vector<float> rounded_anchors()
{
    constexpr float centre = (feature_stride - 1) / 2;
    std::vector<float> corners;
    for (const float ratio : {0.5f, 1.0f, 2.0f})
    {
        const float width = std::nearbyint(std::sqrt(feature_stride * feature_stride / ratio));
        const float height = std::nearbyint(width * ratio);
        for (const float scale : {8.0f, 16.0f, 32.0f})
        {
            const float half_width = (width * scale - 1) / 2;
            const float half_height = (height * scale - 1) / 2;
            corners.insert(corners.end(),
                           {centre - half_width, centre - half_height, centre + half_width, centre + half_height});
        }
    }
    return corners;
}

/// The first half of the channels of RPN_cls_score are logits of "no object", the others of "object". Softmax of the
/// two is the sigmoid of their difference.
AnchorPredictions predict_rounded_anchors(GraphBuilder& net, ValueId features, int64_t channels)
{
    const std::string prefix = "RCNN_rpn.RPN_";
    const std::vector<float> base = rounded_anchors();
    const auto count = int64_t(base.size() / 4); // at each pixel
    const ValueId x = conv_relu(net, features, prefix + "Conv", {.channels = channels, .padding = 1});
    const ValueId logits = net.conv(x, prefix + "cls_score", {.channels = count * 2, .kernel = 1});
    const ValueId deltas = net.conv(x, prefix + "bbox_pred", {.channels = count * 4, .kernel = 1});
    const ValueId difference = net.node(Binary{.kind = BinaryKind::sub},
                                        {net.slice(logits, 1, count, count * 2), net.slice(logits, 1, 0, count)});
    const Anchors anchors = {.base = base, .stride_y = feature_stride, .stride_x = feature_stride};
    return {.anchors = net.node(anchors, {features}),
            .logits = rows_of_anchors(net, difference, 1),
            .deltas = rows_of_anchors(net, deltas, 4)};
}

} // namespace

InstanceOutputValues faster_rcnn_vgg16(GraphBuilder& net, ValueId x, const Parameters& parameters)
{
    const Shape input = net.shape(x);
    const DecodeBoxes decode = {.max_log_scale = std::numeric_limits<float>::infinity(),
                                .size = {input[2], input[3]},
                                .has_inclusive_corners = true};
    const ValueId features = vgg16_base(net, x, parameters);
    const AnchorPredictions anchors = predict_rounded_anchors(net, features, parameters.scaled(512));
    // py-faster-rcnn drops boxes of less than 16 pixels before it takes the 6000 best. That makes a difference only if
    // fewer than 300 proposals remain.
    const ValueId proposals = propose(
        net, {anchors},
        {.max_candidates = 6000,
         .decode = decode,
         .suppress = {.iou_threshold = 0.7f, .min_size = 16, .max_outputs = 300, .has_inclusive_corners = true}});
    const RoiPool pool = {.output_size = {7, 7}, .scale = 1 / feature_stride};
    ValueId rows = net.reshape(net.node(pool, {features, proposals}), {0, -1});
    rows = net.relu(net.linear(rows, "RCNN_top.0", parameters.scaled(4096)));
    rows = net.relu(net.linear(rows, "RCNN_top.3", parameters.scaled(4096)));
    DetectionOptions options = {
        .scores_layer = "RCNN_cls_score",
        .deltas_layer = "RCNN_bbox_pred",
        .decode = decode,
        .suppress = {
            .iou_threshold = 0.3f, .score_threshold = 0.05f, .max_outputs = 100, .has_inclusive_corners = true}};
    options.decode.weights = {10, 10, 5, 5}; // training divides by deviations of 0.1, 0.1, 0.2, 0.2
    return detect(net, rows, proposals, parameters, options);
}

} // namespace vkseg::zoo
