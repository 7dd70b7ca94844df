#version 450
#extension GL_GOOGLE_include_directive : require
// variant grid_sample              f32 f16
// variant grid_sample_texel        f32 f16 READ_TEXELS
// variant grid_sample_volume       f32 f16 VOLUME
// variant grid_sample_volume_texel f32 f16 VOLUME READ_TEXELS
// Samples x at one position of the grid, in up to four blocks of channels, which share the position and the weights of one, two or
// four taps along each axis. Positions are computed by the same operations in the same order as in lib/reference/grid_sample.cpp.
#include "shared/read.glsl"
#include "sampling/grid_sample.h"

layout(constant_id = grid_sample_blocks_id) const int blocks_each = 4; // per invocation
layout(constant_id = grid_sample_padding_id) const int padding = grid_padding_zeros;
layout(constant_id = grid_sample_align_corners_id) const bool align_corners = false;
layout(constant_id = grid_sample_taps_id) const int taps_each = 2; // per axis: nearest, linear or cubic

layout(push_constant) uniform Push { GridSample p; };
layout(binding = 0) writeonly buffer Y { ELEMENT y[]; };
TENSOR(1, x)
layout(binding = 2) readonly buffer Grid { vec4 grid[]; };

// Up to four taps along an axis: places in x, weights, and whether they lie in x.
struct Taps
{
    ivec4 places;
    vec4 weights;
    bvec4 is_inside;
};

// Mirrors positions at the borders of x as often as needed: at the centres of the outermost pixels, or at their edges.
vec4 reflected(vec4 positions, int extent)
{
    const float low = align_corners ? 0.0 : -0.5;
    const float span = align_corners ? float(extent - 1) : float(extent);
    if (span == 0.0)
        return vec4(0.0);
    const float period = 2.0 * span;
    precise const vec4 distance = abs(positions - low);
    precise vec4 rest = distance - floor(distance / period) * period;
    rest += mix(vec4(0.0), vec4(period), lessThan(rest, vec4(0.0)));
    rest -= mix(vec4(0.0), vec4(period), greaterThanEqual(rest, vec4(period)));
    precise const vec4 positions_inside = low + min(rest, period - rest);
    return positions_inside;
}

vec4 padded(vec4 positions, int extent)
{
    if (padding == grid_padding_reflection)
        positions = reflected(positions, extent);
    return padding == grid_padding_zeros ? positions : clamp(positions, 0.0, float(extent - 1));
}

// Position of a coordinate from -1 to 1, in pixels. Positions far outside are moved to where results are the same, and NaN is
// such a position. Reflection takes positions for 0 whose distance f32 holds only coarsely.
float position_of(float coordinate, int extent)
{
    precise const float aligned = (coordinate + 1.0) * 0.5 * float(extent - 1);
    precise const float centred = ((coordinate + 1.0) * float(extent) - 1.0) * 0.5;
    const float position = align_corners ? aligned : centred;
    if (padding == grid_padding_reflection)
        return SIZE_BITS(position) <= floatBitsToInt(grid_max_reflected) ? position : 0.0;
    return is_nan(position) ? -4.0 : clamp(position, -4.0, float(extent + 3));
}

// R. Keys, "Cubic Convolution Interpolation for Digital Image Processing", 1981, with a = -0.75.
vec4 cubic_weights(float t)
{
    const float a = -0.75;
    const vec2 near = vec2(t, 1.0 - t);
    const vec2 far = near + 1.0;
    const vec2 near_weights = ((a + 2.0) * near - (a + 3.0)) * near * near + 1.0;
    const vec2 far_weights = ((a * far - 5.0 * a) * far + 8.0 * a) * far - 4.0 * a;
    return vec4(far_weights.x, near_weights, far_weights.y);
}

