#include "ops/plan.hpp"
#include "base/div_ceil.hpp"

#include <algorithm>
#include <string_view>

namespace vkseg {

size_t element_bytes(Storage storage)
{
    switch (storage)
    {
    case Storage::f32:
    case Storage::i32:
        return 16;
    case Storage::f16:
        return 8;
    case Storage::u8:
    case Storage::i8:
        return 4;
    }
    return 0;
}

int64_t elements4(const Shape& shape, Layout layout)
{
    if (layout == Layout::linear)
        return div_ceil(shape.elements(), 4);
    assert(shape.rank() >= 2 && shape.rank() <= 5);
    int64_t count = shape[0] * div_ceil(shape[1], 4);
    for (size_t axis = 2; axis < shape.rank(); ++axis)
        count *= shape[axis];
    return count;
}

int64_t Operand::elements4() const
{
    return vkseg::elements4(shape, layout);
}

View packed_view(const Shape& shape, Layout layout)
{
    if (layout == Layout::linear)
        return {};
    const Operand operand = {.shape = shape};
    const int plane = operand.rows() * operand.width();
    return {.offset = 0, .batch_pitch = operand.blocks() * plane, .block_pitch = plane, .row_pitch = operand.width()};
}

void set_linear_grid(Dispatch& dispatch, int64_t invocations, const Limits& limits, uint32_t workgroup_size)
{
    const int64_t groups = div_ceil(invocations, workgroup_size);
    constexpr int64_t longest_counted = 0xffff; // group_counts holds 16 bits
    const int64_t longest = std::min<int64_t>(limits.max_workgroup_count[0], longest_counted);
    dispatch.workgroup_size = {workgroup_size, 1, 1};
    if (groups <= longest)
        dispatch.workgroup_count = {uint32_t(groups), 1, 1};
    else
    {
        // Nearly square, so that few surplus groups are launched.
        const int64_t rows = div_ceil(groups, longest);
        dispatch.workgroup_count = {uint32_t(div_ceil(groups, rows)), uint32_t(rows), 1};
    }
}

void set_linear_span(Dispatch& dispatch, int first, int count)
{
    dispatch.batch_span = {.first = first, .count = count, .axis = dispatch.workgroup_count[1] > 1 ? 1u : 0u};
}

bool fits_texels(const Operand& operand, const Limits& limits)
{
    return operand.buffer_bytes / element_bytes(operand.storage) <= limits.max_texel_buffer_elements;
}

void read_texels(Dispatch& dispatch, std::span<const Reading> readings, const Limits& limits)
{
    if (limits.preferences.reads_texels)
        read_texels_where_they_fit(dispatch, readings, limits);
}

void read_texels_where_they_fit(Dispatch& dispatch, std::span<const Reading> readings, const Limits& limits)
{
    const auto suits = [&](const Reading& reading)
    {
        const Binding& binding = dispatch.bindings[reading.binding];
        const Storage storage = reading.operand->storage;
        const size_t bytes = binding.size_bytes != 0 ? binding.size_bytes : reading.operand->buffer_bytes;
        return (storage == Storage::f32 || storage == Storage::f16) &&
               binding.offset_bytes % limits.texel_buffer_alignment_bytes == 0 &&
               bytes / element_bytes(storage) <= limits.max_texel_buffer_elements;
    };
    if (!std::all_of(readings.begin(), readings.end(), suits))
        return;
    ShaderTraits traits = shader_code(dispatch.shader).traits;
    traits.read_texels = true;
    dispatch.shader = find_variant(traits);
    for (const Reading& reading : readings)
        dispatch.bindings[reading.binding].texels = reading.operand->storage;
}

BlockWindow block_window(Binding whole, const Operand& operand, int first, int count, const Limits& limits)
{
    const size_t element = element_bytes(operand.storage);
    const size_t begin = (size_t(operand.view.offset) + size_t(first) * size_t(operand.view.block_pitch)) * element;
    const size_t end = begin + size_t(operand.batch() - 1) * size_t(operand.view.batch_pitch) * element +
                       size_t(count) * size_t(operand.view.block_pitch) * element;
    const size_t aligned = begin / limits.storage_buffer_alignment_bytes * limits.storage_buffer_alignment_bytes;
    BlockWindow window = {.binding = whole, .view = operand.view};
    window.binding.offset_bytes = aligned;
    window.binding.size_bytes = std::min(end, operand.buffer_bytes) - aligned;
    window.view.offset = int((begin - aligned) / element);
    return window;
}

Status check_binding(const std::string& what, const Operand& operand, const Limits& limits)
{
    if (operand.buffer_bytes <= limits.max_storage_buffer_range_bytes)
        return {};
    return Status(StatusCode::out_of_memory,
                  what + " " + to_string(operand.shape) + " takes " + std::to_string(operand.buffer_bytes) +
                      " bytes, but the device binds at most " + std::to_string(limits.max_storage_buffer_range_bytes) +
                      " at a time; use a smaller input" +
                      (operand.storage == Storage::f32 ? ", or f16 if the session computes in f32" : ""));
}

Status check_scratch(const std::string& what, size_t bytes, const Limits& limits)
{
    if (bytes <= limits.max_storage_buffer_range_bytes)
        return {};
    return Status(StatusCode::out_of_memory,
                  what + " take " + std::to_string(bytes) + " bytes, but the device binds at most " +
                      std::to_string(limits.max_storage_buffer_range_bytes) + " at a time; use a smaller input");
}

} // namespace vkseg
