#include "runtime/expand_einsum.hpp"

#include "base/try.hpp"
#include "ops/matrix/einsum.hpp"
#include "ops/operators.hpp"
#include "runtime/specialize.hpp"

#include <algorithm>
#include <numeric>

namespace vkseg {
namespace {

using Labels = std::vector<int>;

/// A value whose axes have labels.
struct Labelled
{
    ValueId value = no_value;
    Labels labels;
};

bool has_label(const Labels& labels, int label)
{
    return std::ranges::find(labels, label) != labels.end();
}

/// The labels of `order` that are in both `a` and `b`, or (`in_b` false) in `a` alone.
Labels select_labels(const Labels& order, const Labels& a, const Labels& b, bool in_b)
{
    Labels selected;
    std::ranges::copy_if(order, std::back_inserter(selected),
                         [&](int label) { return has_label(a, label) && has_label(b, label) == in_b; });
    return selected;
}

Labels joined(std::initializer_list<Labels> parts)
{
    Labels all;
    for (const Labels& part : parts)
        all.insert(all.end(), part.begin(), part.end());
    return all;
}

/// A product of matrices, [batch, rows, depth] · [batch, depth, columns], by the labels of each group of axes.
struct ProductLabels
{
    bool is_swapped = false; ///< the second operand is on the left
    Labels batch;
    Labels rows;
    Labels columns;
    Labels depth;

    Labels left() const { return joined({batch, rows, depth}); }
    Labels right() const { return joined({batch, depth, columns}); }
    Labels result() const { return joined({batch, rows, columns}); }
};

class EinsumExpansion
{
public:
    EinsumExpansion(Graph& graph, const Node& node, EinsumTerms terms)
        : graph_(graph), node_(node), terms_(std::move(terms)), is_real_(is_float(graph.values[node.inputs[0]].type))
    {}

    std::vector<Node> run();

private:
    bool is_mat_mul() const;
    ValueId append(Op op, std::vector<ValueId> inputs);
    Integers extents_of(const Labels& labels) const;
    int64_t elements_of(const Labels& labels) const;
    ValueId transposed(const Labelled& x, const Labels& order);
    ValueId reshaped(ValueId x, Integers shape);
    void take_diagonals(Labelled& x);
    void drop_broadcast_axes(Labelled& x, const Shape& shape);
    void sum_over_unused(Labelled& x, const Labels& used);
    Labels used_by(size_t first_operand) const;
    Labelled combine(const Labelled& a, const Labelled& b, const Labels& kept);
    Labelled multiply(const Labelled& a, const Labelled& b, const Labels& kept);
    Labelled multiply_matrices(const Labelled& a, const Labelled& b, const Labels& kept);
    ProductLabels cheapest_product(const Labelled& a, const Labelled& b, const Labels& kept) const;
    int64_t cost_of_order(const Labelled& x, const Labels& order) const;
    int64_t cost(const ProductLabels& product, const Labelled& a, const Labelled& b, const Labels& kept) const;

