#ifndef VKSEG_LATTICE_H
#define VKSEG_LATTICE_H

#include "shared/view.h"

VKSEG_CONTRACT_BEGIN

// The permutohedral lattice of positions and colours (Adams, Baek and Davis 2010), built once per picture.
//
// Every pixel lies in a simplex of six lattice points, its corners. Each corner has an entry, uvec4(key, key, pixel * 6
// + corner, bits of its weight). A stable sort orders the entries by key, 7 bits at a time, so that all entries of a
// lattice point, or vertex, are contiguous and in the order of their pixels: sums over them are the same in every run.
//
// Vertices are numbered from 1; number 0 stands for missing vertices, whose values are zero.
//    vertices:   uvec4(key, key, first entry, 0) for each vertex; (number of vertices, 0, 0, 0) for number 0; one more
//                element ends the last vertex
//    incidence:  uvec2(pixel, bits of weight) for each sorted entry; then uvec2(vertex, bits of weight) for each corner
//                of each pixel
//    neighbours: uvec2(vertex before, vertex after) for each vertex and each of the six axes
//    values:     f32 blocks of labels for each vertex; while values are gathered, the sums of the shares come after
//                the values of the max number of vertices
//
// A vertex amid pixels of one colour has thousands of entries. So that no single invocation has to sum them all, the
// sorted entries are split into shares of equal length: a share that lies within the entries of one vertex is summed by
// an invocation of its own.

const int lattice_corners = 6;
const int lattice_digit_bits = 7;
const int lattice_bins = 128;
// Workgroup size of the sort: lattice_bins counters for each invocation fill the 16 KiB of shared memory that every
// device has.
const int lattice_sorters = 32;

// A lattice point of remainder k has coordinates 6 * m + k, the sixth of which follows from the others. Its 64-bit key
// holds k, and m + origin of the first five coordinates, each in the bits from its `shift` on, which do not cross
// words.
struct LatticeKey
{
    int shift_0;
    int shift_1;
    int shift_2;
    int shift_3;
    int shift_4;
};

struct LatticeEmbed
{
    View picture;
    int pixels;
    int width;
    float scale_0; // of x, y, red, green, blue
    float scale_1;
    float scale_2;
    float scale_3;
    float scale_4;
    int origin_0;
    int origin_1;
    int origin_2;
    int origin_3;
    int origin_4;
    LatticeKey key;
};

// The counters are in the order (digit, segment).
struct LatticeSort
{
    int entries;
    int segment; // entries per segment; the last may have fewer
    int segments;
    int word; // of the key; `shift` is the digit's place in it
    int shift;
};

struct LatticeScan
{
    int count;
    int chunk; // values that one invocation sums up
    int chunks;
};

struct LatticeNeighbours
{
    LatticeKey key;
};

struct LatticeFilter
{
    int pixels;
    int first_block;
    int share_bits; // a share has 2^share_bits entries
    int shares;     // number of whole shares
};

struct LatticeNormalize
{
    int pixels;
    int width;
    int scales_y; // indices into the table of dense_crf.h
    int scales_x;
};

// Ids of specialization constants.
const int lattice_blocks_id = 3;       // lattice_blur, lattice_slice, lattice_shares and lattice_splat
const int lattice_axis_id = 4;         // lattice_blur
const int lattice_is_of_ones_id = 4;   // lattice_shares and lattice_splat
const int lattice_is_symmetric_id = 3; // lattice_normalize

VKSEG_CONTRACT_END

#endif
