#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32 f16
// Writes one destination element of four values, each from where an affine map of its row-major index says, in any
// combination of layouts.
#include "shared/bits.glsl"
#include "copy.h"

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
        const int quotient = rest / p.extents[axis];
        const int coordinate = rest - quotient * p.extents[axis];
        place += coordinate * p.strides[axis];
        channel += coordinate * p.channel_strides[axis];
        rest = quotient;
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
    int place;
    int first;
    int step;
    int lanes;
    if (p.channels != 0)
    {
        const int plane = p.rows * p.width;
        const int blocks = (p.channels + 3) / 4;
        const int pixel = i % plane;
        const int block = i / plane % blocks;
        const int batch = i / (plane * blocks);
        first = (batch * p.channels + block * 4) * plane + pixel;
        if (first >= p.elements)
            return;
        step = plane;
        lanes = min(4, p.channels - block * 4);
        place = view_index(p.destination, batch, block, pixel / p.width, pixel % p.width);
    }
    else
    {
        first = i * 4;
        if (first >= p.elements)
            return;
        step = 1;
        lanes = min(4, p.elements - first);
        place = p.destination.offset + i;
    }
    uvec4 values = uvec4(0);
    for (int lane = 0; lane < lanes; ++lane)
    {
        const int value = source_value(first + lane * step);
        values[lane] = bits_of(source[word_of(value)], value);
    }
    destination[place] = pack_bits(values);
}
