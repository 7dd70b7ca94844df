#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32 texels
// Sums the contributions of one share of the entries to a vertex, in several blocks of labels, if all entries of the share belong
// to that vertex.
#include "crf/lattice_gather.glsl"

// Last vertex whose first entry is not after this one.
int vertex_of(int entry)
{
    int low = 1;
    int high = int(vertices[0].x);
    while (low < high)
    {
        const int middle = (low + high + 1) / 2;
        if (int(vertices[middle].z) <= entry)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

void main()
{
    const int share = linear_index();
    if (share >= p.shares)
        return;
    const int begin = share << p.share_bits;
    const int end = (share + 1) << p.share_bits;
    if (int(vertices[vertex_of(begin) + 1].z) < end)
        return;
    vec4 sums[blocks];
    for (int block = 0; block < blocks; ++block)
        sums[block] = vec4(0);
    for (int i = begin; i < end; ++i)
        GATHER(sums, i)
    for (int block = 0; block < blocks; ++block)
        values[share_value(share) + block] = sums[block];
}
