#include "zoo/rcnn.hpp"
#include "zoo/resnet.hpp"

// Ren et al. 2015 and He et al. 2017 on ResNet's fourth stage, C4 (He et al. 2016, appendix A): the fifth is the head
// of each box. Layer names are those that torchvision's parts have.
namespace vkseg::zoo {
namespace {

ValueId align_to_c4(GraphBuilder& net, ValueId c4, ValueId boxes)
{
    return net.node(RoiAlign{.output_size = {14, 14}, .scales = {1.0f / 16}, .sampling_ratio = 2, .is_aligned = false},
                    {c4, boxes});
}

/// Features [R,C,7,7] of each box. Boxes and masks share the weights.
ValueId fifth_stage(GraphBuilder& net, ValueId c4, ValueId boxes, const Parameters& parameters)
{
    return resnet_layer4(net, align_to_c4(net, c4, boxes), parameters, {.prefix = "roi_heads.box_head."});
}

InstanceOutputValues rcnn_c4(GraphBuilder& net, ValueId x, const Parameters& parameters, bool has_masks)
{
    const Shape input = net.shape(x);
    const ResNetFeatures features =
        resnet(net, x, parameters, {.blocks = resnet50, .layers = 3, .prefix = "backbone.body."});
    const ValueId c4 = features.layers[2];
    const AnchorPredictions anchors = predict_anchors(net, c4, input, {32, 64, 128, 256, 512});
    const ValueId proposals = propose(net, {anchors}, torchvision_proposals(input, 6000, 300));
    const ValueId of_proposals = net.adaptive_average_pool(fifth_stage(net, c4, proposals, parameters), 1);
    InstanceOutputValues detections =
        detect(net, net.reshape(of_proposals, {0, -1}), proposals, parameters, torchvision_detections(input));
    if (!has_masks)
        return detections;
    const std::string prefix = "roi_heads.mask_predictor.";
    ValueId masks = fifth_stage(net, c4, detections.boxes, parameters);
    masks = net.relu(net.conv_transpose(masks, prefix + "conv5_mask", {.channels = parameters.scaled(256)}));
    masks = net.conv(masks, prefix + "mask_fcn_logits", {.channels = parameters.classes, .kernel = 1});
    detections.masks = masks_of_labels(net, masks, detections.labels);
    return detections;
}

} // namespace

InstanceOutputValues faster_rcnn_resnet50_c4(GraphBuilder& net, ValueId x, const Parameters& parameters)
{
    return rcnn_c4(net, x, parameters, false);
}

InstanceOutputValues mask_rcnn_resnet50_c4(GraphBuilder& net, ValueId x, const Parameters& parameters)
{
    return rcnn_c4(net, x, parameters, true);
}

} // namespace vkseg::zoo
