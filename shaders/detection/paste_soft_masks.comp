#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32 f16
// Computes four consecutive values of the pasted masks. Positions in a mask are fractions of integers.
#include "shared/values.glsl"
#include "detection/paste_soft_masks.h"

layout(push_constant) uniform Push { PasteSoftMasks p; };
layout(binding = 0) writeonly buffer Destination { ELEMENT destination[]; };
layout(binding = 1) readonly buffer Masks { uint masks[]; };
layout(binding = 2) readonly buffer Boxes { ivec4 boxes[]; };

// Neighbours of a position in the mask, and the weight of the second.
struct Neighbours
{
    int low;
    int high;
    float part;
};

// Position of the centre of pixel i of `size`.
Neighbours neighbours_of(int i, int size, int mask_extent)
{
    const ivec2 position = divide(max((2 * i + 1) * mask_extent - size, 0), 2 * size);
    return Neighbours(position.x, min(position.x + 1, mask_extent - 1), float(position.y) / float(2 * size));
}

float mask_at(int i) { return value_of(masks[word_of_value(i)], i); }

float interpolated(int row, Neighbours columns)
{
    return mask_at(row + columns.low) * (1.0 - columns.part) + mask_at(row + columns.high) * columns.part;
}

float value_at(int instance, int y, int x)
{
    const ivec4 box = boxes[p.boxes_offset + instance];
    const ivec4 bound = ivec4(paste_max_coordinate);
    const bool is_bounded = all(greaterThanEqual(box, -bound)) && all(lessThanEqual(box, bound));
    if (!is_bounded || x < box.x || y < box.y || x > box.z || y > box.w)
        return 0.0;
    const ivec2 size = box.zw - box.xy + 1;
    const Neighbours rows = neighbours_of(y - box.y, size.y, p.mask_height);
    const Neighbours columns = neighbours_of(x - box.x, size.x, p.mask_width);
    const int mask = p.masks_offset + instance * p.mask_height * p.mask_width;
    const float above = interpolated(mask + rows.low * p.mask_width, columns);
    const float below = interpolated(mask + rows.high * p.mask_width, columns);
    return above * (1.0 - rows.part) + below * rows.part;
}

void main()
{
    const int i = linear_index();
    const int first = i * 4;
    if (first >= p.values)
        return;
    const ivec2 row = divide(p.first_value + first, p.width);
    const ivec2 instance = divide(row.x, p.height);
    ivec3 place = ivec3(row.y, instance.y, instance.x);
    const int lanes = min(4, p.values - first);
    vec4 values = vec4(0.0);
    for (int lane = 0; lane < lanes; ++lane)
    {
        values[lane] = value_at(place.z, place.y, place.x);
        ++place.x;
        place = place.x == p.width ? ivec3(0, place.y + 1, place.z) : place;
        place = place.y == p.height ? ivec3(place.x, 0, place.z + 1) : place;
    }
    destination[p.destination_offset + i] = encode(values);
}
