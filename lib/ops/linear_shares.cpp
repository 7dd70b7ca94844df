#include "ops/linear_shares.hpp"

#include "base/try.hpp"
#include "ops/block_shares.hpp"

#include <algorithm>

namespace vkseg {
namespace {

/// Number of elements after which windows of all storage types begin at aligned offsets, so that shares do not overlap.
constexpr int64_t aligned_elements = 32;

/// The most elements of each operand that a binding holds; all if the operands fit.
int64_t elements_that_fit(std::span<const Operand* const> operands, const Limits& limits)
{
    int64_t fitting = operands.front()->elements4();
    for (const Operand* const operand : operands)
    {
        if (operand->buffer_bytes <= limits.max_storage_buffer_range_bytes)
            continue;
        // The window's start is moved back to an aligned offset.
        const size_t usable = limits.max_storage_buffer_range_bytes - limits.storage_buffer_alignment_bytes;
        fitting = std::min(fitting, int64_t(usable / element_bytes(operand->storage)));
    }
    return fitting;
}

} // namespace

LinearWindow bind_values(Binding whole, const Operand& operand, int64_t first, int64_t count, const Limits& limits)
{
    const int64_t from = int64_t(operand.view.offset) * 4 + first;
    if (operand.buffer_bytes <= limits.max_storage_buffer_range_bytes)
        return {.binding = whole, .offset = int(from)};
    const size_t value = element_bytes(operand.storage) / 4;
    const size_t begin = size_t(from) * value;
    const size_t aligned = begin / limits.storage_buffer_alignment_bytes * limits.storage_buffer_alignment_bytes;
    LinearWindow window = {.binding = whole, .offset = int((begin - aligned) / value)};
    window.binding.offset_bytes = aligned;
    window.binding.size_bytes = round_up(begin + size_t(count) * value, size_t(4)) - aligned;
    return window;
}

Result<std::vector<ElementShare>> share_elements(const std::string& what, std::span<const Operand* const> operands,
                                                 const Limits& limits, int64_t max_entries)
{
    const Operand& tensor = *operands.front();
    const int64_t elements = tensor.elements4();
    const int64_t entries = tensor.shape.rank() == 0 ? 1 : tensor.shape[0];
    const int64_t values = tensor.shape.elements() / entries; // of an entry
    const int64_t fitting = elements_that_fit(operands, limits);
    if (fitting == elements && entries <= max_entries)
        return std::vector<ElementShare>{{.elements = elements, .entries = int(entries)}};
    if (fitting == 0)
        return check_binding(what, tensor, limits);

    std::vector<ElementShare> shares;
    int64_t together = std::min(fitting * 4 / values, max_entries); // entries of a share
    for (const int64_t multiple : {aligned_elements * 4, int64_t(values % 4 == 0 ? 1 : 4)})
    {
        if (together >= multiple)
            together -= together % multiple;
    }
    if (together * values % 4 == 0 && together > 0)
    {
        VKSEG_TRY(check_launches(div_ceil(entries, together)));
        for (int64_t entry = 0; entry < entries; entry += together)
        {
            const int64_t count = std::min(together, entries - entry);
            shares.push_back({.first_element = entry * values / 4,
                              .elements = div_ceil(count * values, 4),
                              .first_entry = int(entry),
                              .entries = int(count)});
        }
        return shares;
    }
    const int64_t part = fitting < aligned_elements ? fitting : fitting - fitting % aligned_elements;
    VKSEG_TRY(check_launches(entries * (div_ceil(values, 4 * part) + 1)));
    for (int64_t entry = 0; entry < entries; ++entry)
    {
        const int64_t end = div_ceil((entry + 1) * values, 4);
        for (int64_t first = entry * values / 4; first < end; first += part)
            shares.push_back(
                {.first_element = first, .elements = std::min(part, end - first), .first_entry = int(entry)});
    }
    return shares;
}

} // namespace vkseg
