// Computes one element of four results per invocation, or per workgroup (`is_shared`), or as partial results of `segments`
// workgroups. With SHARE_BY_SHUFFLES a workgroup is one subgroup, which needs no barriers.
#include "reduction/reduce.h"
#include "shared/nan.glsl"
#include "shared/read.glsl"
#include "shared/values.glsl"

layout(constant_id = reduce_kind_id) const int kind = reduce_mean;
layout(constant_id = reduce_access_id) const int access = reduce_kept_elements;
layout(constant_id = reduce_stage_id) const int stage = reduce_whole;
layout(constant_id = reduce_is_shared_id) const bool is_shared = false;
layout(constant_id = reduce_has_one_axis_id) const bool has_one_axis = true; // all reduced_extents but the last are 1

layout(push_constant) uniform Push { Reduce p; };
layout(binding = 0) writeonly buffer Destination { ELEMENT destination[]; };
TENSOR(1, source)
#ifndef READ_TEXELS
layout(binding = 1) readonly buffer SourceWords { uint source_words[]; };
#endif
layout(binding = 2) buffer Partials { VALUES partials[]; }; // total and peak of each element of each segment

#ifndef SHARE_BY_SHUFFLES
shared VALUES shared_totals[gl_WorkGroupSize.x];
shared VALUES shared_peaks[gl_WorkGroupSize.x];
#endif

// Max length of a chain of additions: rounding errors grow with it, so longer chains are cut into pieces.
const int chain = 64;

#ifdef STORAGE_I32
ivec4 first_peak() { return ivec4(0); } // integers have no sums of exponentials
#else
vec4 first_peak() { return vec4(-largest_float); }
#endif

// The sum of exponentials is relative to the largest term, the peak; other kinds need only the total. Peaks are finite, because
// the difference of two infinite ones is NaN: with the largest float as its peak a total is infinite if a term is, and with the
// lowest float it is 0 if all terms are -infinity.
struct Partial
{
    VALUES total;
    VALUES peak;
};

Partial nothing()
{
    VALUES total = VALUES(0);
    if (kind == reduce_max)
        total = lowest();
    if (kind == reduce_min)
        total = highest();
    if (kind == reduce_prod)
        total = VALUES(1);
    return Partial(total, first_peak());
}

Partial merge(Partial a, Partial b)
{
#ifndef STORAGE_I32
    if (kind == reduce_log_sum_exp)
    {
        const vec4 peak = max(a.peak, b.peak);
        return Partial(a.total * exp(a.peak - peak) + b.total * exp(b.peak - peak), peak);
    }
#endif
    if (kind == reduce_max)
        return Partial(larger(a.total, b.total), a.peak);
    if (kind == reduce_min)
        return Partial(smaller(a.total, b.total), a.peak);
    if (kind == reduce_prod)
        return Partial(a.total * b.total, a.peak);
    return Partial(a.total + b.total, a.peak);
}

// Adds one value to the lanes with `is_term`, which is false for padding.
Partial with_term(Partial sum, VALUES x, bvec4 is_term)
{
#ifndef STORAGE_I32
    if (kind == reduce_log_sum_exp)
    {
        const vec4 value = mix(lowest(), x, is_term);
        const vec4 peak = max(sum.peak, min(value, largest_float));
        return Partial(sum.total * exp(sum.peak - peak) + keep_nan(value, exp(value - peak)), peak);
    }
#endif
    Partial result = nothing();
    if (kind == reduce_sum_square || kind == reduce_l2)
        x *= x;
    if (kind == reduce_l1)
        x = abs(x);
    result.total = mix(result.total, x, is_term);
    return merge(sum, result);
}

VALUES results(Partial sum)
{
#ifndef STORAGE_I32
    if (kind == reduce_l2)
        return sqrt(sum.total);
    if (kind == reduce_log_sum)
        return log_defined(sum.total);
    if (kind == reduce_log_sum_exp)
        return mix(log_defined(sum.total) + sum.peak, lowest(), equal(size_bits(sum.total), ivec4(0)));
#endif
    if (kind == reduce_mean)
        return sum.total / VALUES(p.terms);
    return sum.total;
}

int reduced_place(int step)
{
    if (has_one_axis)
        return step * p.reduced_strides[2];
    const ivec2 inner = divide(step, p.reduced_extents[2]);
    const ivec2 outer = divide(inner.x, p.reduced_extents[1]);
    return inner.y * p.reduced_strides[2] + outer.y * p.reduced_strides[1] + outer.x * p.reduced_strides[0];
}

// Source and destination of result `index`, and its coordinate along kept axis 1.
struct Place
{
    int source;
    int destination;
    int block;
};

Place place_of(int index)
{
    const ivec2 i3 = divide(index, p.kept_extents[3]);
    const ivec2 i2 = divide(i3.x, p.kept_extents[2]);
    const ivec2 i1 = divide(i2.x, p.kept_extents[1]);
    return Place(i1.x * p.kept_strides[0] + i1.y * p.kept_strides[1] + i2.y * p.kept_strides[2] +
                     i3.y * p.kept_strides[3],
                 i1.x * p.destination_strides[0] + i1.y * p.destination_strides[1] + i2.y * p.destination_strides[2] +
                     i3.y * p.destination_strides[3],
                 i1.y);
}

VALUE source_value(int place)
{
#ifdef READ_TEXELS
    return LOAD(source, place >> 2)[place & 3];
#else
    return value_of(source_words[word_of_value(place)], place);
#endif
}

