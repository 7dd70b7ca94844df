#pragma once

#include "vkseg/graph.hpp"

#include <optional>

namespace vkseg {

/// A Loop that pastes a mask into the picture in each turn, as torchvision exports it
/// (torchvision/models/detection/roi_heads.py, _onnx_paste_masks_in_image_loop): its shapes follow from the boxes,
/// which the device computes.
struct PastingLoop
{
    ValueId masks = no_value; ///< [R,1,h,w], a mask for each turn
    ValueId boxes = no_value; ///< integers [R,4]
    PasteSoftMasks op;
};

/// The parts of such a Loop; empty if it is another one.
std::optional<PastingLoop> recognise_pasting(const Graph& graph, const Node& loop);

} // namespace vkseg
