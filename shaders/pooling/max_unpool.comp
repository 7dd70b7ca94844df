#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32 f16
// Computes one element of the output by searching for its index in the windows that may hold it. Nothing is scattered, so the
// result does not depend on the order of invocations.
#include "shared/tensor.glsl"
#include "pooling/max_unpool.h"

layout(push_constant) uniform Push { MaxUnpool p; };
layout(binding = 0) writeonly buffer Y { ELEMENT y[]; };
layout(binding = 1) readonly buffer X { ELEMENT x[]; };
layout(binding = 2) readonly buffer Indices { ivec4 indices[]; };

// First window and end of the windows that may hold a position.
ivec2 windows_of(MaxUnpoolAxis axis, int position)
{
    const int first = (max(position - axis.after, 0) + axis.stride - 1) / axis.stride;
    const int end = (position + axis.before) / axis.stride + 1;
    return ivec2(first, min(end, axis.input_extent));
}

void main()
{
    const int i = linear_index();
    const int rows = i / p.width.output_extent;
    const int slices = rows / p.height.output_extent;
    const int block = slices / p.depth.output_extent;
    if (block >= p.blocks)
        return;
    const int batch = int(gl_GlobalInvocationID.z);
    const ivec3 place =
        ivec3(i - rows * p.width.output_extent, rows - slices * p.height.output_extent, slices - block * p.depth.output_extent);
    const int row = place.z * p.height.output_extent + place.y;

    const int plane = p.depth.output_extent * p.height.output_extent * p.width.output_extent;
    const ivec4 planes = ivec4(p.first_plane + batch * p.channels + block * 4) + ivec4(0, 1, 2, 3);
    const ivec4 own = planes * plane + row * p.width.output_extent + place.x;
    const ivec2 width = windows_of(p.width, place.x);
    const ivec2 height = windows_of(p.height, place.y);
    const ivec2 depth = windows_of(p.depth, place.z);
    vec4 result = vec4(0.0);
    for (int z = depth.x; z < depth.y; ++z)
    {
        for (int w = height.x; w < height.y; ++w)
        {
            const int source_row = z * p.height.input_extent + w;
            for (int column = width.x; column < width.y; ++column)
            {
                const ivec4 found = indices[view_index(p.indices, batch, block, source_row, column)];
                const vec4 values = decode(x[view_index(p.x, batch, block, source_row, column)]);
                result = mix(result, values, equal(found, own));
            }
        }
    }
    y[view_index(p.y, batch, block, row, place.x)] = encode(result);
}
