#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32 f16
// Computes the bits of 32 consecutive pixels of one row of one instance, whose mask covers the network's whole input. The operations
// are those of lib/reference/paste_masks.cpp, in the same order.
#include "shared/values.glsl"
#include "detection/paste_masks.h"

layout(push_constant) uniform Push { CropMasks p; };
layout(binding = 0) writeonly buffer Bits { uint bits[]; };
layout(binding = 1) readonly buffer Masks { uint masks[]; };
layout(binding = 2) readonly buffer Boxes { vec4 boxes[]; };
layout(binding = 3) readonly buffer Labels { int labels[]; };

// Neighbours of a pixel along an axis of the mask, and the weight of the second.
struct Neighbours
{
    int low;
    int high;
    float part;
};

Neighbours neighbours_of(int pixel, float step_size, float offset, float low, float high, int mask_extent)
{
    precise const float scaled = (float(pixel) + 0.5) * step_size;
    precise const float position = clamp(scaled + offset, low, high);
    const int first = int(position);
    precise const float part = position - float(first);
    return Neighbours(first, min(first + 1, mask_extent - 1), part);
}

float mask_at(int i) { return value_of(masks[word_of_value(i)], i); }

float interpolated(int row, Neighbours columns)
{
    precise const float left = mask_at(row + columns.low) * (1.0 - columns.part);
    precise const float right = mask_at(row + columns.high) * columns.part;
    precise const float sum = left + right;
    return sum;
}

uint bits_of(int instance, int y, int first_x)
{
    const vec4 box = boxes[p.boxes_offset + instance];
    if (any(greaterThan(size_bits(box), ivec4(floatBitsToInt(paste_max_coordinate)))))
        return 0u;
    const ivec4 corners = ivec4(ceil(box)); // pixels from the first to before the last
    const int begin = max(corners.x, first_x);
    const int end = min(min(corners.z, p.width), first_x + 32);
    if (y < corners.y || y >= corners.w || begin >= end)
        return 0u;
    const int channel = clamp(labels[p.labels_offset + instance], 0, p.channels - 1);
    const int mask = p.masks_offset + (instance * p.channels + channel) * p.mask_height * p.mask_width;
    const Neighbours rows = neighbours_of(y, p.step_y, p.offset_y, p.low_y, p.high_y, p.mask_height);
    const int above = mask + rows.low * p.mask_width;
    const int below = mask + rows.high * p.mask_width;
    uint result = 0u;
    for (int x = begin; x < end; ++x)
    {
        const Neighbours columns = neighbours_of(x, p.step_x, p.offset_x, p.low_x, p.high_x, p.mask_width);
        precise const float upper = interpolated(above, columns) * (1.0 - rows.part);
        precise const float lower = interpolated(below, columns) * rows.part;
        precise const float value = upper + lower;
        if (!is_nan(value) && value > p.threshold)
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
