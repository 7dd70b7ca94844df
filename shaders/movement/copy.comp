#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32 f16
// Writes one destination element of four values. An affine map of a value's row-major index gives its place in the source; the
// layouts may differ.
#include "shared/bits.glsl"
#include "movement/lanes.glsl"
#include "movement/copy.h"

layout(push_constant) uniform Push { Copy p; };
layout(binding = 0) writeonly buffer Destination { BITS destination[]; };
layout(binding = 1) readonly buffer Source { uint source[]; };

int source_value(int row_major)
{
    int rest = row_major;
    int place = p.source_offset;
    int channel = p.source_channel;
    for (int axis = p.axes - 1; axis > 0; --axis)
    {
        const ivec2 parts = divide(rest, p.extents[axis]);
        place += parts.y * p.strides[axis];
        channel += parts.y * p.channel_strides[axis];
        rest = parts.x;
    }
    place += rest * p.strides[0];
    channel += rest * p.channel_strides[0];
    if (p.source_block_pitch == 0)
        return place;
    return (place + (channel >> 2) * p.source_block_pitch) * 4 + (channel & 3);
}

void main()
{
    const int i = linear_index();
    Lanes lanes;
    if (p.channels != 0)
        lanes = blocked_lanes(i, p.destination, p.batches, p.channels, p.rows, p.width);
    else
        lanes = linear_lanes(i, p.destination, p.elements);
    if (lanes.count <= 0)
        return;
    uvec4 values = uvec4(0);
    for (int lane = 0; lane < lanes.count; ++lane)
    {
        const int value = source_value(lanes.first + lane * lanes.step);
        values[lane] = bits_of(source[word_of(value)], value);
    }
    destination[lanes.place] = pack_bits(values);
}
