#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32 f16 texels
// Computes one bin of a box in four channels: the mean or the maximum of bilinear samples. Positions are computed by the same
// operations in the same order as in lib/reference/roi_align.cpp.
#include "shared/read.glsl"
#include "detection/roi_align.h"
#include "detection/roi.glsl"

layout(constant_id = roi_columns_per_turn_id) const int samples_per_turn = 2;
layout(constant_id = roi_is_max_id) const int is_max = 0;

layout(push_constant) uniform Push { RoiAlign p; };
layout(binding = 0) writeonly buffer Y { ELEMENT y[]; };
TENSOR(1, x)
layout(binding = 2) readonly buffer Boxes { vec4 boxes[]; };
layout(binding = 3) readonly buffer Indices { int indices[]; };

// Samples of a bin along an axis: `first + (i + 0.5) * spacing` for i < count, of which those in [begin, end) may lie in the map.
struct Samples
{
    float first;
    float spacing;
    float count;
    int begin;
    int end;
};

// Elements on both sides of a sample along an axis, and the weight of the second.
struct Neighbours
{
    int low;
    int high;
    float part;
    bool is_inside;
};

// Smallest whole number n for which n * bins >= extent, whatever the division's rounding.
float bins_up(float extent, float bins)
{
    float n = ceil(extent / bins);
    precise const float fewer = (n - 1.0) * bins;
    n = fewer >= extent ? n - 1.0 : n;
    precise const float product = n * bins;
    return product < extent ? n + 1.0 : n;
}

Samples samples_of(float start, float end, int bin, int bins, int map_extent)
{
    precise const float size = max(end - start, p.min_size);
    precise const float bin_size = size / float(bins);
    precise const float first = start + float(bin) * bin_size;
    if (p.sampling_ratio > 0)
    {
        precise const float spacing = bin_size / float(p.sampling_ratio);
        return Samples(first, spacing, float(p.sampling_ratio), 0, p.sampling_ratio);
    }
    const float count = max(bins_up(size, float(bins)), 0.0);
    precise const float spacing = bin_size / max(count, 1.0);
    if (count == 0.0)
        return Samples(first, spacing, 0.0, 0, 0);
    // The spacing of several samples is at least 0.5. A single one may be closer to the start of the bin, but is always tried.
    const float inverse = 1.0 / max(spacing, 0.5);
    const float slack = 2.0;
    const float begin = count == 1.0 ? 0.0 : clamp(floor((-1.0 - first) * inverse) - slack, 0.0, count);
    const float last = count == 1.0 ? 1.0 : clamp(ceil((float(map_extent) - first) * inverse) + slack, 0.0, count);
    return Samples(first, spacing, count, int(begin), int(last));
}

Neighbours neighbours_of(Samples samples, int i, int map_extent)
{
    precise const float position = samples.first + (float(i) + 0.5) * samples.spacing;
    const float inside = clamp(position, 0.0, float(map_extent - 1));
    const int low = int(inside);
    return Neighbours(low, min(low + 1, map_extent - 1), inside - float(low),
                      position >= -1.0 && position <= float(map_extent));
}

vec4 with_sample(vec4 result, Neighbours row, int above, int below, Samples columns, int i)
{
    const Neighbours column = neighbours_of(columns, i, p.input_width);
    const vec4 v0 = LOAD(x, above + column.low);
    const vec4 v1 = LOAD(x, above + column.high);
    const vec4 v2 = LOAD(x, below + column.low);
    const vec4 v3 = LOAD(x, below + column.high);
    const float up = 1.0 - row.part;
    const float left = 1.0 - column.part;
    const bvec4 is_inside = bvec4(row.is_inside && column.is_inside);
    const bvec4 is_sample = bvec4(i < columns.end);
    if (is_max != 0)
    {
        const vec4 largest = larger(larger(up * left * v0, up * column.part * v1),
                                    larger(row.part * left * v2, row.part * column.part * v3));
        return mix(result, larger(result, mix(vec4(0.0), largest, is_inside)), is_sample);
    }
    const vec4 sum = up * (left * v0 + column.part * v1) + row.part * (left * v2 + column.part * v3);
    return result + mix(vec4(0.0), sum, bvec4(uvec4(is_inside) & uvec4(is_sample)));
}

// True if the samples in [begin, end) leave out others.
bool leaves_out(Samples samples) { return float(samples.end - samples.begin) < samples.count; }

vec4 bin_of(vec4 corners, int batch, int block, ivec2 bin)
{
    const Samples rows = samples_of(corners.y, corners.w, bin.y, p.output_height, p.input_height);
    const Samples columns = samples_of(corners.x, corners.z, bin.x, p.output_width, p.input_width);
    if (rows.count * columns.count == 0.0)
        return vec4(0.0);
    const bool has_outside = leaves_out(rows) || leaves_out(columns);
    const int plane = view_index(p.x, batch, block, 0, 0);
    vec4 result = vec4(is_max != 0 && !has_outside ? -infinity() : 0.0);
    for (int j = rows.begin; j < rows.end; ++j)
    {
        const Neighbours row = neighbours_of(rows, j, p.input_height);
        const int above = plane + row.low * p.x.row_pitch;
        const int below = plane + row.high * p.x.row_pitch;
        for (int i = columns.begin; i < columns.end; i += samples_per_turn)
        {
#define ADD(k)                                                                                                         \
    if (k < samples_per_turn)                                                                                          \
        result = with_sample(result, row, above, below, columns, i + k);
            ADD(0)
            ADD(1)
            ADD(2)
            ADD(3)
        }
    }
    return is_max != 0 ? result : result / (rows.count * columns.count);
}

// Area in pixels of the picture, by which the launch of the box's level knows the box. Without bounds for a single level.
bool is_of_launch(vec4 box, int batch)
{
    precise const vec2 size = box.zw - box.xy;
    precise const float product = size.x * size.y;
    const float area = is_nan(product) ? 0.0 : clamp(product, 0.0, largest_float);
    return area >= p.min_area && area < p.end_area && batch >= p.first_batch && batch <= p.last_batch;
}

int batch_of(int box)
{
    if (p.indices_offset < 0)
        return 0;
    const int index = indices[p.indices_offset * 4 + box];
    return clamp(index < 0 ? index + p.batches : index, 0, p.batches - 1);
}

void main()
{
    const ivec2 column = divide(linear_index(), p.output_width);
    const ivec2 row = divide(column.x, p.output_height);
    const ivec2 block = divide(row.x, p.blocks);
    if (block.x >= p.boxes_count)
        return;
    const vec4 box = boxes[view_index(p.boxes, p.first_box + block.x, 0, 0, 0)];
    const int batch = batch_of(p.first_box + block.x);
    if (!is_of_launch(box, batch))
        return;
    precise const vec4 corners = box * p.scale - p.shift;
    const vec4 result =
        is_moderate(corners) ? bin_of(corners, batch - p.first_batch, block.y, ivec2(column.y, row.y)) : vec4(0.0);
    y[view_index(p.y, block.x, block.y, row.y, column.y)] = encode(result);
}