    Graph& graph_;
    const Node& node_;
    EinsumTerms terms_;
    bool is_real_ = true;
    std::vector<Labelled> operands_;
    std::vector<Node> nodes_;
};

ValueId EinsumExpansion::append(Op op, std::vector<ValueId> inputs)
{
    const std::string name = node_.name + "/" + std::to_string(nodes_.size());
    const ValueId output = graph_.add_value({.name = name, .shape = {}, .constant = {}});
    nodes_.push_back({.name = name, .op = std::move(op), .inputs = std::move(inputs), .outputs = {output}});
    return output;
}

Integers EinsumExpansion::extents_of(const Labels& labels) const
{
    Integers extents;
    for (const int label : labels)
        extents.push_back(terms_.extents.at(label));
    return extents;
}

int64_t EinsumExpansion::elements_of(const Labels& labels) const
{
    const Integers extents = extents_of(labels);
    return std::accumulate(extents.begin(), extents.end(), int64_t(1), std::multiplies<>());
}

ValueId EinsumExpansion::transposed(const Labelled& x, const Labels& order)
{
    if (x.labels == order)
        return x.value;
    Integers permutation;
    for (const int label : order)
        permutation.push_back(std::ranges::find(x.labels, label) - x.labels.begin());
    return append(Transpose{.permutation = std::move(permutation)}, {x.value});
}

ValueId EinsumExpansion::reshaped(ValueId x, Integers shape)
{
    return append(Reshape{.shape = std::move(shape), .allow_zero = true}, {x});
}

/// Moves the two axes of a letter to the end; their diagonal is every (extent + 1)-th value of both together.
void EinsumExpansion::take_diagonals(Labelled& x)
{
    for (size_t axis = 0; axis < x.labels.size(); ++axis)
    {
        const auto second = std::find(x.labels.begin() + int64_t(axis) + 1, x.labels.end(), x.labels[axis]);
        if (second == x.labels.end())
            continue;
        const int label = x.labels[axis];
        const int64_t other = second - x.labels.begin();
        Integers permutation;
        Labels rest;
        for (int64_t i = 0; i < int64_t(x.labels.size()); ++i)
        {
            if (i == int64_t(axis) || i == other)
                continue;
            permutation.push_back(i);
            rest.push_back(x.labels[size_t(i)]);
        }
        permutation.insert(permutation.end(), {int64_t(axis), other});
        const bool is_in_place = std::ranges::is_sorted(permutation);
        const int64_t extent = terms_.extents.at(label);
        Integers shape = extents_of(rest);
        shape.push_back(extent * extent);
        const ValueId square =
            is_in_place ? x.value : append(Transpose{.permutation = std::move(permutation)}, {x.value});
        x.value = append(Slice{.starts = {0}, .ends = {extent * extent}, .axes = {-1}, .steps = {extent + 1}},
                         {reshaped(square, std::move(shape))});
        x.labels = joined({rest, {label}});
        axis = size_t(-1); // from the first axis again
    }
}

/// Axes of extent 1 that broadcast to others need no axis at all.
void EinsumExpansion::drop_broadcast_axes(Labelled& x, const Shape& shape)
{
    Labels kept;
    Integers dropped;
    for (size_t axis = 0; axis < x.labels.size(); ++axis)
    {
        if (shape[axis] == terms_.extents.at(x.labels[axis]))
            kept.push_back(x.labels[axis]);
        else
            dropped.push_back(int64_t(axis));
    }
    if (dropped.empty())
        return;
    x.value = append(Reshape{.kind = ReshapeKind::squeeze, .axes = std::move(dropped)}, {x.value});
    x.labels = std::move(kept);
}

void EinsumExpansion::sum_over_unused(Labelled& x, const Labels& used)
{
    Integers axes;
    Labels kept;
    for (size_t axis = 0; axis < x.labels.size(); ++axis)
    {
        if (has_label(used, x.labels[axis]))
            kept.push_back(x.labels[axis]);
        else
            axes.push_back(int64_t(axis));
    }
    if (axes.empty())
        return;
    x.value = append(Reduce{.kind = ReduceKind::sum, .axes = std::move(axes), .keep_dims = false}, {x.value});
    x.labels = std::move(kept);
}

/// Labels of the result and of the operands from this one on.
Labels EinsumExpansion::used_by(size_t first_operand) const
{
    Labels used = terms_.output;
    for (size_t i = first_operand; i < operands_.size(); ++i)
        used.insert(used.end(), operands_[i].labels.begin(), operands_[i].labels.end());
    return used;
}

int64_t EinsumExpansion::cost_of_order(const Labelled& x, const Labels& order) const
{
    return x.labels == order || graph_.values[x.value].constant ? 0 : elements_of(order);
}

/// Number of values to transpose.
int64_t EinsumExpansion::cost(const ProductLabels& product, const Labelled& a, const Labelled& b,
                              const Labels& kept) const
{
    const Labels result = product.result();
    const Labels wanted = select_labels(kept, result, result, true);
    return cost_of_order(product.is_swapped ? b : a, product.left()) +
           cost_of_order(product.is_swapped ? a : b, product.right()) + (result == wanted ? 0 : elements_of(result));
}

/// Tries both sides for each operand, and the order of each group of letters in either operand and in the result.
ProductLabels EinsumExpansion::cheapest_product(const Labelled& a, const Labelled& b, const Labels& kept) const
{
    std::optional<ProductLabels> best;
    int64_t lowest = 0;
    for (const bool is_swapped : {false, true})
    {
        const Labels& left = is_swapped ? b.labels : a.labels;
        const Labels& right = is_swapped ? a.labels : b.labels;
        for (const Labels* depth_order : {&left, &right})
        {
            for (const bool takes_result_order : {true, false})
            {
                const Labels& shared = select_labels(*depth_order, left, right, true);
                const ProductLabels product = {
                    .is_swapped = is_swapped,
                    .batch = select_labels(takes_result_order ? kept : left, shared, kept, true),
                    .rows = select_labels(takes_result_order ? kept : left, left, right, false),
                    .columns = select_labels(takes_result_order ? kept : right, right, left, false),
                    .depth = select_labels(shared, shared, kept, false)};
                const int64_t needed = cost(product, a, b, kept);
                if (best && needed >= lowest)
                    continue;
                best = product;
                lowest = needed;
            }
        }
    }
    return *best;
}

Labelled EinsumExpansion::multiply_matrices(const Labelled& a, const Labelled& b, const Labels& kept)
{
    const ProductLabels product = cheapest_product(a, b, kept);
    const ValueId left = transposed(product.is_swapped ? b : a, product.left());
    const ValueId right = transposed(product.is_swapped ? a : b, product.right());
    const auto matrix = [&](ValueId x, const Labels& rows, const Labels& columns)
    {
        if (rows.size() == 1 && columns.size() == 1)
            return x;
        Integers shape = extents_of(product.batch);
        shape.insert(shape.end(), {elements_of(rows), elements_of(columns)});
        return reshaped(x, std::move(shape));
    };
    const ValueId result =
        append(MatMul{}, {matrix(left, product.rows, product.depth), matrix(right, product.depth, product.columns)});
    const bool is_matrix = product.rows.size() == 1 && product.columns.size() == 1;
    return {.value = is_matrix ? result : reshaped(result, extents_of(product.result())), .labels = product.result()};
}

/// Multiplies elements, and sums afterwards.
Labelled EinsumExpansion::multiply(const Labelled& a, const Labelled& b, const Labels& kept)
{
    const Labels both = joined({a.labels, select_labels(b.labels, b.labels, a.labels, false)});
    const Labels summed = select_labels(both, both, kept, false);
    const Labels order = joined({select_labels(kept, both, kept, true), summed});
    const auto aligned = [&](const Labelled& x)
    {
        const ValueId value = transposed(x, select_labels(order, x.labels, x.labels, true));
        Integers missing;
        for (size_t axis = 0; axis < order.size(); ++axis)
        {
            if (!has_label(x.labels, order[axis]))
                missing.push_back(int64_t(axis));
        }
        if (missing.empty())
            return value;
        return append(Reshape{.kind = ReshapeKind::unsqueeze, .axes = std::move(missing)}, {value});
    };
    const ValueId left = aligned(a);
    const ValueId right = aligned(b);
    Labelled product = {.value = append(Binary{.kind = BinaryKind::mul}, {left, right}), .labels = order};
    sum_over_unused(product, kept);
    return product;
}

Labelled EinsumExpansion::combine(const Labelled& a, const Labelled& b, const Labels& kept)
{
    const bool sums =
        std::ranges::any_of(a.labels, [&](int label) { return has_label(b.labels, label) && !has_label(kept, label); });
    return sums && is_real_ ? multiply_matrices(a, b, kept) : multiply(a, b, kept);
}

/// True for "...ij,...jk->...ik", whose axes before the last two broadcast as those of MatMul do.
bool EinsumExpansion::is_mat_mul() const
{
    if (terms_.operands.size() != 2 || terms_.output.size() < 2 || !is_real_)
        return false;
    const Labels& output = terms_.output;
    const Labels& a = terms_.operands[0];
    const Labels& b = terms_.operands[1];
    if (a.size() < 2 || b.size() < 2 || has_label(output, a.back()))
        return false;
    const Labels batch(output.begin(), output.end() - 2);
    const auto ends_like = [&](const Labels& labels, int second_last, int last)
    {
        const Labels whole = joined({batch, {second_last, last}});
        return labels.size() <= whole.size() && std::equal(labels.rbegin(), labels.rend(), whole.rbegin());
    };
    const Shape& a_shape = graph_.values[node_.inputs[0]].shape;
    const Shape& b_shape = graph_.values[node_.inputs[1]].shape;
    return ends_like(a, output[output.size() - 2], a.back()) && ends_like(b, a.back(), output.back()) &&
           a_shape.back() == b_shape[b_shape.rank() - 2];
}

std::vector<Node> EinsumExpansion::run()
{
    if (is_mat_mul())
    {
        nodes_.push_back({.name = node_.name, .op = MatMul{}, .inputs = node_.inputs, .outputs = node_.outputs});
        return std::move(nodes_);
    }
    for (size_t i = 0; i < node_.inputs.size(); ++i)
    {
        const Shape shape = graph_.values[node_.inputs[i]].shape;
        Labelled& x = operands_.emplace_back(Labelled{.value = node_.inputs[i], .labels = terms_.operands[i]});
        drop_broadcast_axes(x, shape);
        take_diagonals(x);
    }
    Labelled result = operands_[0];
    for (size_t i = 1; i <= operands_.size(); ++i)
    {
        sum_over_unused(result, used_by(i));
        if (i == operands_.size())
            break;
        sum_over_unused(operands_[i], joined({used_by(i + 1), result.labels}));
        // The order of the kept labels is that of the result, then any.
        Labels kept;
        for (const int label : used_by(i + 1))
        {
            if (!has_label(kept, label))
                kept.push_back(label);
        }
        result = combine(result, operands_[i], kept);
    }
    nodes_.push_back({.name = node_.name,
                      .op = Unary{.kind = UnaryKind::identity},
                      .inputs = {transposed(result, terms_.output)},
                      .outputs = node_.outputs});
    return std::move(nodes_);
}

} // namespace

Result<std::vector<Node>> expanded_einsum(Graph& graph, const Node& node)
{
    const std::vector<TensorInfo> infos = infos_of(graph, node);
    VKSEG_TRY(infer(node.op, infos).status());
    VKSEG_ASSIGN(EinsumTerms terms, einsum_terms(std::get<Einsum>(node.op), infos));
    return EinsumExpansion(graph, node, std::move(terms)).run();
}

} // namespace vkseg
