#pragma once

#include "vkseg/segment.hpp"

/// Extends a network by the steps from a picture to its input and from its output to masks.
namespace vkseg {

constexpr const char* picture_name = "vkseg.picture";
// Prefixes of the names of added nodes, one per stage; all other nodes are the network's.
constexpr const char* tensor_name = "vkseg.picture_to_tensor";
constexpr const char* mask_name = "vkseg.tensor_to_mask";
constexpr const char* crf_name = "vkseg.crf";

/// Makes the graph picture → PictureToTensor → network → [DenseCrf →] TensorToMask → labels, confidence and soft mask.
/// With a CRF there are two more outputs, labels and confidence before the CRF, which show faults in the network's
/// values. Fills in the members of `description` that are not set and that the graph determines: names, layouts, values
/// and the input's size. Fails if graph and description do not fit each other.
Result<Graph> extend(Graph graph, ModelDescription& description);

} // namespace vkseg
