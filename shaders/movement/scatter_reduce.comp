#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32 f16 i32
// Combines one element of four values with all updates that go to their places, in the order of the updates.
#include "shared/values.glsl"
#include "movement/scatter_elements.h"

layout(constant_id = scatter_reduction_id) const int reduction = scatter_add;

layout(push_constant) uniform Push { ScatterReduce p; };
layout(binding = 0) writeonly buffer Destination { ELEMENT destination[]; };
layout(binding = 1) readonly buffer Data { ELEMENT data[]; };
layout(binding = 2) readonly buffer Updates { uint updates[]; };
layout(binding = 3) readonly buffer Pairs { uvec2 pairs[]; }; // sorted positions, and the coordinates of their updates

VALUE combined(VALUE value, VALUE update)
{
    if (reduction == scatter_add)
        return value + update;
    if (reduction == scatter_mul)
        return value * update;
    return reduction == scatter_max ? larger(VALUES(value), VALUES(update)).x : smaller(VALUES(value), VALUES(update)).x;
}

void main()
{
    const int i = linear_index();
    const int first = i * 4;
    if (first >= p.loops.values)
        return;
    VALUES values = decode(data[p.loops.data_offset + i]);
    const int lanes = min(4, p.loops.values - first);
    for (int lane = 0; lane < lanes; ++lane)
    {
        int rest = first + lane;
        int claim = 0;
        int update = p.loops.updates_offset;
        bool is_within = true;
        for (int axis = p.loops.axes - 1; axis >= 0; --axis)
        {
            const ivec2 outer = divide(rest, p.loops.extents[axis]);
            claim += outer.y * p.loops.claim_strides[axis];
            update += outer.y * p.loops.update_strides[axis];
            is_within = is_within && outer.y < p.loops.bounds[axis];
            rest = outer.x;
        }
        if (!is_within)
            continue;
        const ivec2 place = divide(claim, p.extent); // row, coordinate along the axis
        const int row = place.x * p.positions;
        const uint key = uint(place.y) ^ 0x80000000u;
        int low = 0;
        int high = p.positions;
        while (low < high)
        {
            const int middle = (low + high) / 2;
            const bool is_before = pairs[row + middle].x < key;
            low = is_before ? middle + 1 : low;
            high = is_before ? high : middle;
        }
        VALUE value = values[lane];
        for (; low < p.positions && pairs[row + low].x == key; ++low)
        {
            const int at = update + int(pairs[row + low].y) * p.loops.axis_stride;
            value = combined(value, value_of(updates[word_of_value(at)], at));
        }
        values[lane] = value;
    }
    destination[p.loops.destination_offset + i] = encode(values);
}
