#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32 f16 i32
// Finds the index of the first maximum of a window, or of its first NaN, in each of four channels: a flat index over N * C * the
// spatial axes, or -1 if the whole window lies in padding.
#include "shared/nan.glsl"
#include "shared/tensor.glsl"
#include "pooling/pool_taps.glsl"

layout(constant_id = pool_is_column_major_id) const int is_column_major = 0;

layout(push_constant) uniform Push { Pool p; };
layout(binding = 0) writeonly buffer Indices { ivec4 indices[]; };
layout(binding = 1) readonly buffer X { ELEMENT x[]; };

void main()
{
    const ivec4 place = place_of(p, linear_index());
    if (place.w >= p.blocks)
        return;
    const Taps width = taps_of(p.width, place.x);
    const Taps height = taps_of(p.height, place.y);
    const Taps depth = taps_of(p.depth, place.z);

    ivec3 steps = ivec3(1, p.width.input_extent, p.width.input_extent * p.height.input_extent);
    if (is_column_major != 0)
        steps = ivec3(p.height.input_extent * p.depth.input_extent, p.depth.input_extent, 1);
    VALUES largest = lowest();
    ivec4 found = ivec4(-1);
    for (int k = depth.first; k < depth.end; ++k)
    {
        const int z = depth.start + k * p.depth.dilation;
        for (int j = height.first; j < height.end; ++j)
        {
            const int row = height.start + j * p.height.dilation;
            for (int i = width.first; i < width.end; ++i)
            {
                const int column = width.start + i * p.width.dilation;
                const VALUES values = decode(x[view_index(p.x, 0, place.w, z * p.height.input_extent + row, column)]);
                const uvec4 is_beyond = uvec4(greaterThan(values, largest)) | uvec4(is_nan(values));
                const bvec4 is_better = bvec4((is_beyond & ~uvec4(is_nan(largest)) & 1u) | uvec4(lessThan(found, ivec4(0))));
                largest = mix(largest, values, is_better);
                found = mix(found, ivec4(column * steps.x + row * steps.y + z * steps.z), is_better);
            }
        }
    }
    const int plane = p.width.input_extent * p.height.input_extent * p.depth.input_extent;
    const ivec4 channels = ivec4(place.w * 4) + ivec4(0, 1, 2, 3);
    const ivec4 flat_indices = found + (p.first_plane + channels) * plane;
    const bvec4 is_found = greaterThanEqual(found, ivec4(0));
    const bvec4 is_channel = lessThan(channels, ivec4(p.channels));
    indices[view_index(p.y, 0, place.w, place.z * p.height.output_extent + place.y, place.x)] =
        mix(ivec4(0), mix(ivec4(-1), flat_indices, is_found), is_channel);
}
