#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32 f16
// Looks up one candidate's box, and replaces its key by its group.
#include "selection/nms.glsl"

layout(constant_id = nms_corners_id) const int corners = nms_ordered_corners;
layout(constant_id = nms_has_groups_id) const bool has_groups = false;

layout(push_constant) uniform Push { NmsCandidates p; };
layout(binding = 0) writeonly buffer Boxes { vec4 boxes[]; };
layout(binding = 1) buffer Candidates { uvec2 candidates[]; };
layout(binding = 2) readonly buffer Source { ELEMENT source[]; };
layout(binding = 3) readonly buffer Groups { uint groups[]; };

vec4 corners_of(vec4 box)
{
    if (corners == nms_any_corners)
        return vec4(mix(box.zw, box.xy, lessThan(box.xy, box.zw)), mix(box.xy, box.zw, lessThan(box.xy, box.zw)));
    if (corners == nms_centers)
    {
        precise const vec2 half_sides = box.zw * 0.5;
        precise const vec4 result = vec4(box.xy - half_sides, box.xy + half_sides);
        return result;
    }
    if (corners == nms_inclusive_corners)
    {
        precise const vec4 result = vec4(box.xy, box.zw + 1.0);
        return result;
    }
    return box;
}

void main()
{
    const int i = linear_index();
    if (i >= p.candidates)
        return;
    const uvec2 pair = candidates[i];
    if (pair.x == sort_last_key)
    {
        candidates[i] = uvec2(0, nms_end);
        return;
    }
    const int batch = divide(divide(i, p.boxes).x, p.classes).x;
    const vec4 box = corners_of(decode(source[p.boxes_offset + batch * p.boxes + int(pair.y)]));
    precise const vec2 sides = box.zw - box.xy;
    const bool is_dropped = p.min_size > 0.0 && !all(greaterThanEqual(sides, vec2(p.min_size)));
    boxes[i] = box;
    candidates[i] = uvec2(has_groups ? groups[p.groups_offset + int(pair.y)] : 0u, is_dropped ? nms_dropped : pair.y);
}
