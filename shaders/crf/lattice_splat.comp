#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32 texels
// Gathers the pixels' contributions to vertices, one vertex after another, in several blocks of labels: the sums of the shares
// that belong to the vertex alone, and its entries before and after these shares.
#include "crf/lattice_gather.glsl"

void main()
{
    const int count = int(vertices[0].x);
    for (int vertex = linear_index(); vertex <= count; vertex += invocations())
    {
        vec4 sums[blocks];
        for (int block = 0; block < blocks; ++block)
            sums[block] = vec4(0);
        const int begin = int(vertices[vertex].z);
        const int end = vertex == 0 ? begin : int(vertices[vertex + 1].z);
        const int first_share = (begin + (1 << p.share_bits) - 1) >> p.share_bits;
        const int end_share = max(first_share, end >> p.share_bits);
        const int first_shared = first_share << p.share_bits;
        const int shared_entries = (end_share - first_share) << p.share_bits;
        for (int i = begin; i < end - shared_entries; ++i)
        {
            const int entry = i + (i < first_shared ? 0 : shared_entries);
            GATHER(sums, entry)
        }
        for (int share = first_share; share < end_share; ++share)
        {
            for (int block = 0; block < blocks; ++block)
                sums[block] += values[share_value(share) + block];
        }
        for (int block = 0; block < blocks; ++block)
            values[vertex * blocks + block] = sums[block];
    }
}
