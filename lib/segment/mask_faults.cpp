#include "segment/mask_faults.hpp"

#include "picture/tensor_to_mask.h"

#include <algorithm>

namespace vkseg {

MaskFaults count_faults(std::span<const uint8_t> labels, std::span<const uint8_t> confidence)
{
    MaskFaults faults = {.pixels = labels.size()};
    for (size_t i = 0; i < labels.size(); ++i)
    {
        faults.largest_label = std::max<uint32_t>(faults.largest_label, labels[i]);
        if (confidence[i] == 0 && labels[i] >= contract::mask_first_fault)
            ++(labels[i] == contract::mask_not_finite ? faults.not_finite : faults.out_of_range);
    }
    return faults;
}

Status check_faults(const MaskFaults& faults, const ModelDescription& description, Precision precision)
{
    const auto fail = [&](uint64_t count, const std::string& message)
    {
        return Status(StatusCode::invalid_model, "output '" + description.output + "': at " + std::to_string(count) +
                                                     " of the picture's " + std::to_string(faults.pixels) + " pixels " +
                                                     message);
    };
    if (faults.not_finite > 0)
        return fail(faults.not_finite,
                    std::string("the network's values are NaN or infinite") +
                        (precision == Precision::f16 ? "; use precision f32, which holds larger ones" : ""));
    if (faults.out_of_range > 0 && description.source == MaskSource::labels)
        return fail(faults.out_of_range,
                    "the network's labels are not whole numbers from 0 to 255; if they are scores, set "
                    "output.values to \"logits\" or \"probabilities\"");
    if (faults.out_of_range > 0)
        return fail(faults.out_of_range, "the network's values are not probabilities from 0 to 1; if they are scores, "
                                         "set output.values to \"logits\"");
    const size_t names = description.classes.size();
    if (description.source == MaskSource::labels && names > 0 && faults.largest_label >= names)
        return Status(StatusCode::invalid_model, "output '" + description.output + "': the network gives label " +
                                                     std::to_string(faults.largest_label) + ", but 'classes' names " +
                                                     std::to_string(names));
    return {};
}

} // namespace vkseg
