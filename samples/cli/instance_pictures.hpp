#pragma once

#include "pictures.hpp"

namespace vkseg::cli {

/// The picture with each instance's mask, outline, box, class and score in the colour of its class, and below it a
/// legend of the classes.
Picture make_instance_overlay(const Picture& picture, const Detections& detections, const Segmenter& segmenter);

/// The ids of the instances, to be written with instance_palette().
Picture make_id_map(const Detections& detections);

/// A colour for each id; 0, no instance, is black.
std::vector<Colour> instance_palette();

} // namespace vkseg::cli
