#include "ops/detection/paste_launches.hpp"

#include "base/div_ceil.hpp"
#include "base/try.hpp"
#include "ops/picture/picture_placement.hpp"

#include <algorithm>

namespace vkseg {
namespace {

size_t value_bytes(Storage storage)
{
    return element_bytes(storage) / 4;
}

} // namespace

Status check_paste_size(const Integers& size)
{
    const auto fits = [](int64_t extent) { return extent >= 1 && extent <= max_picture_extent; };
    if (size.size() == 2 && std::all_of(size.begin(), size.end(), fits))
        return {};
    std::string got;
    for (const int64_t extent : size)
        got += (got.empty() ? "" : " x ") + std::to_string(extent);
    return Status(StatusCode::invalid_model, "size must be the picture's height and width, from 1 to " +
                                                 std::to_string(max_picture_extent) + ", got " +
                                                 (got.empty() ? "neither" : got));
}

Result<int> instances_that_fit(const char* what, const Operand& operand, const Limits& limits)
{
    const int64_t instances = operand.shape[0];
    const size_t range = limits.max_storage_buffer_range_bytes;
    if (operand.buffer_bytes <= range)
        return int(instances);
    const size_t each = size_t(operand.shape.elements() / instances) * value_bytes(operand.storage);
    // The window's start is moved back to an aligned offset, and its end to a whole word.
    const size_t fitting = (range - limits.storage_buffer_alignment_bytes - 4) / each;
    if (fitting == 0)
        return Status(StatusCode::out_of_memory, std::string(what) + " of one of " + std::to_string(instances) +
                                                     " instances take " + std::to_string(each) +
                                                     " bytes, but the device binds at most " + std::to_string(range) +
                                                     " at a time; use a smaller input");
    return int(std::min(size_t(instances), fitting));
}

} // namespace vkseg
