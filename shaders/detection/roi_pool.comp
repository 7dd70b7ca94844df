#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32 f16 texels
// Computes the maximum of one bin of a box in four channels, 0 if the bin has no pixels. Bounds of bins are exact fractions,
// rounded outwards to pixels.
#include "shared/read.glsl"
#include "detection/roi_pool.h"
#include "detection/roi.glsl"

layout(constant_id = roi_columns_per_turn_id) const int pixels_per_turn = 2;

layout(push_constant) uniform Push { RoiPool p; };
layout(binding = 0) writeonly buffer Y { ELEMENT y[]; };
TENSOR(1, x)
layout(binding = 2) readonly buffer Boxes { vec4 boxes[]; };

struct Pixels
{
    int begin;
    int end;
};

// `numerator * size / denominator`, rounded down after the addition of `rounding / denominator`. numerator <= denominator < 2^15.
int fraction_of(int size, int numerator, int denominator, int rounding)
{
    const ivec2 each = divide(size, denominator);
    return numerator * each.x + divide(numerator * each.y + rounding, denominator).x;
}

Pixels pixels_of(int first, int last, int bin, int bins, int map_extent)
{
    const int size = max(last - first + 1, 1);
    const int begin = first + fraction_of(size, bin, bins, 0);
    const int end = first + fraction_of(size, bin + 1, bins, bins - 1);
    return Pixels(clamp(begin, 0, map_extent), clamp(end, 0, map_extent));
}

// Nearest integers; halves away from zero.
ivec4 rounded(vec4 values)
{
    const vec4 whole = trunc(values);
    precise const vec4 rest = abs(values - whole);
    return ivec4(whole) + ivec4(sign(values)) * ivec4(greaterThanEqual(rest, vec4(0.5)));
}

vec4 bin_of(vec4 corners, int batch, int block, ivec2 bin)
{
    const ivec4 whole = rounded(corners);
    const Pixels rows = pixels_of(whole.y, whole.w, bin.y, p.output_height, p.input_height);
    const Pixels columns = pixels_of(whole.x, whole.z, bin.x, p.output_width, p.input_width);
    if (rows.begin >= rows.end || columns.begin >= columns.end)
        return vec4(0.0);
    vec4 result = vec4(-infinity());
    for (int row = rows.begin; row < rows.end; ++row)
    {
        const int from = view_index(p.x, batch, block, row, 0);
        for (int column = columns.begin; column < columns.end; column += pixels_per_turn)
        {
            // A pixel after the last is the last again, which leaves the maximum as it is.
#define ADD(k)                                                                                                         \
    if (k < pixels_per_turn)                                                                                           \
        result = larger(result, LOAD(x, from + min(column + k, columns.end - 1)));
            ADD(0)
            ADD(1)
            ADD(2)
            ADD(3)
        }
    }
    return result;
}

void main()
{
    const ivec2 column = divide(linear_index(), p.output_width);
    const ivec2 row = divide(column.x, p.output_height);
    const ivec2 block = divide(row.x, p.blocks);
    if (block.x >= p.boxes_count)
        return;
    const int at = view_index(p.boxes, p.first_box + block.x, 0, 0, 0);
    vec4 box = boxes[at];
    float entry = 0.0;
    if (p.has_batch_entries != 0)
    {
        entry = box.x;
        box = vec4(box.yzw, boxes[at + p.boxes.block_pitch].x);
    }
    const bool has_entry = is_moderate(vec4(entry));
    const int given = has_entry ? int(entry) : 0;
    const int batch = clamp(given < 0 ? given + p.batches : given, 0, p.batches - 1);
    if (batch < p.first_batch || batch > p.last_batch)
        return;
    precise const vec4 corners = box * p.scale;
    const bool has_box = has_entry && is_moderate(corners);
    const vec4 result = has_box ? bin_of(corners, batch - p.first_batch, block.y, ivec2(column.y, row.y)) : vec4(0.0);
    y[view_index(p.y, block.x, block.y, row.y, column.y)] = encode(result);
}
