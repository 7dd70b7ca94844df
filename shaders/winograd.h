#ifndef VKSEG_WINOGRAD_H
#define VKSEG_WINOGRAD_H

#include "shared/view.h"

VKSEG_CONTRACT_BEGIN

// How a plane is cut into tiles of n x n outputs. With dilation d, outputs d apart belong together, so there are d
// phases each way: column unit u is tile u / d of the phase u % d, and rows likewise. Tile t is at row unit t /
// column_units, column unit t % column_units. Of a run of tiles, tile first_tile + i lies at row i / 8, x i % 8 of the
// transformed tensor, whose batch is the position within the tile.
struct WinogradTiles
{
    int first_tile;
    int count;
    int column_units;
    int dilation;
};

// From the inputs of a run of tiles to their transforms v.
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

// From sums of products m, one for each position of a tile, to the outputs.
struct WinogradOutput
{
    View y;
    View m;
    View residual;
    WinogradTiles tiles;
    int out_height;
    int out_width;
    int out_channels;
    int finish;      // shared/epilogue.h
    int bias_offset; // in the weights
    float a;         // of the activation
    float b;
};

VKSEG_CONTRACT_END

#endif
