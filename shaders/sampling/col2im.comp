#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32 f16
// Computes one element of four values of pictures, each the sum of the values of all blocks that cover it.
#include "shared/values.glsl"
#include "sampling/col2im.h"

layout(push_constant) uniform Push { Col2im p; };
layout(binding = 0) writeonly buffer Destination { ELEMENT destination[]; };
layout(binding = 1) readonly buffer Source { uint source[]; };

// Block whose tap k covers a position along an axis, or -1.
int block_at(Col2imAxis axis, int position, int k)
{
    const int distance = position + axis.pad_begin - k * axis.dilation;
    const ivec2 block = divide(max(distance, 0), axis.stride);
    return distance >= 0 && block.y == 0 && block.x < axis.blocks ? block.x : -1;
}

float sum_at(int value)
{
    const ivec2 column = divide(value, p.width.extent);
    const ivec2 row = divide(column.x, p.height.extent);
    const ivec2 plane = divide(row.x, p.depth.extent);
    float sum = 0.0;
    for (int k = 0; k < p.depth.kernel; ++k)
    {
        const int z = block_at(p.depth, plane.y, k);
        for (int j = 0; j < p.height.kernel && z >= 0; ++j)
        {
            const int y = block_at(p.height, row.y, j);
            for (int i = 0; i < p.width.kernel && y >= 0; ++i)
            {
                const int x = block_at(p.width, column.y, i);
                const int tap = ((plane.x * p.depth.kernel + k) * p.height.kernel + j) * p.width.kernel + i;
                const int place = p.source_offset + ((tap * p.depth.blocks + z) * p.height.blocks + y) * p.width.blocks + x;
                if (x >= 0)
                    sum += value_of(source[word_of_value(place)], place);
            }
        }
    }
    return sum;
}

void main()
{
    const int i = linear_index();
    if (i * 4 >= p.values)
        return;
    vec4 result = vec4(0.0);
    for (int lane = 0; lane < min(4, p.values - i * 4); ++lane)
        result[lane] = sum_at(i * 4 + lane);
    destination[p.destination_offset + i] = encode(result);
}
