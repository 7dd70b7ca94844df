// Order of the pairs uvec2(key, index) that are sorted.
#ifndef VKSEG_PAIRS_GLSL
#define VKSEG_PAIRS_GLSL

#include "shared/tensor.glsl"
#include "selection/sort.h"

bool is_before(uvec2 a, uvec2 b) { return a.x < b.x || a.x == b.x && a.y < b.y; }

// Index of this workgroup in a grid that the host folded because it does not fit one dimension.
int workgroup_index() { return int(gl_WorkGroupID.x + gl_WorkGroupID.y * gl_NumWorkGroups.x); }

#endif
