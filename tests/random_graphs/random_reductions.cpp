#include "random_graphs/random_nodes.hpp"

#include "ops/elementwise/elementwise.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace vkseg::test {
namespace {

bool is_power_of_two(int64_t count)
{
    return std::has_single_bit(uint64_t(count));
}

int log2_of(int64_t count)
{
    return std::bit_width(uint64_t(count)) - 1;
}

Effect of_reduction(ReduceKind kind, const KnownValue& x, int64_t count)
{
    const auto n = double(count);
    Effect effect = moves({&x});
    const auto scale = [&](double gain, double terms)
    {
        effect.error_f32 *= gain;
        effect.error_f16 *= gain;
        effect.terms = terms;
        effect.count = n;
    };
    switch (kind)
    {
    case ReduceKind::max:
    case ReduceKind::min:
        break;
    case ReduceKind::sum:
    case ReduceKind::l1:
        scale(n, n * x.magnitude);
        break;
    case ReduceKind::mean:
        scale(1, x.magnitude);
        if (!is_float(x.type))
            effect.terms = n * x.magnitude;
        else if (effect.grain)
            effect.grain = is_power_of_two(count) ? std::optional(*effect.grain - log2_of(count)) : std::nullopt;
        break;
    case ReduceKind::sum_square:
        scale(n * (2 * x.magnitude + x.error_f16), n * x.magnitude * x.magnitude);
        if (effect.grain)
            effect.grain = 2 * *effect.grain;
        break;
    case ReduceKind::prod:
        scale(n * std::pow(x.magnitude + x.error_f16, n - 1), std::pow(x.magnitude, n));
        if (effect.grain)
            effect.grain = int(count) * *effect.grain;
        break;
    case ReduceKind::l2:
        scale(std::sqrt(n), std::sqrt(n) * x.magnitude);
        effect.grain.reset();
        break;
    case ReduceKind::log_sum:
    case ReduceKind::log_sum_exp:
        scale(1, x.magnitude + std::log(n) + 1);
        effect.grain.reset();
        break;
    }
    return effect;
}

/// Batch shapes that broadcast against those of the other factor: the same, left out, or ones.
Shape factor_shape(GraphMaker& maker, const Shape& x, int64_t rows, int64_t columns)
{
    Shape shape;
    const int64_t how = maker.number(0, 2);
    for (size_t axis = 0; axis + 2 < x.rank() && how > 0; ++axis)
        shape.append(how == 1 || maker.chance(3) ? 1 : x[axis]);
    shape.append(rows);
    shape.append(columns);
    return shape;
}

} // namespace

bool add_reduction(GraphMaker& maker)
{
    const ReduceKind kind = maker.one_of({ReduceKind::mean, ReduceKind::sum, ReduceKind::max, ReduceKind::prod,
                                          ReduceKind::sum_square, ReduceKind::log_sum_exp});
    const bool is_of_floats = kind == ReduceKind::l2 || kind == ReduceKind::log_sum_exp;
    const KnownValue* x = maker.any(
        [&](const KnownValue& value)
        {
            return value.shape().rank() >= 1 && value.type != DType::boolean &&
                   (is_float(value.type) || !is_of_floats) &&
                   (kind != ReduceKind::log_sum_exp || value.magnitude <= 32);
        });
    if (x == nullptr)
        return false;
    Reduce reduce = {.kind = kind, .keep_dims = !maker.chance(3)};
    const Shape& shape = x->shape();
    const size_t rank = shape.rank();
    int64_t count = 1;
    const int64_t how = maker.number(0, 3);
    reduce.all_spatial = how == 0 && rank >= 3;
    for (size_t axis = 0; axis < rank; ++axis)
    {
        const bool is_reduced = reduce.all_spatial ? axis >= 2
                                : how == 1         ? axis == std::min<size_t>(1, rank - 1)
                                : how == 2         ? axis >= 2
                                                   : maker.chance(2);
        if (!is_reduced)
            continue;
        count *= shape[axis];
        if (!reduce.all_spatial)
            reduce.axes.push_back(int64_t(axis) - (maker.chance(3) ? int64_t(rank) : 0));
    }
    if (reduce.axes.empty() && !reduce.all_spatial)
        count = shape.elements();
    return maker.add("reduce " + std::to_string(int(kind)) + " axes " +
                         (reduce.all_spatial ? "spatial" : text(reduce.axes)) +
                         (reduce.keep_dims ? "" : ", without keeping them"),
                     reduce, {x->id}, of_reduction(kind, *x, count));
}

