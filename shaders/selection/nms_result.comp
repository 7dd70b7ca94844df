#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32
// Writes one element of four values of the selected boxes; the first invocation writes their number, too.
#include "selection/nms.glsl"

layout(constant_id = nms_is_by_class_id) const bool is_by_class = false;
layout(constant_id = nms_has_count_id) const bool has_count = true;

layout(push_constant) uniform Push { NmsResult p; };
layout(binding = 0) writeonly buffer Selected { ivec4 selected[]; };
layout(binding = 1) writeonly buffer Count { ivec4 count[]; };
layout(binding = 2) readonly buffer State { uint state[]; };
layout(binding = 3) readonly buffer Candidates { uvec2 candidates[]; };

// Value of a column of a selected box.
int value_of_box(int box, int column)
{
    int low = 0; // the last row with at most `box` boxes before it
    int high = p.rows - 1;
    while (low < high)
    {
        const int middle = (low + high + 1) / 2;
        const bool is_before = int(state[middle * p.pitch + nms_is_done]) <= box;
        low = is_before ? middle : low;
        high = is_before ? high : middle - 1;
    }
    const ivec2 row = divide(low, p.classes);
    if (is_by_class && column < 2)
        return row[column];
    const int header = low * p.pitch;
    const int place = box - int(state[header + nms_is_done]);
    return int(candidates[low * p.candidates + int(state[header + nms_header + nms_chunk + place])].y);
}

void main()
{
    const int i = linear_index();
    const int total = int(state[p.rows * p.pitch]);
    if (has_count && i == 0)
        count[p.count_offset] = ivec4(total, 0, 0, 0);
    const int first = i * 4;
    if (first >= p.selected)
        return;
    const int columns = is_by_class ? 3 : 1;
    ivec4 values = ivec4(0);
    for (int lane = 0; lane < 4; ++lane)
    {
        const ivec2 box = divide(first + lane, columns);
        if (box.x < total)
            values[lane] = value_of_box(box.x, box.y);
    }
    selected[p.selected_offset + i] = values;
}
