#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32 f16 i32
// Sorts sort_pairs pairs per workgroup by a bitonic network: as many runs as fit. Each invocation holds eight pairs at a time, so
// that up to three steps of the network take one trip through shared memory.
#include "selection/pairs.glsl"
#include "shared/values.glsl"

layout(constant_id = sort_run_bits_id) const int run_bits = 10;
layout(constant_id = sort_is_rising_id) const bool is_rising = false;
layout(constant_id = sort_is_filtered_id) const bool is_filtered = false;

layout(push_constant) uniform Push { SortRuns p; };
layout(binding = 0) writeonly buffer Pairs { uvec2 pairs[]; };
layout(binding = 1) readonly buffer Source { uint source[]; };

shared uvec2 shared_pairs[sort_pairs];

const uint nan_rank = 0xffffffffu;

// Unsigned integer that rises with the value; nan_rank for NaN. Halves are widened as integers, because drivers may flush
// denormal ones to zero.
uint ordered_value(uint word, int i)
{
#ifdef STORAGE_I32
    return word ^ 0x80000000u;
#else
#ifdef STORAGE_F16
    const uint half_bits = word >> ((i & 1) * 16);
    const uint sign = (half_bits & 0x8000u) << 16;
    const uint magnitude = half_bits & 0x7fffu;
    uint size = (magnitude << 13) + ((magnitude < 0x7c00u ? 127u - 15u : 2u * (127u - 15u)) << 23);
    if (magnitude < 0x400u) // units of 2^-24
        size = magnitude == 0u ? 0u : floatBitsToUint(float(magnitude)) - (24u << 23);
#else
    const uint sign = word & 0x80000000u;
    const uint size = word & 0x7fffffffu;
#endif
    if (size > uint(infinity_bits))
        return nan_rank;
    return sign == 0u || size == 0u ? size | 0x80000000u : ~(size | sign);
#endif
}

// Pair at place i of this workgroup.
uvec2 load_pair(int i)
{
    const int run_index = workgroup_index() * (sort_pairs >> run_bits) + (i >> run_bits);
    const ivec2 run = divide(run_index, p.runs); // row, run
    const int index = (run.y << run_bits) + (i & (1 << run_bits) - 1);
    if (run.x >= p.rows || index >= p.extent)
        return uvec2(sort_last_key, index);
    const ivec2 row = divide(run.x, p.inner);
    const int place = p.source_offset + (row.x * p.extent + index) * p.inner + row.y;
    const uint ordered = ordered_value(source[word_of_value(place)], place);
    if (is_filtered && (ordered <= p.bound || ordered == nan_rank))
        return uvec2(sort_last_key, index);
    return uvec2(is_rising ? ordered : ~ordered, index);
}

const int held_pairs = sort_pairs / sort_invocations;
uvec2 held[held_pairs];

void order(inout uvec2 a, inout uvec2 b, bool falls)
{
    const bool swaps = is_before(b, a) != falls;
    const uvec2 first = swaps ? b : a;
    b = swaps ? a : b;
    a = first;
}

// One step of the network each: compare places that are 4, 2 or 1 apart. Other indices than constants would move the held pairs
// to slow memory.
void order_by_4(bool falls)
{
    order(held[0], held[4], falls);
    order(held[1], held[5], falls);
    order(held[2], held[6], falls);
    order(held[3], held[7], falls);
}
void order_by_2(bvec2 falls)
{
    order(held[0], held[2], falls.x);
    order(held[1], held[3], falls.x);
    order(held[4], held[6], falls.y);
    order(held[5], held[7], falls.y);
}
void order_by_1(bvec4 falls)
{
    order(held[0], held[1], falls.x);
    order(held[2], held[3], falls.y);
    order(held[4], held[5], falls.z);
    order(held[6], held[7], falls.w);
}

void load_held(int first, int stride)
{
    held[0] = shared_pairs[first];
    held[1] = shared_pairs[first + stride];
    held[2] = shared_pairs[first + stride * 2];
    held[3] = shared_pairs[first + stride * 3];
    held[4] = shared_pairs[first + stride * 4];
    held[5] = shared_pairs[first + stride * 5];
    held[6] = shared_pairs[first + stride * 6];
    held[7] = shared_pairs[first + stride * 7];
}

void store_held(int first, int stride)
{
    shared_pairs[first] = held[0];
    shared_pairs[first + stride] = held[1];
    shared_pairs[first + stride * 2] = held[2];
    shared_pairs[first + stride * 3] = held[3];
    shared_pairs[first + stride * 4] = held[4];
    shared_pairs[first + stride * 5] = held[5];
    shared_pairs[first + stride * 6] = held[6];
    shared_pairs[first + stride * 7] = held[7];
}

// The part of the network inside eight places. Every second sequence of a size falls, except that all runs rise in the end.
void sort_eight(int lane, int run_length)
{
    const bool falls_2 = 2 < run_length;
    const bool falls_4 = 4 < run_length;
    const bool falls_8 = 8 < run_length && (lane & 1) != 0;
    if (run_length >= 2)
        order_by_1(bvec4(false, falls_2, false, falls_2));
    if (run_length >= 4)
    {
        order_by_2(bvec2(false, falls_4));
        order_by_1(bvec4(false, false, falls_4, falls_4));
    }
    if (run_length >= 8)
    {
        order_by_4(falls_8);
        order_by_2(bvec2(falls_8));
        order_by_1(bvec4(falls_8));
    }
}

void main()
{
    const int lane = int(gl_LocalInvocationID.x);
    const int run_length = 1 << run_bits;
    for (int i = lane; i < sort_pairs; i += sort_invocations)
        shared_pairs[i] = load_pair(i);
    barrier();
    load_held(lane * held_pairs, 1);
    sort_eight(lane, run_length);
    store_held(lane * held_pairs, 1);
    for (int size = held_pairs * 2; size <= run_length; size *= 2)
    {
        int last = 0; // distance of the last step of a round
        for (int distance = size / 2; distance > 0; distance = last / 2)
        {
            last = max(distance / 4, 1);
            const int below = lane & last - 1;
            const int first = (lane - below) * held_pairs + below;
            const bool falls = size < run_length && (first & size) != 0;
            barrier();
            load_held(first, last);
            if (distance == last * 4)
                order_by_4(falls);
            if (distance >= last * 2)
                order_by_2(bvec2(falls));
            order_by_1(bvec4(falls));
            store_held(first, last);
        }
    }
    barrier();
    for (int i = lane; i < sort_pairs; i += sort_invocations)
    {
        const int run_index = workgroup_index() * (sort_pairs >> run_bits) + (i >> run_bits);
        const int place = i & run_length - 1;
        if (run_index < p.rows * p.runs && place < p.stored)
            pairs[run_index * p.stored + place] = shared_pairs[i];
    }
}
