// Cooperative matrices, which the invocations of a subgroup hold together: f16 for factors, f32 for sums, by the extension (KHR
// or NV) that the build is for. Their extents depend on the device and are specialization constants.
#ifndef VKSEG_MATRICES_GLSL
#define VKSEG_MATRICES_GLSL

#extension GL_KHR_memory_scope_semantics : require
#extension GL_KHR_shader_subgroup_basic : require
#extension GL_EXT_shader_explicit_arithmetic_types_float16 : require
#ifdef MATRICES_KHR
#extension GL_KHR_cooperative_matrix : require
#else
#extension GL_NV_cooperative_matrix : require
#endif
#include "convolution/conv.h"

layout(constant_id = matrix_rows_id) const int matrix_rows = 16;
layout(constant_id = matrix_columns_id) const int matrix_columns = 16;
layout(constant_id = matrix_depth_id) const int matrix_depth = 16;

// LEFT is rows by depth, RIGHT depth by columns, SUM_MATRIX rows by columns. They are loaded and stored column by column, and the
// columns begin `pitch` elements apart in an array.
#ifdef MATRICES_KHR
#define LEFT coopmat<float16_t, gl_ScopeSubgroup, matrix_rows, matrix_depth, gl_MatrixUseA>
#define RIGHT coopmat<float16_t, gl_ScopeSubgroup, matrix_depth, matrix_columns, gl_MatrixUseB>
#define SUM_MATRIX coopmat<float, gl_ScopeSubgroup, matrix_rows, matrix_columns, gl_MatrixUseAccumulator>
#define LOAD_MATRIX(matrix, array, place, pitch)                                                                       \
    coopMatLoad(matrix, array, place, pitch, gl_CooperativeMatrixLayoutColumnMajor)
#define STORE_MATRIX(matrix, array, place, pitch)                                                                      \
    coopMatStore(matrix, array, place, pitch, gl_CooperativeMatrixLayoutColumnMajor)
#define MULTIPLY_ADD(left, right, sum) coopMatMulAdd(left, right, sum)
#else
#define LEFT fcoopmatNV<16, gl_ScopeSubgroup, matrix_rows, matrix_depth>
#define RIGHT fcoopmatNV<16, gl_ScopeSubgroup, matrix_depth, matrix_columns>
#define SUM_MATRIX fcoopmatNV<32, gl_ScopeSubgroup, matrix_rows, matrix_columns>
#define LOAD_MATRIX(matrix, array, place, pitch) coopMatLoadNV(matrix, array, place, pitch, true)
#define STORE_MATRIX(matrix, array, place, pitch) coopMatStoreNV(matrix, array, place, pitch, true)
#define MULTIPLY_ADD(left, right, sum) coopMatMulAddNV(left, right, sum)
#endif

#endif