Partial with_terms(Partial sum, ivec4 base, int step)
{
    const ivec4 places = base + reduced_place(step);
    VALUES x;
    if (access == reduce_values)
    {
        for (int lane = 0; lane < 4; ++lane)
            x[lane] = source_value(places[lane]);
    }
    else
        x = LOAD(source, places.x);
    bvec4 is_term = bvec4(true);
    if (access == reduce_channels)
        is_term = lessThan(ivec4(step * 4) + ivec4(0, 1, 2, 3), ivec4(p.channels));
    return with_term(sum, x, is_term);
}

// Sum of all terms of the steps first, first + stride, …
Partial sum_of_steps(ivec4 base, int first, int stride)
{
    Partial sum = nothing();
    Partial piece = sum;
    int length = 0;
    for (int step = first; step < p.steps; step += stride)
    {
        piece = with_terms(piece, base, step);
        if (++length == chain)
        {
            sum = merge(sum, piece);
            piece = nothing();
            length = 0;
        }
    }
    sum = merge(sum, piece);
    return sum;
}

// Merges the four lanes; all lanes of the result hold the total.
Partial folded(Partial a)
{
    const Partial b = merge(a, Partial(a.total.zwxy, a.peak.zwxy));
    return merge(b, Partial(b.total.yxwz, b.peak.yxwz));
}

// Contribution of this invocation, number `first` of `stride`, to element `index` of the results. (Functions have one call each
// as far as possible: drivers expand every call before they know which calls are reachable.)
Partial sum_of_element(int index, int first, int stride)
{
    const bool has_lane_places = access == reduce_values || access == reduce_reduced_elements;
    ivec4 base = ivec4(0);
    const int places = has_lane_places ? 4 : 1;
    for (int lane = 0; lane < places; ++lane)
        base[lane] = p.source_offset + place_of(has_lane_places ? min(index * 4 + lane, p.values - 1) : index).source;

    Partial sum = nothing();
    const int rounds = access == reduce_reduced_elements ? 4 : 1; // one for each result
    for (int round = 0; round < rounds; ++round)
    {
        Partial part = sum_of_steps(access == reduce_reduced_elements ? ivec4(base[round]) : base, first, stride);
        if (access == reduce_reduced_elements || access == reduce_channels)
            part = folded(part);
        const bvec4 is_made = equal(ivec4(0, 1, 2, 3), ivec4(round));
        const bool is_whole = rounds == 1;
        sum.total = mix(sum.total, part.total, is_whole ? bvec4(true) : is_made);
        sum.peak = mix(sum.peak, part.peak, is_whole ? bvec4(true) : is_made);
    }
    return sum;
}

Partial sum_of_segments(int index, int first, int stride)
{
    Partial sum = nothing();
    for (int segment = first; segment < p.segments; segment += stride)
    {
        const int place = (segment * p.elements + index) * 2;
        sum = merge(sum, Partial(partials[place], partials[place + 1]));
    }
    return sum;
}

void store(int index, int segment, Partial sum)
{
    if (stage == reduce_partial)
    {
        const int place = (segment * p.elements + index) * 2;
        partials[place] = sum.total;
        partials[place + 1] = sum.peak;
        return;
    }
    int place = p.destination_offset + index;
    bvec4 is_value = lessThan(ivec4(index * 4) + ivec4(0, 1, 2, 3), ivec4(p.values));
    if (p.is_blocked != 0)
    {
        const Place kept = place_of(index);
        place = p.destination_offset + kept.destination;
        is_value = lessThan(ivec4(kept.block * 4) + ivec4(0, 1, 2, 3), ivec4(p.channels));
        if (access == reduce_channels)
            is_value = bvec4(true, false, false, false);
    }
    destination[place] = encode(mix(VALUES(0), results(sum), is_value));
}

// Sum over the workgroup, in lane 0.
Partial sum_of_workgroup(Partial sum, int lane)
{
#ifdef SHARE_BY_SHUFFLES
    for (int step = int(gl_WorkGroupSize.x) / 2; step > 0; step /= 2)
        sum = merge(sum, Partial(subgroupShuffleXor(sum.total, step), subgroupShuffleXor(sum.peak, step)));
#else
    shared_totals[lane] = sum.total;
    shared_peaks[lane] = sum.peak;
    for (int half_count = int(gl_WorkGroupSize.x) / 2; half_count > 0; half_count /= 2)
    {
        barrier();
        if (lane < half_count)
        {
            sum = merge(sum, Partial(shared_totals[lane + half_count], shared_peaks[lane + half_count]));
            shared_totals[lane] = sum.total;
            shared_peaks[lane] = sum.peak;
        }
    }
#endif
    return sum;
}

void main()
{
    const int lane = int(gl_LocalInvocationID.x);
    int index = linear_index();
    int segment = 0;
    int first = 0;
    int stride = 1;
    if (is_shared)
    {
        const int workgroup = int(gl_WorkGroupSize.x);
        // The grid has one dimension of elements * segments workgroups.
        const int group = int(gl_WorkGroupID.x);
        index = group % p.elements;
        segment = group / p.elements;
        first = stage == reduce_finish ? lane : segment * workgroup + lane;
        stride = stage == reduce_finish ? workgroup : p.segments * workgroup;
    }
    else if (index >= p.elements)
        return;

    Partial sum;
    if (stage == reduce_finish)
        sum = sum_of_segments(index, first, stride);
    else
        sum = sum_of_element(index, first, stride);

    if (is_shared)
        sum = sum_of_workgroup(sum, lane);
    if (!is_shared || lane == 0)
        store(index, segment, sum);
}
