#pragma once

#include "random_graphs/graph_maker.hpp"

/// Random nodes, family by family. Each function adds one, or a few that belong together, to values that there are;
/// false if none suits.
namespace vkseg::test {

// random_windows.cpp: tensors with spatial axes.
bool add_convolution(GraphMaker& maker);
bool add_transposed_convolution(GraphMaker& maker);
bool add_pool(GraphMaker& maker);
bool add_max_pool_and_unpool(GraphMaker& maker);
bool add_resize(GraphMaker& maker);
bool add_bed_of_nails(GraphMaker& maker);
bool add_normalization(GraphMaker& maker);
bool add_picture(GraphMaker& maker);

// random_elementwise.cpp
bool add_unary(GraphMaker& maker);
bool add_binary(GraphMaker& maker);
bool add_quotient_or_root(GraphMaker& maker);
bool add_integer_arithmetic(GraphMaker& maker);
bool add_comparison(GraphMaker& maker);
bool add_logic(GraphMaker& maker);
bool add_where(GraphMaker& maker);
bool add_cast(GraphMaker& maker);

// random_movement.cpp
bool add_concat(GraphMaker& maker);
bool add_split(GraphMaker& maker);
bool add_slice(GraphMaker& maker);
bool add_pad(GraphMaker& maker);
bool add_transpose(GraphMaker& maker);
bool add_reshape(GraphMaker& maker);
bool add_repetition(GraphMaker& maker);
bool add_gather(GraphMaker& maker);
bool add_scatter(GraphMaker& maker);
bool add_depth_and_space(GraphMaker& maker);

// random_reductions.cpp
bool add_reduction(GraphMaker& maker);
bool add_search(GraphMaker& maker);
bool add_softmax(GraphMaker& maker);
bool add_matrix_product(GraphMaker& maker);
bool add_gemm(GraphMaker& maker);

/// "3x1x2"
std::string text(const Integers& values);

} // namespace vkseg::test