bool add_search(GraphMaker& maker)
{
    const KnownValue* x =
        maker.any([](const KnownValue& value)
                  { return value.shape().rank() >= 1 && value.type != DType::boolean && value.is_exact(); });
    if (x == nullptr)
        return false;
    const auto rank = int64_t(x->shape().rank());
    ArgReduce search = {.is_min = maker.chance(3),
                        .axis = rank >= 2 && maker.chance(2) ? 1 : maker.number(-rank, rank - 1)};
    search.keep_dims = !maker.chance(3);
    search.select_last = maker.chance(4);
    Effect effect = moves({x});
    effect.grain = 0;
    return maker.add(std::string(search.is_min ? "argmin" : "argmax") + " axis " + std::to_string(search.axis) +
                         (search.select_last ? " last" : "") + (search.keep_dims ? "" : ", without keeping it"),
                     search, {x->id}, effect);
}

bool add_softmax(GraphMaker& maker)
{
    const KnownValue* x =
        maker.any([](const KnownValue& value)
                  { return value.shape().rank() >= 1 && is_float(value.type) && value.magnitude <= 32; });
    if (x == nullptr)
        return false;
    const auto rank = int64_t(x->shape().rank());
    Softmax softmax = {.axis = rank >= 2 && maker.chance(2) ? 1 : maker.number(-rank, rank - 1)};
    softmax.is_log = maker.chance(3);
    softmax.flattens = maker.chance(5);
    return maker.add(std::string(softmax.is_log ? "log " : "") + "softmax axis " + std::to_string(softmax.axis) +
                         (softmax.flattens ? " and all behind it" : ""),
                     softmax, {x->id}, softmax.is_log ? rounds(*x, 2, 2 * x->magnitude + 8) : rounds(*x, 1, 1));
}

bool add_matrix_product(GraphMaker& maker)
{
    const KnownValue* x =
        maker.any([](const KnownValue& value) { return is_float(value.type) && value.shape().rank() >= 2; });
    if (x == nullptr)
        return false;
    const ValueId first = x->id;
    const bool is_left = !maker.chance(3);
    const int64_t depth = x->shape()[x->shape().rank() - (is_left ? 1 : 2)];
    const KnownValue* y = maker.any(
        [&](const KnownValue& value)
        {
            const size_t rank = value.shape().rank();
            return is_float(value.type) && rank >= 2 && value.shape()[rank - (is_left ? 2 : 1)] == depth;
        });
    if (y == nullptr || maker.chance(2))
    {
        const int64_t extent = maker.one_of<int64_t>({1, 3, 4, 5, 8, 17});
        const Shape& shape = maker.known(first).shape();
        y = &maker.fresh(DType::f32, is_left ? factor_shape(maker, shape, depth, extent)
                                             : factor_shape(maker, shape, extent, depth));
    }
    const KnownValue& a = maker.known(is_left ? first : y->id);
    const KnownValue& b = maker.known(is_left ? y->id : first);
    return maker.add("matmul", MatMul{}, {a.id, b.id}, sums_products(a, b, double(depth)));
}

bool add_gemm(GraphMaker& maker)
{
    const KnownValue* x =
        maker.any([](const KnownValue& value) { return is_float(value.type) && value.shape().rank() == 2; });
    if (x == nullptr)
        return false;
    const ValueId a = x->id;
    const Gemm gemm = {.alpha = maker.one_of({1.0f, 1.0f, 0.5f}),
                       .beta = maker.one_of({1.0f, 1.0f, 2.0f}),
                       .transpose_a = maker.chance(3),
                       .transpose_b = maker.chance(2)};
    const int64_t depth = x->shape()[gemm.transpose_a ? 0 : 1];
    const int64_t rows = x->shape()[gemm.transpose_a ? 1 : 0];
    const int64_t columns = maker.one_of<int64_t>({1, 3, 4, 5, 8, 17});
    const ValueId b = maker.fresh(DType::f32, gemm.transpose_b ? Shape{columns, depth} : Shape{depth, columns}).id;
    Effect effect = sums_products(maker.known(a), maker.known(b), double(depth) * gemm.alpha);
    std::vector<ValueId> inputs = {a, b};
    if (maker.chance(2))
    {
        const Shape shape = maker.one_of({Shape{columns}, Shape{rows, columns}, Shape{rows, 1}, Shape{}});
        const KnownValue& c = maker.fresh(DType::f32, shape);
        inputs.push_back(c.id);
        effect.error_f32 += gemm.beta * c.error_f32;
        effect.error_f16 += gemm.beta * c.error_f16;
        effect.terms += gemm.beta * c.magnitude;
        if (effect.grain)
            effect.grain = c.is_exact() ? std::optional(std::min(*effect.grain, *c.grain)) : std::nullopt;
    }
    if (effect.grain)
        effect.grain = *effect.grain - 1; // for an alpha of a half
    return maker.add("gemm alpha " + std::to_string(gemm.alpha) + " beta " + std::to_string(gemm.beta) +
                         (gemm.transpose_a ? " a transposed" : "") + (gemm.transpose_b ? " b transposed" : ""),
                     gemm, inputs, effect);
}

} // namespace vkseg::test
