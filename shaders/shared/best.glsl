// Where four rows have their largest or smallest value so far.
#ifndef VKSEG_BEST_GLSL
#define VKSEG_BEST_GLSL

#include "tensor.glsl"

layout(constant_id = 4) const bool is_min = false;
layout(constant_id = 5) const bool select_last = false;

struct Best
{
    VALUES value;
    ivec4 index; // −1: none yet
};

Best better(Best a, Best b)
{
    bvec4 is_beyond = greaterThan(b.value, a.value);
    if (is_min)
        is_beyond = lessThan(b.value, a.value);
    bvec4 is_preferred = lessThan(b.index, a.index);
    if (select_last)
        is_preferred = greaterThan(b.index, a.index);
    const uvec4 wins = uvec4(is_beyond) | (uvec4(equal(b.value, a.value)) & uvec4(is_preferred));
    const uvec4 takes_b = uvec4(lessThan(a.index, ivec4(0))) | (wins & uvec4(greaterThanEqual(b.index, ivec4(0))));
    return Best(mix(a.value, b.value, bvec4(takes_b)), mix(a.index, b.index, bvec4(takes_b)));
}

// The four lanes become one, which all of them hold.
Best best_of_lanes(Best best)
{
    best = better(best, Best(best.value.zwxy, best.index.zwxy));
    return better(best, Best(best.value.yxwz, best.index.yxwz));
}

#endif
