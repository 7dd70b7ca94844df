#pragma once

#include "vkseg/segment.hpp"

namespace vkseg {

/// Faults in a network's output values, as the masks show them: pixels without a class have a label that gives the
/// fault (picture/tensor_to_mask.h).
struct MaskFaults
{
    uint64_t pixels = 0; ///< pixels of the picture
    uint64_t not_finite = 0;
    uint64_t out_of_range = 0;
    uint32_t largest_label = 0;
};

MaskFaults count_faults(std::span<const uint8_t> labels, std::span<const uint8_t> confidence);

/// Fails with invalid_model if the network's values contradict the description.
Status check_faults(const MaskFaults& faults, const ModelDescription& description, Precision precision);

} // namespace vkseg
