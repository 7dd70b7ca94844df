#ifndef VKSEG_WINOGRAD_H
#define VKSEG_WINOGRAD_H

#include "shared/view.h"

VKSEG_CONTRACT_BEGIN

// Partition of a plane into tiles of n x n outputs. With dilation d the outputs of a tile are d apart, so there are d
// phases along each axis: column unit u is tile u / d of phase u % d; the same holds for rows. Tile t is at row unit t
// / column_units, column unit t % column_units. In a run of tiles, tile first_tile + i lies at row i / 8, x i % 8 of
// the transformed tensor, whose batch is the position within the tile.
struct WinogradTiles
{
    int first_tile;
    int count;
    int column_units;
    int dilation;
};

// Transform of the inputs of a run of tiles to v.
struct WinogradInput
{
    View v;
    View x;
    WinogradTiles tiles;
    int row_origin; // of the input that the first tap of the first output reads
    int column_origin;
    int in_height;
    int in_width;
};

// Transform of the sums of products m, one for each position of a tile, to the outputs.
struct WinogradOutput
{
    View y;
    View m;
    View residual;
    WinogradTiles tiles;
    int out_height;
    int out_width;
    int out_channels;
    int finish;      // convolution/epilogue.h
    int bias_offset; // in the weights
    float a;         // of the activation
    float b;
};

VKSEG_CONTRACT_END

#endif
