#pragma once

#include "vkseg/segment.hpp"

/// A network with the steps from a picture to its input and from its output to masks.
namespace vkseg {

constexpr const char* picture_name = "vkseg.picture";
// The names of nodes begin so, by the stage they belong to; all others are the network's.
constexpr const char* tensor_name = "vkseg.picture_to_tensor";
constexpr const char* mask_name = "vkseg.tensor_to_mask";
constexpr const char* crf_name = "vkseg.crf";

/// picture → PictureToTensor → network → [DenseCrf →] TensorToMask → labels, confidence and soft mask; with a CRF also
/// labels and confidence without it, where a fault of the network's values shows. Fills in what `description` leaves
/// open and the graph tells: names, layouts, values and the input's size. Fails if they do not fit each other.
Result<Graph> extend(Graph graph, ModelDescription& description);

} // namespace vkseg
