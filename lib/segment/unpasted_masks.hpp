#pragma once

#include "vkseg/segment.hpp"

namespace vkseg {

/// The masks in the coordinates of their boxes, [R,1,h,w], of a network that pastes them into its own input as
/// torchvision's exports do; `masks` itself if it is of that form already. Takes a graph whose input is the picture.
/// Fails if masks cover the input in another way.
Result<ValueId> masks_before_pasting(const Graph& graph, ValueId masks, ValueId boxes,
                                     const ModelDescription& description);

} // namespace vkseg
