// Overlap of boxes vec4(x1, y1, x2, y2). Results are equal on every device: no operations are contracted, and if an operand of min
// or max is NaN, which leaves the result to the driver, an area is NaN, and so is `limit`.
#ifndef VKSEG_NMS_GLSL
#define VKSEG_NMS_GLSL

#include "selection/pairs.glsl"
#include "selection/nms.h"

bool is_overlap_above(const float threshold, const vec4 a, const vec4 b)
{
    precise const vec2 sides = max(min(a.zw, b.zw) - max(a.xy, b.xy), vec2(0.0));
    precise const vec2 sides_a = a.zw - a.xy;
    precise const vec2 sides_b = b.zw - b.xy;
    precise const float intersection = sides.x * sides.y;
    precise const float area_a = sides_a.x * sides_a.y;
    precise const float area_b = sides_b.x * sides_b.y;
    precise const float areas = area_a + area_b;
    precise const float area_of_both = areas - intersection;
    precise const float limit = threshold * area_of_both;
    return intersection > 0.0 && intersection > limit && !is_nan(limit);
}

#endif
