#ifndef VKSEG_MAT_MUL_H
#define VKSEG_MAT_MUL_H

#include "shared/contract.h"

VKSEG_CONTRACT_BEGIN

// What one invocation makes: rows × elements of four columns.
const int mat_mul_tile_rows = 4;
const int mat_mul_tile_columns = 2;

// y [rows, columns] = alpha · a [rows, depth] · b [depth, columns] + beta · c, once for each batch entry. Rows of a
// and b, as stored, start at whole elements of four values; values past the end of a row are zero. Offsets, pitches
// and strides of batches are counted in elements, those of c in values.
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
    int c_row_stride; // 0 where c is broadcast
    int c_column_stride;
    float alpha;
    float beta;
};

VKSEG_CONTRACT_END

#endif
