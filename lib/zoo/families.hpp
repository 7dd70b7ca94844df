#pragma once

#include "vkseg/graph_builder.hpp"

/// One function per network, from the picture to the scores of the classes or to instances. Layer names are those of
/// samples/training/networks, whose files have the same names as the files here.
namespace vkseg::zoo {

struct Parameters
{
    int64_t classes = 0;
    double width = 1;
    int64_t output_stride = 0;

    /// Scales a number of channels of the network at full width.
    int64_t scaled(int64_t channels) const
    {
        const auto count = int64_t(double(channels) * width + 0.5);
        return count > 1 ? count : 1;
    }
};

using BuildFunction = ValueId (*)(GraphBuilder& net, ValueId x, const Parameters& parameters);

/// Instances in falling order of scores; their number is found when the network runs.
struct InstanceOutputValues
{
    ValueId boxes = no_value;  ///< [R,4] (x1, y1, x2, y2) in pixels of the input
    ValueId labels = no_value; ///< i64 [R], from 1 on
    ValueId scores = no_value; ///< [R], probabilities
    ValueId masks = no_value;  ///< [R,1,h,w], probabilities within the boxes; none if the network finds boxes only
};

using DetectFunction = InstanceOutputValues (*)(GraphBuilder& net, ValueId x, const Parameters& parameters);

// fcn.cpp
ValueId fcn_32s(GraphBuilder& net, ValueId x, const Parameters& parameters);
ValueId fcn_16s(GraphBuilder& net, ValueId x, const Parameters& parameters);
ValueId fcn_8s(GraphBuilder& net, ValueId x, const Parameters& parameters);
ValueId fcn_32s_padded(GraphBuilder& net, ValueId x, const Parameters& parameters);
ValueId fcn_16s_padded(GraphBuilder& net, ValueId x, const Parameters& parameters);
ValueId fcn_8s_padded(GraphBuilder& net, ValueId x, const Parameters& parameters);
ValueId fcn_resnet50(GraphBuilder& net, ValueId x, const Parameters& parameters);
// deconvnet.cpp
ValueId deconvnet(GraphBuilder& net, ValueId x, const Parameters& parameters);
// segnet.cpp
ValueId segnet(GraphBuilder& net, ValueId x, const Parameters& parameters);
ValueId segnet_basic(GraphBuilder& net, ValueId x, const Parameters& parameters);
// unet.cpp
ValueId unet(GraphBuilder& net, ValueId x, const Parameters& parameters);
ValueId unet_padded(GraphBuilder& net, ValueId x, const Parameters& parameters);
// vnet.cpp
ValueId vnet(GraphBuilder& net, ValueId x, const Parameters& parameters);
// deeplab.cpp
ValueId deeplab_v1(GraphBuilder& net, ValueId x, const Parameters& parameters);
ValueId deeplab_v2_vgg16(GraphBuilder& net, ValueId x, const Parameters& parameters);
ValueId deeplab_v2_resnet101(GraphBuilder& net, ValueId x, const Parameters& parameters);
ValueId deeplab_v3_resnet50(GraphBuilder& net, ValueId x, const Parameters& parameters);
ValueId deeplab_v3_resnet101(GraphBuilder& net, ValueId x, const Parameters& parameters);
ValueId deeplab_v3_mobilenet_v2(GraphBuilder& net, ValueId x, const Parameters& parameters);
ValueId deeplab_v3_mobilenet_v3(GraphBuilder& net, ValueId x, const Parameters& parameters);
// deeplab_v3plus.cpp
ValueId deeplab_v3plus_resnet50(GraphBuilder& net, ValueId x, const Parameters& parameters);
ValueId deeplab_v3plus_resnet101(GraphBuilder& net, ValueId x, const Parameters& parameters);
ValueId deeplab_v3plus_mobilenet_v2(GraphBuilder& net, ValueId x, const Parameters& parameters);
ValueId deeplab_v3plus_xception65(GraphBuilder& net, ValueId x, const Parameters& parameters);
// pspnet.cpp
ValueId pspnet50(GraphBuilder& net, ValueId x, const Parameters& parameters);
ValueId pspnet101(GraphBuilder& net, ValueId x, const Parameters& parameters);
// dilated.cpp
ValueId dilated_frontend(GraphBuilder& net, ValueId x, const Parameters& parameters);
ValueId dilated8(GraphBuilder& net, ValueId x, const Parameters& parameters);
ValueId dilated8_padded(GraphBuilder& net, ValueId x, const Parameters& parameters);
ValueId dilated10(GraphBuilder& net, ValueId x, const Parameters& parameters);
// fc_densenet.cpp
ValueId fc_densenet56(GraphBuilder& net, ValueId x, const Parameters& parameters);
ValueId fc_densenet67(GraphBuilder& net, ValueId x, const Parameters& parameters);
ValueId fc_densenet103(GraphBuilder& net, ValueId x, const Parameters& parameters);
// lraspp.cpp
ValueId lraspp_mobilenet_v3(GraphBuilder& net, ValueId x, const Parameters& parameters);
// crf_rnn.cpp
ValueId crf_rnn(GraphBuilder& net, ValueId x, const Parameters& parameters);
// rcnn_vgg16.cpp
InstanceOutputValues faster_rcnn_vgg16(GraphBuilder& net, ValueId x, const Parameters& parameters);
// rcnn_c4.cpp
InstanceOutputValues faster_rcnn_resnet50_c4(GraphBuilder& net, ValueId x, const Parameters& parameters);
InstanceOutputValues mask_rcnn_resnet50_c4(GraphBuilder& net, ValueId x, const Parameters& parameters);
// rcnn_fpn.cpp
InstanceOutputValues faster_rcnn_resnet50_fpn(GraphBuilder& net, ValueId x, const Parameters& parameters);
InstanceOutputValues mask_rcnn_resnet50_fpn(GraphBuilder& net, ValueId x, const Parameters& parameters);
// patch_classifier.cpp
ValueId patch_classifier(GraphBuilder& net, ValueId x, const Parameters& parameters);
ValueId patch_classifier_dense(GraphBuilder& net, ValueId x, const Parameters& parameters);

} // namespace vkseg::zoo
