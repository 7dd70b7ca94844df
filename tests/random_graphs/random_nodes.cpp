#include "random_graphs/random_nodes.hpp"

namespace vkseg::test {
namespace {

struct Family
{
    bool (*add)(GraphMaker&);
    uint32_t weight;
};

constexpr Family families[] = {
    {add_convolution, 6},
    {add_transposed_convolution, 3},
    {add_pool, 4},
    {add_max_pool_and_unpool, 2},
    {add_resize, 4},
    {add_bed_of_nails, 1},
    {add_normalization, 2},
    {add_picture, 1},
    {add_unary, 6},
    {add_binary, 8},
    {add_quotient_or_root, 2},
    {add_integer_arithmetic, 3},
    {add_comparison, 3},
    {add_logic, 2},
    {add_where, 3},
    {add_cast, 4},
    {add_concat, 6},
    {add_split, 3},
    {add_slice, 4},
    {add_pad, 3},
    {add_transpose, 4},
    {add_reshape, 5},
    {add_repetition, 3},
    {add_gather, 3},
    {add_scatter, 2},
    {add_depth_and_space, 2},
    {add_reduction, 6},
    {add_search, 3},
    {add_softmax, 3},
    {add_matrix_product, 4},
    {add_gemm, 2},
};

} // namespace

bool add_random_node(GraphMaker& maker)
{
    int64_t all = 0;
    for (const Family& family : families)
        all += family.weight;
    int64_t left = maker.number(0, all - 1);
    const Family* family = families;
    while (left >= family->weight)
        left -= (family++)->weight;
    return family->add(maker);
}

} // namespace vkseg::test
