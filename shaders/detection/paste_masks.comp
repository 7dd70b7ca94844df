#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32 f16
// Computes the bits of 32 consecutive pixels of one row of one instance. Positions in the mask are fractions of integers, and the
// interpolated value stays multiplied by their denominators: no division rounds, so that bits are the same on all devices. The
// operations are those of lib/reference/paste_masks.cpp, in the same order.
#include "shared/values.glsl"
#include "detection/paste_masks.h"

layout(push_constant) uniform Push { PasteMasks p; };
layout(binding = 0) writeonly buffer Bits { uint bits[]; };
layout(binding = 1) readonly buffer Masks { uint masks[]; };
layout(binding = 2) readonly buffer Boxes { vec4 boxes[]; };
layout(binding = 3) readonly buffer Labels { int labels[]; };

// Neighbours of a position in the mask with its border, and their weights times twice the extent of the pasted mask.
struct Neighbours
{
    int low;
    int high;
    float low_weight;
    float high_weight;
};

// Position of the centre of pixel i of `size`.
Neighbours neighbours_of(int i, int size, int mask_extent)
{
    const int extent = mask_extent + 2;
    const ivec2 position = divide(max((2 * i + 1) * extent - size, 0), 2 * size);
    return Neighbours(position.x, min(position.x + 1, extent - 1), float(2 * size - position.y), float(position.y));
}

// Value of the mask with its border of zeros.
float mask_at(int mask, int row, int column)
{
    if (row < 1 || row > p.mask_height || column < 1 || column > p.mask_width)
        return 0.0;
    const int i = mask + (row - 1) * p.mask_width + column - 1;
    return value_of(masks[word_of_value(i)], i);
}

float interpolated(int mask, int row, Neighbours columns)
{
    precise const float left = mask_at(mask, row, columns.low) * columns.low_weight;
    precise const float right = mask_at(mask, row, columns.high) * columns.high_weight;
    precise const float sum = left + right;
    return sum;
}

vec4 expanded(vec4 box)
{
    precise const vec2 half_size = (box.zw - box.xy) * 0.5;
    precise const vec2 centre = (box.zw + box.xy) * 0.5;
    precise const vec2 expanded_half = half_size * p.expansion;
    precise const vec4 corners = vec4(centre - expanded_half, centre + expanded_half);
    return corners;
}

uint bits_of(int instance, int y, int first_x)
{
    const vec4 corners = expanded(boxes[p.boxes_offset + instance]);
    if (any(greaterThan(size_bits(corners), ivec4(floatBitsToInt(paste_max_coordinate)))))
        return 0u;
    const ivec4 box = ivec4(corners);
    const int begin = max(box.x, first_x);
    const int end = min(min(box.z + 1, p.width), first_x + 32);
    if (y < box.y || y > box.w || begin >= end)
        return 0u;
    const ivec2 size = max(box.zw - box.xy + 1, ivec2(1));
    const int channel = clamp(labels[p.labels_offset + instance], 0, p.channels - 1);
    const int mask = p.masks_offset + (instance * p.channels + channel) * p.mask_height * p.mask_width;
    const Neighbours rows = neighbours_of(y - box.y, size.y, p.mask_height);
    precise const float level = p.threshold * float(2 * size.x) * float(2 * size.y);
    uint result = 0u;
    for (int x = begin; x < end; ++x)
    {
        const Neighbours columns = neighbours_of(x - box.x, size.x, p.mask_width);
        precise const float above = interpolated(mask, rows.low, columns) * rows.low_weight;
        precise const float below = interpolated(mask, rows.high, columns) * rows.high_weight;
        precise const float value = above + below;
        if (!is_nan(value) && value > level)
            result |= 1u << (x - first_x);
    }
    return result;
}

void main()
{
    const int i = linear_index();
    const ivec2 row = divide(i, p.words);
    const ivec2 instance = divide(row.x, p.height);
    if (instance.x >= p.instances)
        return;
    bits[p.bits_offset + i] = bits_of(instance.x, instance.y, row.y * 32);
}
