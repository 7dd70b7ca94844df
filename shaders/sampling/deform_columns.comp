#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32 f16
// Samples x at one pixel's place of a tap plus its offset, in four channels: by group of the convolution, tap, and channel of the
// group.
#include "shared/tensor.glsl"
#include "sampling/deform_columns.h"

layout(constant_id = deform_kernel_height_id) const int kernel_height = 3;
layout(constant_id = deform_kernel_width_id) const int kernel_width = 3;
layout(constant_id = deform_stride_y_id) const int stride_y = 1;
layout(constant_id = deform_stride_x_id) const int stride_x = 1;
layout(constant_id = deform_dilation_y_id) const int dilation_y = 1;
layout(constant_id = deform_dilation_x_id) const int dilation_x = 1;
layout(constant_id = deform_has_mask_id) const bool has_mask = false;
layout(constant_id = deform_has_whole_blocks_id) const bool has_whole_blocks = false;

layout(push_constant) uniform Push { DeformColumns p; };
layout(binding = 0) writeonly buffer Y { ELEMENT y[]; };
layout(binding = 1) readonly buffer X { ELEMENT x[]; };
layout(binding = 2) readonly buffer Offsets { vec4 offsets[]; };
layout(binding = 3) readonly buffer Mask { ELEMENT mask[]; };

vec4 pixel(int plane, ivec2 place)
{
    const bool is_inside = place.x >= 0 && place.x < p.input_height && place.y >= 0 && place.y < p.input_width;
    const ivec2 inside = clamp(place, ivec2(0), ivec2(p.input_height, p.input_width) - 1);
    return mix(vec4(0.0), decode(x[plane + inside.x * p.x.row_pitch + inside.y]), bvec4(is_inside));
}

// Four channels of x at a position (y, x); zeros around x, and for NaN.
vec4 sampled(int plane, vec2 position)
{
    const vec2 extent = vec2(p.input_height, p.input_width);
    const bool is_near = position.x > -1.0 && position.y > -1.0 && position.x < extent.x && position.y < extent.y;
    if (!is_near || is_nan(position.x + position.y))
        return vec4(0.0);
    const vec2 first = floor(position);
    const ivec2 place = ivec2(first);
    const vec2 part = position - first;
    const vec4 above = (1.0 - part.y) * pixel(plane, place) + part.y * pixel(plane, place + ivec2(0, 1));
    const vec4 below = (1.0 - part.y) * pixel(plane, place + ivec2(1, 0)) + part.y * pixel(plane, place + ivec2(1, 1));
    return (1.0 - part.x) * above + part.x * below;
}

// The values of a block of x for channel `channel` of y, times the mask, and the channel of x.
vec4 column_of(int channel, int batch, int row, int column, out int source)
{
    const int taps = kernel_height * kernel_width;
    const ivec2 of_tap = divide(channel, p.group_channels); // tap of all groups, channel of the group
    const ivec2 tap = divide(of_tap.x, taps);               // group, tap
    source = tap.x * p.group_channels + of_tap.y;
    const int offset = divide(source, p.offset_channels).x * taps + tap.y;
    const vec4 pairs = offsets[view_index(p.offsets, batch, offset >> 1, row, column)];
    const vec2 moved = (offset & 1) == 0 ? pairs.xy : pairs.zw;
    const ivec2 window = ivec2(row * stride_y - p.pad_top, column * stride_x - p.pad_left);
    const ivec2 place = ivec2(tap.y / kernel_width * dilation_y, tap.y % kernel_width * dilation_x);
    vec4 values = sampled(view_index(p.x, batch, source >> 2, 0, 0), vec2(window + place) + moved);
    if (has_mask)
        values *= decode(mask[view_index(p.mask, batch, offset >> 2, row, column)])[offset & 3];
    return values;
}

void main()
{
    const ivec2 column = divide(linear_index(), p.output_width);
    const ivec2 row = divide(column.x, p.output_height);
    if (row.x >= p.blocks)
        return;
    const int batch = int(gl_GlobalInvocationID.z);
    const int first = (p.first_block + row.x) * 4;
    vec4 result = vec4(0.0);
    int source;
    if (has_whole_blocks)
    {
        result = column_of(first, batch, row.y, column.y, source);
    }
    else
    {
        for (int lane = 0; lane < min(4, p.channels - first); ++lane)
        {
            const vec4 values = column_of(first + lane, batch, row.y, column.y, source);
            result[lane] = values[source & 3];
        }
    }
    y[view_index(p.y, batch, row.x, row.y, column.y)] = encode(result);
}
