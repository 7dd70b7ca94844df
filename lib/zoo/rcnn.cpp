#include "zoo/resnet.hpp"

#include <algorithm>
#include <cmath>

// Ren et al. 2015, Lin et al. 2017 (feature pyramid) and He et al. 2017 in the form of torchvision, whose layer names
// these are.
namespace vkseg::zoo {
namespace {

constexpr int64_t anchors_per_pixel = 3;
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

/// Corners of the anchors of one size around 0, of aspect ratios (height by width) 0.5, 1 and 2.
std::vector<float> base_anchors(float size)
{
    std::vector<float> corners;
    for (const float ratio : {0.5f, 1.0f, 2.0f})
    {
        const float height = std::sqrt(ratio);
        const float half_width = std::nearbyint(size / height / 2); // halves to even, as in PyTorch
        const float half_height = std::nearbyint(size * height / 2);
        corners.insert(corners.end(), {-half_width, -half_height, half_width, half_height});
    }
    return corners;
}

ValueId filled(GraphBuilder& net, int64_t count, int64_t value)
{
    return net.constant(Tensor::from_integers({count}, std::vector<int64_t>(size_t(count), value)));
}

/// [1,A·K,h,w] as [h·w·A,K], or as [h·w·A] if K is 1.
ValueId rows_of_anchors(GraphBuilder& net, ValueId x, int64_t values)
{
    const ValueId rows = net.transpose(x, {0, 2, 3, 1});
    return net.reshape(rows, values == 1 ? Integers{-1} : Integers{-1, values});
}

/// Region proposal network: up to 1000 boxes [R,4] of the input.
ValueId propose(GraphBuilder& net, const Pyramid& pyramid, const Shape& input)
{
    constexpr int64_t most = 1000; // of each level, and in all
    std::vector<ValueId> boxes;
    std::vector<ValueId> scores;
    std::vector<ValueId> levels;
    float size = 32;
    for (size_t level = 0; level < pyramid.levels.size(); ++level, size *= 2)
    {
        const ValueId features = pyramid.levels[level];
        const ValueId x =
            net.relu(net.conv(features, "rpn.head.conv.0.0", {.channels = net.channels(features), .padding = 1}));
        const ValueId logits =
            rows_of_anchors(net, net.conv(x, "rpn.head.cls_logits", {.channels = anchors_per_pixel, .kernel = 1}), 1);
        const ValueId deltas = rows_of_anchors(
            net, net.conv(x, "rpn.head.bbox_pred", {.channels = anchors_per_pixel * 4, .kernel = 1}), 4);
        const Shape extents = net.shape(features);
        const ValueId anchors = net.node(Anchors{.base = base_anchors(size),
                                                 .stride_y = float(input[2] / std::max<int64_t>(extents[2], 1)),
                                                 .stride_x = float(input[3] / std::max<int64_t>(extents[3], 1))},
                                         {features});
        const int64_t count = std::min(most, net.shape(logits)[0]);
        const ValueId best = net.node(TopK{.k = count}, {logits});
        const ValueId indices = best + 1;
        boxes.push_back(net.node(DecodeBoxes{.size = {input[2], input[3]}},
                                 {net.node(Gather{}, {anchors, indices}), net.node(Gather{}, {deltas, indices})}));
        scores.push_back(net.sigmoid(best));
        levels.push_back(filled(net, count, int64_t(level)));
    }
    const ValueId all_boxes = net.concat(boxes, 0);
    const ValueId kept = net.node(BatchedNms{.iou_threshold = 0.7f, .min_size = 1e-3f, .max_outputs = most},
                                  {all_boxes, net.concat(scores, 0), net.concat(levels, 0)}, "rpn.nms");
    return net.node(Gather{}, {all_boxes, kept}, "proposals");
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

/// The box head and the selection of up to 100 boxes of all classes.
InstanceOutputValues detect(GraphBuilder& net, const Pyramid& pyramid, ValueId proposals, const Parameters& parameters,
                            const Shape& input)
{
    const std::string prefix = "roi_heads.";
    const int64_t features = parameters.scaled(1024);
    const int64_t classes = std::max<int64_t>(parameters.classes - 1, 1); // without the background
    const ValueId bins = align(net, pyramid, proposals, 7);
    ValueId x = net.reshape(bins, {0, -1});
    x = net.relu(net.linear(x, prefix + "box_head.fc6", features));
    x = net.relu(net.linear(x, prefix + "box_head.fc7", features));
    const ValueId logits = net.linear(x, prefix + "box_predictor.cls_score", parameters.classes);
    const ValueId deltas = net.linear(x, prefix + "box_predictor.bbox_pred", parameters.classes * 4);
    const ValueId scores = net.reshape(net.slice(net.softmax(logits), 1, 1, parameters.classes), {-1}); // [R·classes]
    const ValueId boxes = net.node(DecodeBoxes{.weights = {10, 10, 5, 5}, .size = {input[2], input[3]}},
                                   {proposals, net.slice(deltas, 1, 4, parameters.classes * 4)});
    std::vector<int64_t> label_of;
    for (int64_t i = 0; i < net.shape(scores)[0]; ++i)
        label_of.push_back(i % classes + 1);
    const ValueId labels = net.constant(Tensor::from_integers({int64_t(label_of.size())}, label_of));
    const ValueId kept =
        net.node(BatchedNms{.iou_threshold = 0.5f, .score_threshold = 0.05f, .min_size = 1e-2f, .max_outputs = 100},
                 {boxes, scores, labels}, prefix + "nms");
    return {.boxes = net.node(Gather{}, {boxes, kept}),
            .labels = net.node(Gather{}, {labels, kept}),
            .scores = net.node(Gather{}, {scores, kept})};
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
    const Shape shape = net.shape(x);
    if (shape.rank() != 4)
        return x;
    std::vector<int64_t> first_of; // row of the first class of each detection
    for (int64_t i = 0; i < shape[0]; ++i)
        first_of.push_back(i * parameters.classes);
    const ValueId rows = net.add(net.constant(Tensor::from_integers({shape[0]}, first_of)), detections.labels);
    x = net.node(Gather{}, {net.reshape(x, {-1, shape[2] * shape[3]}), rows});
    return net.sigmoid(net.reshape(x, {-1, 1, shape[2], shape[3]}));
}

InstanceOutputValues rcnn(GraphBuilder& net, ValueId x, const Parameters& parameters, bool has_masks)
{
    const ResNetFeatures features =
        resnet(net, x, parameters, {.blocks = resnet50, .prefix = "backbone.body.", .epsilon = frozen_epsilon});
    const Shape input = net.shape(x);
    const Pyramid pyramid = feature_pyramid(net, features, parameters.scaled(256));
    const ValueId proposals = propose(net, pyramid, input);
    InstanceOutputValues detections = detect(net, pyramid, proposals, parameters, input);
    if (has_masks)
        detections.masks = mask_head(net, pyramid, detections, parameters);
    return detections;
}

} // namespace

InstanceOutputValues faster_rcnn_resnet50_fpn(GraphBuilder& net, ValueId x, const Parameters& parameters)
{
    return rcnn(net, x, parameters, false);
}

InstanceOutputValues mask_rcnn_resnet50_fpn(GraphBuilder& net, ValueId x, const Parameters& parameters)
{
    return rcnn(net, x, parameters, true);
}

} // namespace vkseg::zoo
