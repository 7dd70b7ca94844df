#pragma once

#include "zoo/layers.hpp"

/// Parts that the R-CNNs share (Ren et al. 2015, He et al. 2017).
namespace vkseg::zoo {

/// Predictions of a region proposal network for the N anchors of a feature map.
struct AnchorPredictions
{
    ValueId anchors = no_value; ///< [N,4]
    ValueId logits = no_value;  ///< [N], that there is an object
    ValueId deltas = no_value;  ///< [N,4], offsets of boxes from the anchors
};

/// Reorders predictions [1,A·K,h,w] for A anchors at each pixel to [h·w·A,K], or to [h·w·A] if K is 1.
ValueId rows_of_anchors(GraphBuilder& net, ValueId x, int64_t values);

/// Region proposal network in the form of torchvision, for one feature map. Anchors have these sizes, √area in pixels
/// of the input, in the aspect ratios 0.5, 1 and 2.
AnchorPredictions predict_anchors(GraphBuilder& net, ValueId features, const Shape& input,
                                  const std::vector<float>& sizes);

struct ProposalOptions
{
    int64_t max_candidates = 0; ///< boxes of each feature map that suppression takes
    DecodeBoxes decode;
    BatchedNms suppress; ///< among the boxes of one feature map
};

/// Boxes [R,4] of the highest logits of all feature maps.
ValueId propose(GraphBuilder& net, const std::vector<AnchorPredictions>& maps, const ProposalOptions& options);

/// Options of torchvision, which suppresses boxes that overlap by 0.7.
ProposalOptions torchvision_proposals(const Shape& input, int64_t max_candidates, int64_t max_proposals);

struct DetectionOptions
{
    std::string scores_layer; ///< gives logits of the classes, of which the first is the background
    std::string deltas_layer; ///< gives offsets from the proposal for each class
    DecodeBoxes decode;
    BatchedNms suppress; ///< among the boxes of one class
};

/// The selection of boxes of all classes, from features [R,K] of the proposals.
InstanceOutputValues detect(GraphBuilder& net, ValueId features, ValueId proposals, const Parameters& parameters,
                            const DetectionOptions& options);

/// Options of torchvision, which suppresses boxes of a class that overlap by 0.5, and keeps 100.
DetectionOptions torchvision_detections(const Shape& input);

/// Probabilities [R,1,h,w] of each detection's class, from logits [R,classes,h,w].
ValueId masks_of_labels(GraphBuilder& net, ValueId logits, ValueId labels);

} // namespace vkseg::zoo
