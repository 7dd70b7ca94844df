#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32 f16
// Writes one destination element of four values, each from its place in a source that lies within the destination or extends past
// it.
#include "shared/bits.glsl"
#include "movement/lanes.glsl"
#include "movement/pad.h"

layout(push_constant) uniform Push { PadPush p; };
layout(binding = 0) buffer Destination { BITS destination[]; };
layout(binding = 1) readonly buffer Source { uint source[]; };
layout(binding = 1) readonly buffer SourceElements { BITS source_elements[]; };

const int outside = -1;

// a mod b for any a: GLSL's % is undefined for negative values, and GPUs make use of that.
int modulo(int a, int b)
{
    return a >= 0 ? a % b : b - 1 - (-1 - a) % b;
}

int source_coordinate(int coordinate, int extent)
{
    if (coordinate >= 0 && coordinate < extent)
        return coordinate;
    if (p.outside == outside_reflects)
    {
        const int period = max(1, 2 * (extent - 1));
        const int phase = modulo(coordinate, period);
        return min(phase, period - phase);
    }
    if (p.outside == outside_clamps)
        return clamp(coordinate, 0, extent - 1);
    if (p.outside == outside_wraps)
        return modulo(coordinate, extent);
    return outside;
}

// Source index of the value, or element, that has this row-major index in the destination; or `outside`.
int source_index(int row_major)
{
    int rest = row_major;
    int coordinates[6];
    for (int axis = 5; axis >= 0; --axis)
    {
        const int quotient = rest / p.extents[axis];
        const int coordinate = rest - quotient * p.extents[axis] - p.begins[axis];
        coordinates[axis] = source_coordinate(coordinate, p.source_extents[axis]);
        if (coordinates[axis] == outside)
            return outside;
        rest = quotient;
    }
    const int row = coordinates[3] * p.source_extents[4] + coordinates[4];
    if (p.block_channels != 0)
        return view_index(p.source, coordinates[1], coordinates[2], row, coordinates[5]);
    if (p.is_source_blocked != 0)
        return view_index(p.source, coordinates[1], coordinates[2] >> 2, row, coordinates[5]) * 4 +
               (coordinates[2] & 3);
    int index = 0;
    for (int axis = 0; axis < 6; ++axis)
        index = index * p.source_extents[axis] + coordinates[axis];
    return p.source.offset * 4 + index;
}

void move_element(int i)
{
    const int blocks = p.extents[2];
    const int rows = p.extents[3] * p.extents[4];
    const Lanes lanes = blocked_lanes(i, p.destination, p.extents[1], blocks * 4, rows, p.extents[5]);
    if (lanes.count <= 0)
        return;
    const int element = source_index(i);
    if (element != outside)
    {
        destination[lanes.place] = source_elements[element];
        return;
    }
    const int block = i / (rows * p.extents[5]) % blocks;
    const uvec4 is_channel = uvec4(lane_mask(block * 4, p.block_channels));
    destination[lanes.place] = pack_bits(is_channel * p.value);
}

void main()
{
    const int i = linear_index();
    if (p.block_channels != 0)
    {
        move_element(i);
        return;
    }
    Lanes lanes;
    if (p.is_destination_blocked != 0)
        lanes = blocked_lanes(i, p.destination, p.extents[1], p.extents[2], p.extents[3] * p.extents[4], p.extents[5]);
    else
        lanes = linear_lanes(i, p.destination, p.extents[0] * p.extents[1] * p.extents[2] * p.extents[3] *
                                                   p.extents[4] * p.extents[5]);
    if (lanes.count <= 0)
        return;

    uvec4 values = uvec4(0);
    uvec4 others = uvec4(p.value);
    if (p.outside == outside_is_kept)
        others = unpack_bits(destination[lanes.place]);
    bool is_any_inside = false;
    for (int lane = 0; lane < lanes.count; ++lane)
    {
        const int value = source_index(lanes.first + lane * lanes.step);
        if (value == outside)
        {
            values[lane] = others[lane];
        }
        else
        {
            values[lane] = bits_of(source[word_of(value)], value);
            is_any_inside = true;
        }
    }
    if (is_any_inside || p.outside != outside_is_kept)
        destination[lanes.place] = pack_bits(values);
}
