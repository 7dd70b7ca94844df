#include "ops/resize/tap_table.hpp"

#include <algorithm>
#include <cstring>

namespace vkseg {

TapTable::TapTable(const Resize& op, std::span<const ResizeAxis> axes) : op_(op)
{
    std::copy(axes.begin() + 2, axes.end(), axes_.end() - std::ptrdiff_t(axes.size() - 2));
    for (size_t axis = 0; axis < axes_.size(); ++axis)
        taps_[axis] = tap_count(op, axes_[axis]);
    is_plane_ = axes_[0].input == 1 && axes_[0].output == 1 && taps_[0] == 1 && std::max(taps_[1], taps_[2]) <= 4;
    if (is_plane_)
        taps_[1] = taps_[2] = std::max(taps_[1], taps_[2]);
    for (size_t axis = 0; axis < axes_.size(); ++axis)
        ends_[axis] = begin(axis) + axes_[axis].output * (is_plane_ ? (taps_[axis] + 1) / 2 : taps_[axis]);
}

Status TapTable::check(const Limits& limits) const
{
    if (bytes() <= limits.max_storage_buffer_range_bytes)
        return {};
    return Status(StatusCode::out_of_memory, "the table of taps takes " + std::to_string(bytes()) +
                                                 " bytes, but the device binds at most " +
                                                 std::to_string(limits.max_storage_buffer_range_bytes) + " at a time");
}

void TapTable::write(std::span<std::byte> to) const
{
    assert(to.size() == bytes());
    const auto append = [&](float position, float weight)
    {
        const std::array<float, 2> values = {position, weight};
        std::memcpy(to.data(), values.data(), sizeof(values));
        to = to.subspan(sizeof(values));
    };
    for (size_t axis = 0; axis < axes_.size(); ++axis)
    {
        // An axis with one tap, next to an axis with two, gets the tap twice with half the weight: the sum is exact.
        const int parts = taps_[axis] / tap_count(op_, axes_[axis]);
        for (const ResizeTap& tap : taps_of(op_, axes_[axis]))
        {
            for (int part = 0; part < parts; ++part)
                append(float(tap.position), tap.weight / float(parts));
            if (!is_plane_ || taps_[axis] == 1)
                append(0, 0);
        }
    }
    assert(to.empty());
}

Packing TapTable::pack() const
{
    return {.bytes = bytes(), .write = [table = *this](std::span<std::byte> to) { table.write(to); }};
}

} // namespace vkseg