Taps taps_of(float coordinate, int extent)
{
    const float position = position_of(coordinate, extent);
    vec4 positions;
    vec4 weights = vec4(1.0);
    if (taps_each == 1)
    {
        positions = roundEven(padded(vec4(position), extent));
    }
    else if (taps_each == 2)
    {
        const float moved = padded(vec4(position), extent).x;
        const float first = floor(moved);
        positions = first + vec4(0.0, 1.0, 1.0, 1.0);
        weights.xy = vec2(1.0 - (moved - first), moved - first);
    }
    else
    {
        const float first = floor(position);
        positions = padded(first + vec4(-1.0, 0.0, 1.0, 2.0), extent);
        weights = cubic_weights(position - first);
    }
    const float last = float(extent - 1);
    const bvec4 is_inside = bvec4(uvec4(greaterThanEqual(positions, vec4(0.0))) & uvec4(lessThanEqual(positions, vec4(last))));
    return Taps(ivec4(clamp(positions, 0.0, last)), weights, is_inside);
}

vec4 tap(int place, bool is_inside)
{
    return mix(vec4(0.0), LOAD(x, place), bvec4(is_inside));
}

// Weighted sum of the taps that TERM gives.
#define RETURN_SUM(TERM)                                                                                               \
    if (taps_each == 1)                                                                                                \
        return TERM(x);                                                                                                \
    vec4 sum = taps.weights.x * TERM(x) + taps.weights.y * TERM(y);                                                    \
    if (taps_each > 2)                                                                                                 \
        sum += taps.weights.z * TERM(z) + taps.weights.w * TERM(w);                                                    \
    return sum;

vec4 sample_line(int line, Taps taps, bool is_inside)
{
#define COLUMN(k) tap(line + taps.places.k, is_inside && taps.is_inside.k)
    RETURN_SUM(COLUMN)
}

vec4 sample_plane(int plane, Taps taps, Taps columns, bool is_inside)
{
#define LINE(k) sample_line(plane + taps.places.k * p.x.row_pitch, columns, is_inside && taps.is_inside.k)
    RETURN_SUM(LINE)
}

#ifdef VOLUME
vec4 sample_volume(int volume, Taps taps, Taps lines, Taps columns)
{
#define PLANE(k) sample_plane(volume + taps.places.k * p.input_height * p.x.row_pitch, lines, columns, taps.is_inside.k)
    RETURN_SUM(PLANE)
}
#endif

void main()
{
    const ivec2 column = divide(linear_index(), p.output_width);
    const ivec2 line = divide(column.x, p.output_height);
    const int batch = int(gl_GlobalInvocationID.z);
#ifdef VOLUME
    const ivec2 plane = divide(line.x, p.output_depth);
    const int group = plane.x;
    const int row = plane.y * p.output_height + line.y;
#define COORDINATE(axis)                                                                                               \
    grid[view_index(p.grid, batch, plane.y >> 2, line.y * p.output_width + column.y, axis)][plane.y & 3]
#else
    const int group = line.x;
    const int row = line.y;
#define COORDINATE(axis) grid[view_index(p.grid, batch, line.y >> 2, column.y, axis)][line.y & 3]
#endif
    if (group * blocks_each >= p.blocks)
        return;
    const Taps columns = taps_of(COORDINATE(0), p.input_width);
    const Taps lines = taps_of(COORDINATE(1), p.input_height);
#ifdef VOLUME
    const Taps planes = taps_of(COORDINATE(2), p.input_depth);
#define SAMPLE(from) sample_volume(from, planes, lines, columns)
#else
#define SAMPLE(from) sample_plane(from, lines, columns, true)
#endif
#define COMPUTE(b)                                                                                                     \
    if (b < blocks_each && group * blocks_each + b < p.blocks)                                                         \
    {                                                                                                                  \
        const int block = group * blocks_each + b;                                                                     \
        y[view_index(p.y, batch, block, row, column.y)] = encode(SAMPLE(view_index(p.x, batch, block, 0, 0)));         \
    }
    COMPUTE(0)
    COMPUTE(1)
    COMPUTE(2)
    COMPUTE(3)
}
