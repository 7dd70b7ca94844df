#ifndef VKSEG_LATTICE_H
#define VKSEG_LATTICE_H

#include "shared/view.h"

VKSEG_CONTRACT_BEGIN

// The permutohedral lattice of positions and colours (Adams, Baek and Davis 2010), made once for a picture.
//
// Every pixel lies in a simplex of six lattice points, its corners. Of each corner there is an entry, uvec4(key, key,
// pixel * 6 + corner, bits of its weight). Entries are sorted by key, 7 bits at a time and stably, so that all entries
// of a lattice point, or vertex, stand together, in the order of their pixels: sums over them are the same in every
// run.
//
// Vertices are numbered from 1; number 0 stands for those that are missing, whose values are zero.
//     vertices: uvec4(key, key, first entry, 0) of each; of number 0 (number of vertices, 0, 0, 0); one more ends the
//     last incidence: first uvec2(pixel, bits of weight) for each sorted entry; then uvec2(vertex, bits of weight) for
//     each
//         corner of each pixel
//     neighbours: for each vertex and each of the six axes, uvec2(vertex behind, vertex in front)
//     values: for each vertex its blocks of labels, f32; behind those of as many vertices as there may be, while
//     values are gathered, the sums of the shares
//
// A vertex amid pixels of one colour has thousands of entries. So that nobody has to sum them up alone, sorted entries
// are seen as shares of equal length: one that lies within one vertex' entries is summed up by an invocation of its
// own.

const int lattice_corners = 6;
const int lattice_digit_bits = 7;
const int lattice_bins = 128;
// Workgroup size of the sort: lattice_bins counters for each invocation fill the 16 KiB of shared memory that every
// device has.
const int lattice_sorters = 32;

// A point of remainder k has coordinates 6 * m + k, of which the sixth follows from the others. Its key is 64 bits: k,
// and m + origin of the first five coordinates, each in the bits from `shift` on, which cross no word.
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

// Of the counters: of each digit those of all segments, then of the next digit.
struct LatticeSort
{
    int entries;
    int segment; // entries in one; the last may have fewer
    int segments;
    int word; // of the key, and the digit's place in it
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
    int shares;     // that are whole
};

struct LatticeNormalize
{
    int pixels;
    int width;
    int scales_y; // places in the table of dense_crf.h
    int scales_x;
};

VKSEG_CONTRACT_END

#endif
