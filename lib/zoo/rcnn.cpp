#include "zoo/rcnn.hpp"

#include <algorithm>
#include <cmath>

namespace vkseg::zoo {
namespace {

/// Corners of the anchors around 0, of aspect ratios (height by width) 0.5, 1 and 2.
std::vector<float> base_anchors(const std::vector<float>& sizes)
{
    std::vector<float> corners;
    for (const float ratio : {0.5f, 1.0f, 2.0f})
    {
        const float height = std::sqrt(ratio);
        for (const float size : sizes)
        {
            const float half_width = std::nearbyint(size / height / 2); // halves to even, as in PyTorch
            const float half_height = std::nearbyint(size * height / 2);
            corners.insert(corners.end(), {-half_width, -half_height, half_width, half_height});
        }
    }
    return corners;
}

ValueId filled(GraphBuilder& net, int64_t count, int64_t value)
{
    return net.constant(Tensor::from_integers({count}, std::vector<int64_t>(size_t(count), value)));
}

} // namespace

ValueId rows_of_anchors(GraphBuilder& net, ValueId x, int64_t values)
{
    const ValueId rows = net.transpose(x, {0, 2, 3, 1});
    return net.reshape(rows, values == 1 ? Integers{-1} : Integers{-1, values});
}

AnchorPredictions predict_anchors(GraphBuilder& net, ValueId features, const Shape& input,
                                  const std::vector<float>& sizes)
{
    const std::string prefix = "rpn.head.";
    const std::vector<float> base = base_anchors(sizes);
    const auto anchors_per_pixel = int64_t(base.size() / 4);
    const ValueId x = conv_relu(net, features, prefix + "conv.0.0", {.channels = net.channels(features), .padding = 1});
    const ValueId logits = net.conv(x, prefix + "cls_logits", {.channels = anchors_per_pixel, .kernel = 1});
    const ValueId deltas = net.conv(x, prefix + "bbox_pred", {.channels = anchors_per_pixel * 4, .kernel = 1});
    const Shape extents = net.shape(features);
    const Anchors anchors = {.base = base,
                             .stride_y = float(input[2] / std::max<int64_t>(extents[2], 1)),
                             .stride_x = float(input[3] / std::max<int64_t>(extents[3], 1))};
    return {.anchors = net.node(anchors, {features}),
            .logits = rows_of_anchors(net, logits, 1),
            .deltas = rows_of_anchors(net, deltas, 4)};
}

ValueId propose(GraphBuilder& net, const std::vector<AnchorPredictions>& maps, const ProposalOptions& options)
{
    std::vector<ValueId> boxes;
    std::vector<ValueId> scores;
    std::vector<ValueId> map_of;
    for (const AnchorPredictions& map : maps)
    {
        const int64_t count = std::min(options.max_candidates, net.shape(map.logits)[0]);
        const ValueId best = net.node(TopK{.k = count}, {map.logits});
        const ValueId indices = best + 1;
        const ValueId anchors = net.node(Gather{}, {map.anchors, indices});
        const ValueId deltas = net.node(Gather{}, {map.deltas, indices});
        boxes.push_back(net.node(options.decode, {anchors, deltas}));
        scores.push_back(net.sigmoid(best));
        map_of.push_back(filled(net, count, int64_t(map_of.size())));
    }
    const ValueId all_boxes = net.concat(boxes, 0);
    const ValueId kept =
        net.node(options.suppress, {all_boxes, net.concat(scores, 0), net.concat(map_of, 0)}, "rpn.nms");
    return net.node(Gather{}, {all_boxes, kept}, "proposals");
}

ProposalOptions torchvision_proposals(const Shape& input, int64_t max_candidates, int64_t max_proposals)
{
    return {.max_candidates = max_candidates,
            .decode = {.size = {input[2], input[3]}},
            .suppress = {.iou_threshold = 0.7f, .min_size = 1e-3f, .max_outputs = max_proposals}};
}

InstanceOutputValues detect(GraphBuilder& net, ValueId features, ValueId proposals, const Parameters& parameters,
                            const DetectionOptions& options)
{
    const int64_t classes = std::max<int64_t>(parameters.classes - 1, 1); // without the background
    const ValueId logits = net.linear(features, options.scores_layer, parameters.classes);
    const ValueId deltas = net.linear(features, options.deltas_layer, parameters.classes * 4);
    const ValueId scores = net.reshape(net.slice(net.softmax(logits), 1, 1, parameters.classes), {-1}); // [R·classes]
    const ValueId boxes = net.node(options.decode, {proposals, net.slice(deltas, 1, 4, parameters.classes * 4)});
    std::vector<int64_t> label_of;
    for (int64_t i = 0; i < net.shape(scores)[0]; ++i)
        label_of.push_back(i % classes + 1);
    const ValueId labels = net.constant(Tensor::from_integers({int64_t(label_of.size())}, label_of));
    const ValueId kept = net.node(options.suppress, {boxes, scores, labels}, "roi_heads.nms");
    return {.boxes = net.node(Gather{}, {boxes, kept}),
            .labels = net.node(Gather{}, {labels, kept}),
            .scores = net.node(Gather{}, {scores, kept})};
}

DetectionOptions torchvision_detections(const Shape& input)
{
    return {.scores_layer = "roi_heads.box_predictor.cls_score",
            .deltas_layer = "roi_heads.box_predictor.bbox_pred",
            .decode = {.weights = {10, 10, 5, 5}, .size = {input[2], input[3]}},
            .suppress = {.iou_threshold = 0.5f, .score_threshold = 0.05f, .min_size = 1e-2f, .max_outputs = 100}};
}

ValueId masks_of_labels(GraphBuilder& net, ValueId logits, ValueId labels)
{
    const Shape shape = net.shape(logits);
    if (shape.rank() != 4)
        return logits;             // after a mistake
    std::vector<int64_t> first_of; // row of the first class of each detection
    for (int64_t i = 0; i < shape[0]; ++i)
        first_of.push_back(i * shape[1]);
    const ValueId rows = net.add(net.constant(Tensor::from_integers({shape[0]}, first_of)), labels);
    const ValueId selected = net.node(Gather{}, {net.reshape(logits, {-1, shape[2] * shape[3]}), rows});
    return net.sigmoid(net.reshape(selected, {-1, 1, shape[2], shape[3]}));
}

} // namespace vkseg::zoo
