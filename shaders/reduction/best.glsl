// Indices of the largest or smallest values so far in four rows, or of the first NaN (the last if `select_last`).
#ifndef VKSEG_BEST_GLSL
#define VKSEG_BEST_GLSL

#include "reduction/arg_reduce.h"
#include "shared/nan.glsl"
#include "shared/tensor.glsl"

layout(constant_id = arg_reduce_is_min_id) const bool is_min = false;
layout(constant_id = arg_reduce_select_last_id) const bool select_last = false;

struct Best
{
    VALUES value;
    ivec4 index;
};

// State before any value. `first` is the index of the value that follows, which is the result if all values are -infinity. If
// none follows, `first` is an index beyond the axis, which loses every tie. With select_last the index is −1 instead.
Best best_of_nothing(ivec4 first) { return Best(is_min ? highest() : lowest(), select_last ? ivec4(-1) : first); }

uvec4 is_beyond(VALUES b, VALUES a) { return is_min ? uvec4(lessThan(b, a)) : uvec4(greaterThan(b, a)); }

// Adds values that come after all earlier ones; only lanes with `is_value` count.
Best with_next(Best best, VALUES value, ivec4 index, bvec4 is_value)
{
    const uvec4 yields = uvec4(not(is_nan(best.value)));
    uvec4 wins = is_beyond(value, best.value);
    if (select_last)
        wins = (wins | uvec4(equal(value, best.value))) & yields | uvec4(is_nan(value));
    else
        wins = (wins | uvec4(is_nan(value))) & yields;
    wins &= uvec4(is_value);
    return Best(mix(best.value, value, bvec4(wins)), mix(best.index, index, bvec4(wins)));
}

Best better(Best a, Best b)
{
    const uvec4 a_is_nan = uvec4(is_nan(a.value));
    const uvec4 b_is_nan = uvec4(is_nan(b.value));
    const uvec4 are_numbers = uvec4(1) - (a_is_nan | b_is_nan);
    const uvec4 tie = uvec4(equal(b.value, a.value)) & are_numbers | a_is_nan & b_is_nan;
    const uvec4 is_preferred = select_last ? uvec4(greaterThan(b.index, a.index)) : uvec4(lessThan(b.index, a.index));
    const uvec4 wins = is_beyond(b.value, a.value) & are_numbers | b_is_nan & (uvec4(1) - a_is_nan) | tie & is_preferred;
    return Best(mix(a.value, b.value, bvec4(wins)), mix(a.index, b.index, bvec4(wins)));
}

// Best of the four lanes, in all of them.
Best best_of_lanes(Best best)
{
    best = better(best, Best(best.value.zwxy, best.index.zwxy));
    return better(best, Best(best.value.yxwz, best.index.yxwz));
}

#endif
