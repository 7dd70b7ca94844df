#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32
// Counts the pixels of a mask that have no class, and finds the largest label: adds to counts that begin as zeros.
#include "picture/count_faults.h"

layout(local_size_x_id = 0, local_size_y_id = 1, local_size_z_id = 2) in;
layout(push_constant) uniform Push { CountFaults p; };
layout(binding = 0) buffer Counts { uint counts[]; };
layout(binding = 1) readonly buffer Labels { uint labels[]; };
layout(binding = 2) readonly buffer Confidence { uint confidence[]; };

void main()
{
    const int first = int(gl_GlobalInvocationID.x);
    uint not_finite = 0u;
    uint out_of_range = 0u;
    uint largest = 0u;
    for (int word = first; 4 * word < p.pixels; word += p.invocations)
    {
        for (int i = 0; i < 4 && 4 * word + i < p.pixels; ++i)
        {
            const uint label = (labels[word] >> (8 * i)) & 255u;
            const uint confidence_of_label = (confidence[word] >> (8 * i)) & 255u;
            largest = max(largest, label);
            if (confidence_of_label == 0u && label >= uint(mask_first_fault))
            {
                not_finite += label == uint(mask_not_finite) ? 1u : 0u;
                out_of_range += label == uint(mask_not_finite) ? 0u : 1u;
            }
        }
    }
    if (not_finite != 0u)
        atomicAdd(counts[p.first_count + fault_not_finite], not_finite);
    if (out_of_range != 0u)
        atomicAdd(counts[p.first_count + fault_out_of_range], out_of_range);
    if (largest != 0u)
        atomicMax(counts[p.first_count + fault_largest_label], largest);
}
