#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32 f16
// Computes a tile of a matrix product: 4 rows of 8 values.
#include "shared/values.glsl"
#include "matrix/mat_mul.h"

layout(constant_id = mat_mul_transpose_a_id) const bool transpose_a = false; // a is stored as [depth, rows]
layout(constant_id = mat_mul_transpose_b_id) const bool transpose_b = false; // b is stored as [columns, depth]
layout(constant_id = mat_mul_has_depth_tail_id) const bool has_depth_tail = false; // depth is not a multiple of four
layout(constant_id = mat_mul_has_c_id) const bool has_c = false;

layout(push_constant) uniform Push { MatMul p; };
layout(binding = 0) writeonly buffer Y { ELEMENT y[]; };
layout(binding = 1) readonly buffer A { ELEMENT a[]; };
layout(binding = 2) readonly buffer B { ELEMENT b[]; };
layout(binding = 3) readonly buffer C { uint c[]; };

const int tile_rows = mat_mul_tile_rows;
const int tile_columns = mat_mul_tile_columns;

// Row k of the depth axis as stored: zero past the end, even if the row that is read instead holds infinities.
vec4 within_depth(int k, vec4 values)
{
    if (has_depth_tail)
        return mix(vec4(0), values, bvec4(k < p.depth));
    return values;
}

int depth_row(int k)
{
    return has_depth_tail ? min(k, p.depth - 1) : k;
}

vec4 c_values(int row, int column)
{
    vec4 values;
    for (int lane = 0; lane < 4; ++lane)
    {
        const int i = p.c_offset + row * p.c_row_stride + min(column + lane, p.columns - 1) * p.c_column_stride;
        values[lane] = value_of(c[word_of_value(i)], i);
    }
    return values;
}

void main()
{
    const int columns4 = (p.columns + 3) / 4;
    const int across = (columns4 + tile_columns - 1) / tile_columns;
    const int down = (p.rows + tile_rows - 1) / tile_rows;
    int rest = linear_index();
    const int column = rest % across * tile_columns;
    rest /= across;
    const int tile = rest % down;
    const int row = tile * tile_rows;
    int batch = rest / down;
    if (batch >= p.batches)
        return;

    int y_place = p.y_offset + (batch * p.rows + row) * p.y_pitch + column;
    int a_place = p.a_offset;
    int b_place = p.b_offset;
    for (int axis = 3; axis >= 0; --axis)
    {
        const int coordinate = batch % p.batch_extents[axis];
        batch /= p.batch_extents[axis];
        a_place += coordinate * p.a_batch_strides[axis];
        b_place += coordinate * p.b_batch_strides[axis];
    }

    // Tiles that extend past the matrix read its last row or column again; the results are not stored.
    int a_rows[tile_rows];
    for (int i = 0; i < tile_rows; ++i)
        a_rows[i] = a_place + min(row + i, p.rows - 1) * p.a_pitch;
    int b_columns[tile_columns * 4];
    for (int j = 0; j < tile_columns * 4; ++j)
    {
        if (transpose_b)
            b_columns[j] = b_place + min(column * 4 + j, p.columns - 1) * p.b_pitch;
        else
            b_columns[j] = b_place + min(column + j, columns4 - 1);
    }

    vec4 sums[tile_rows][tile_columns];
    for (int i = 0; i < tile_rows; ++i)
    {
        for (int j = 0; j < tile_columns; ++j)
            sums[i][j] = vec4(0);
    }
    const int depth4 = (p.depth + 3) / 4;
    for (int k4 = 0; k4 < depth4; ++k4)
    {
        mat4 left; // four values along the depth of each row
        for (int i = 0; i < tile_rows; ++i)
        {
            const int k = k4 * 4 + i;
            if (transpose_a)
                left[i] = within_depth(k, decode(a[a_place + depth_row(k) * p.a_pitch + tile]));
            else
                left[i] = decode(a[a_rows[i] + k4]);
        }
        if (transpose_a)
            left = transpose(left);

        if (transpose_b)
        {
            for (int j = 0; j < tile_columns * 4; ++j)
            {
                const vec4 right = decode(b[b_columns[j] + k4]);
                for (int i = 0; i < tile_rows; ++i)
                    sums[i][j / 4][j % 4] += dot(left[i], right);
            }
        }
        else
        {
            for (int d = 0; d < 4; ++d)
            {
                const int k = k4 * 4 + d;
                for (int j = 0; j < tile_columns; ++j)
                {
                    const vec4 right = within_depth(k, decode(b[b_columns[j] + depth_row(k) * p.b_pitch]));
                    for (int i = 0; i < tile_rows; ++i)
                        sums[i][j] += left[i][d] * right;
                }
            }
        }
    }

    for (int i = 0; i < tile_rows; ++i)
    {
        if (row + i >= p.rows)
            return;
        for (int j = 0; j < tile_columns; ++j)
        {
            if (column + j >= columns4)
                continue;
            vec4 values = p.alpha * sums[i][j];
            if (has_c)
                values += p.beta * c_values(row + i, (column + j) * 4);
            const bvec4 is_value = lessThan(ivec4((column + j) * 4) + ivec4(0, 1, 2, 3), ivec4(p.columns));
            y[y_place + i * p.y_pitch + j] = encode(mix(vec4(0), values, is_value));
        }
    }
}
