#ifndef VKSEG_MAT_MUL_H
#define VKSEG_MAT_MUL_H

#include "shared/contract.h"

VKSEG_CONTRACT_BEGIN

// Tile of an invocation: rows × elements of four columns.
const int mat_mul_tile_rows = 4;
const int mat_mul_tile_columns = 2;

// y [rows, columns] = alpha · a [rows, depth] · b [depth, columns] + beta · c, for each batch entry. Rows of a and b,
// as stored, start at whole elements of four values and are zero past their end. Offsets, pitches and batch strides are
// counted in elements, for c in values.
struct MatMul
{
    int batch_extents[4];
    int a_batch_strides[4];
    int b_batch_strides[4];
    int batches;
    int rows;
    int columns;
    int depth;
    int a_offset;
    int b_offset;
    int c_offset;
    int y_offset;
    int a_pitch;
    int b_pitch;
    int y_pitch;
    int c_row_stride; // 0 if c is broadcast
    int c_column_stride;
    float alpha;
    float beta;
};

// Ids of specialization constants.
const int mat_mul_transpose_a_id = 3;
const int mat_mul_transpose_b_id = 4;
const int mat_mul_has_depth_tail_id = 5;
const int mat_mul_has_c_id = 6;

VKSEG_CONTRACT_END

#endif
