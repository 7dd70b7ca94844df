// Every operator with tensors of which the device finds how many entries are valid: planning refuses it, or the result
// is that of the reference for tensors with as many entries.
#include "ops/operators.hpp"
#include "ops/valid_entries.hpp"
#include "reference/evaluate.hpp"
#include "runtime/specialize.hpp"
#include "support/check_op.hpp"
#include "support/due_runs.hpp"
#include "vkseg/session.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace vkseg::test::valid_entries_table_test {
namespace {

constexpr int64_t bound = 6;

/// An input of which only the first entries along an axis are valid.
struct Counted
{
    size_t input = 0;
    size_t axis = 0;
    bool by_other = false; ///< counted by another selection
};

struct Case
{
    Op op;
    std::vector<Tensor> inputs;
    std::vector<Counted> counted;
    size_t outputs = 1;
};

std::string label_of(const Case& test, size_t number)
{
    std::string label = std::to_string(number) + ": " + name(test.op);
    for (size_t i = 0; i < test.inputs.size(); ++i)
    {
        label += (i == 0 ? " " : ", ") + to_string(test.inputs[i].shape());
        for (const Counted& counted : test.counted)
        {
            if (counted.input == i)
                label += " (axis " + std::to_string(counted.axis) + ")";
        }
    }
    return label;
}

/// Moves all entries along an axis by one, and puts one that is unlike valid ones in front.
Tensor behind_garbage(const Tensor& x, size_t axis)
{
    const Shape shape = x.shape();
    int64_t inner = 1;
    for (size_t i = axis + 1; i < shape.rank(); ++i)
        inner *= shape[i];
    const auto moved = [&](auto values, auto garbage)
    {
        auto all = values;
        for (size_t i = 0; i < values.size(); ++i)
            all[i] = int64_t(i) / inner % shape[axis] == 0 ? garbage(i) : values[i - size_t(inner)];
        return all;
    };
    if (is_float(x.type()))
        return Tensor::from(shape, moved(x.to_floats(), [](size_t i)
                                         { return i % 2 == 0 ? std::numeric_limits<float>::quiet_NaN() : 60000.0f; }));
    if (x.type() != DType::boolean)
        return Tensor::from_integers(shape, moved(x.to_integers(), [](size_t i)
                                                  { return int64_t(i % 2 == 0 ? 1'000'000'007 : -1'000'000'007); }));
    const auto bytes = moved(x.to_integers(), [](size_t) { return int64_t(1); });
    std::vector<std::byte> booleans(bytes.size());
    std::ranges::transform(bytes, booleans.begin(), [](int64_t value) { return std::byte(value); });
    return Tensor::from_bytes(DType::boolean, shape, std::move(booleans));
}

/// Flags of `count` entries: the first one only if all are meant, so that its place is that of no valid entry.
Tensor flags_of(int64_t count)
{
    std::vector<int64_t> flags(size_t(bound), 0);
    std::fill_n(flags.begin() + (count < bound ? 1 : 0), count, 1);
    return ints(std::move(flags));
}

/// A network with outputs for each case. Counted inputs are gathered from all entries; entry 0, to which indices that
/// are not valid point, holds garbage.
class Network
{
public:
    Network()
    {
        for (size_t i = 0; i < 2; ++i)
        {
            const std::string name = "flags " + std::to_string(i);
            const ValueId flags = graph.add_input(name, DType::i64, {bound});
            const ValueId places = graph.add_node(name + " (places)", NonZero{}, {flags});
            kept_[i] = graph.add_node(name + " (kept)", Reshape{.shape = {-1}}, {places});
        }
    }

    void add(const Case& test, const std::string& label)
    {
        std::vector<ValueId> ids;
        for (size_t i = 0; i < test.inputs.size(); ++i)
            ids.push_back(add_input(test, i, label + " " + std::to_string(i)));
        const ValueId first = graph.add_node(label, test.op, ids, test.outputs);
        for (size_t i = 0; i < test.outputs; ++i)
            graph.outputs.push_back(first + ValueId(i));
    }

    std::vector<NamedTensor> inputs(int64_t count) const
    {
        std::vector<NamedTensor> all;
        for (const Fed& fed : fed_)
            all.push_back({fed.name, fed.axis && count < bound ? behind_garbage(fed.tensor, *fed.axis) : fed.tensor});
        for (size_t i = 0; i < 2; ++i)
            all.push_back({"flags " + std::to_string(i), flags_of(count)});
        return all;
    }

    Graph graph;

private:
    struct Fed
    {
        std::string name;
        Tensor tensor;
        std::optional<size_t> axis = {}; ///< counted
    };

    ValueId add_input(const Case& test, size_t input, const std::string& name)
    {
        const Tensor& x = test.inputs[input];
        const auto counted = std::ranges::find(test.counted, input, &Counted::input);
        if (!is_data_input(test.op, test.inputs.size(), input) && counted == test.counted.end())
            return graph.add_constant(name, x);
        const ValueId id = graph.add_input(name, x.type(), x.shape());
        if (counted == test.counted.end())
        {
            fed_.push_back({.name = name, .tensor = x});
            return id;
        }
        fed_.push_back({.name = name, .tensor = x, .axis = counted->axis});
        return graph.add_node(name + " (kept)", Gather{.axis = int64_t(counted->axis)},
                              {id, kept_[counted->by_other ? 1 : 0]});
    }

    std::vector<Fed> fed_;
    ValueId kept_[2] = {};
};

/// The result for inputs with `count` entries; empty if there is none.
std::optional<reference::Tensors> expected_of(const Case& test, int64_t count)
{
    std::vector<Tensor> inputs = test.inputs;
    for (const Counted& counted : test.counted)
        inputs[counted.input] = inputs[counted.input].entries(counted.axis, 0, count);
    std::vector<const Tensor*> arguments;
    for (const Tensor& input : inputs)
        arguments.push_back(&input);
    Result<reference::Tensors> results = reference::evaluate(test.op, arguments);
    if (!results.is_ok())
        return std::nullopt;
    if (const std::optional<size_t> axis = counted_axis_of(test.op); axis && results->size() == 2)
        (*results)[0] = (*results)[0].entries(*axis, 0, (*results)[1].to_integers()[0]);
    return *std::move(results);
}

bool agrees(const Tensor& actual, const Tensor& expected, Precision precision)
{
    if (actual.shape() != expected.shape())
        return false;
    if (!is_float(expected.type()))
    {
        const auto fits = [](int64_t a, int64_t b) { return a == std::clamp<int64_t>(b, INT32_MIN, INT32_MAX); };
        return std::ranges::equal(actual.to_integers(), expected.to_integers(), fits);
    }
    const float tolerance = precision == Precision::f16 ? 0.02f : 1e-4f;
    const float most = precision == Precision::f16 ? 65504.0f : std::numeric_limits<float>::max();
    const std::vector<float> a = actual.to_floats();
    const std::vector<float> b = expected.to_floats();
    const auto is_near = [&](float x, float y)
    {
        if (std::isnan(y) || std::abs(y) > most)
            return std::isnan(x) == std::isnan(y) && !(std::abs(x) < most) && std::signbit(x) == std::signbit(y);
        return std::abs(x - y) <= tolerance * std::max(1.0f, std::abs(y));
    };
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), is_near);
}

Tensor floats(const Shape& shape, uint32_t seed = 1)
{
    return random(shape, -2, 2, seed);
}

/// A multiple of an eighth, so that f16 holds sums, and no two are equal.
Tensor distinct(const Shape& shape)
{
    std::vector<float> values(size_t(shape.elements()));
    for (size_t i = 0; i < values.size(); ++i)
        values[i] = float((i * 37 + 11) % values.size()) / 8 - 2;
    return Tensor::from(shape, std::move(values));
}

Tensor integers(const Shape& shape, int64_t low = -5, int64_t high = 5)
{
    return random_integers(shape, low, high);
}

Tensor boxes_of(const Shape& shape)
{
    std::vector<float> corners;
    for (int64_t i = 0; i < shape.elements() / 4; ++i)
    {
        const auto x = float(i % 3 * 2);
        const auto y = float(i % 2 * 3);
        corners.insert(corners.end(), {x, y, x + 3, y + 4 + float(i % 4)});
    }
    return Tensor::from(shape, std::move(corners));
}

std::vector<Case> elementwise_cases()
{
    std::vector<Case> cases;
    const Tensor cube = floats({bound, bound, bound});
    for (const size_t axis : {size_t(0), size_t(1), size_t(2)})
    {
        Shape one = {1, 1, 1};
        one[axis] = bound;
        Shape others = {bound, bound, bound};
        others[axis] = 1;
        const Counted x = {.input = 0, .axis = axis};
        const Counted y = {.input = 1, .axis = axis};
        cases.push_back({Unary{.kind = UnaryKind::exp}, {cube}, {x}});
        cases.push_back({Binary{.kind = BinaryKind::mul}, {cube, floats(one)}, {x, y}});
        cases.push_back({Binary{.kind = BinaryKind::sub}, {cube, floats(others)}, {x}});
        cases.push_back({Binary{.kind = BinaryKind::sub}, {floats(others), floats(one)}, {y}});
        cases.push_back({Binary{.kind = BinaryKind::less}, {floats({}), cube}, {y}});
        cases.push_back({Where{}, {random_booleans(one), cube, floats({1})}, {x, y}});
        cases.push_back({Where{}, {random_booleans(others), floats(one), cube}, {y, {.input = 2, .axis = axis}}});
        cases.push_back({Cast{.to = DType::i64}, {cube}, {x}});
        cases.push_back({Expand{.shape = {4, 1, 1, 1}}, {cube}, {x}});
        cases.push_back({Chain{.steps = {{.function = Unary{.kind = UnaryKind::relu}},
                                         {.function = Binary{.kind = BinaryKind::add}, .operand = 1}}},
                         {cube, floats(one)},
                         {x, y}});
    }
    cases.push_back({Binary{.kind = BinaryKind::div}, {integers({bound, 3}), integers({3}, 1, 4)}, {{0, 0}}});
    cases.push_back({Binary{.kind = BinaryKind::logical_and},
                     {random_booleans({3, bound}), random_booleans({bound}, 2)},
                     {{0, 1}, {1, 0}}});
    cases.push_back({Expand{.shape = {1, 5}}, {floats({bound, 1})}, {{0, 0}}});
    cases.push_back({Expand{.shape = {4, 1}}, {floats({bound})}, {{0, 0}}});
    return cases;
}

std::vector<Case> movement_cases()
{
    std::vector<Case> cases;
    const Tensor x = floats({bound, 4, 8});
    const Tensor y = floats({3, bound, 4});
    const Tensor z = floats({3, 4, bound});
    for (const Integers& permutation : {Integers{}, Integers{1, 2, 0}, Integers{2, 0, 1}, Integers{0, 2, 1}})
    {
        cases.push_back({Transpose{.permutation = permutation}, {x}, {{0, 0}}});
        cases.push_back({Transpose{.permutation = permutation}, {y}, {{0, 1}}});
        cases.push_back({Transpose{.permutation = permutation}, {z}, {{0, 2}}});
    }
    cases.push_back({Concat{.axis = 1}, {y, y}, {{0, 1}, {1, 1}}});
    cases.push_back({Concat{.axis = 1}, {y, floats({3, 2, 4}), y}, {{0, 1}, {2, 1, true}}});
    cases.push_back({Concat{.axis = -1}, {y, y}, {{0, 1}, {1, 1}}});
    cases.push_back({Concat{.axis = 0}, {integers({bound}), integers({2})}, {{0, 0}}});
    cases.push_back({Concat{.axis = 0}, {random_booleans({2}), random_booleans({bound})}, {{1, 0}}});
    cases.push_back({Concat{.axis = 2}, {z}, {{0, 2}}});
    cases.push_back({Split{.axis = -1, .parts = 2}, {x}, {{0, 0}}, 2});
    cases.push_back({Split{.axis = 0, .split = {1, 2}}, {y}, {{0, 1}}, 2});
    cases.push_back({Slice{.starts = {1}, .ends = {9}, .axes = {2}, .steps = {2}}, {x}, {{0, 0}}});
    cases.push_back({Slice{.starts = {-1}, .ends = {-9}, .axes = {0}, .steps = {-1}}, {y}, {{0, 1}}});
    cases.push_back({Slice{.starts = {0, 0}, .ends = {2, 3}, .axes = {-3, 1}}, {x}, {{0, 0}}});
    cases.push_back({Slice{.starts = {0}, .ends = {1}}, {x}, {{0, 0}}});
    cases.push_back({Slice{.starts = {0}, .ends = {INT64_MAX}, .axes = {1}}, {y}, {{0, 1}}});
    cases.push_back({Slice{.starts = {0}, .ends = {0}, .axes = {1}}, {x}, {{0, 0}}});
    cases.push_back({Pad{.pads = {0, 1, 0, 0, -1, 2}, .value = 3}, {x}, {{0, 0}}});
    cases.push_back({Pad{.mode = PadMode::reflect, .pads = {1, 0, 1, 1}, .axes = {0, 2}}, {y}, {{0, 1}}});
    cases.push_back({Tile{.repeats = {1, 3, 2}}, {x}, {{0, 0}}});
    cases.push_back({Tile{.repeats = {2, 1, 1}}, {z}, {{0, 2}}});
    cases.push_back({Reshape{.shape = {0, -1}}, {x}, {{0, 0}}});
    cases.push_back({Reshape{.shape = {-1}}, {x}, {{0, 0}}});
    cases.push_back({Reshape{.shape = {-1, 2, 4, 2}}, {x}, {{0, 0}}});
    cases.push_back({Reshape{.shape = {3, -1}}, {y}, {{0, 1}}});
    cases.push_back({Reshape{.shape = {3, 1, -1, 2}}, {y}, {{0, 1}}});
    cases.push_back({Reshape{.kind = ReshapeKind::flatten, .axes = {1}}, {x}, {{0, 0}}});
    cases.push_back({Reshape{.kind = ReshapeKind::flatten, .axes = {0}}, {x}, {{0, 0}}});
    cases.push_back({Reshape{.kind = ReshapeKind::flatten, .axes = {-2}}, {y}, {{0, 1}}});
    cases.push_back({Reshape{.kind = ReshapeKind::unsqueeze, .axes = {0, -1}}, {y}, {{0, 1}}});
    cases.push_back({Reshape{.kind = ReshapeKind::squeeze, .axes = {-1, 0}}, {floats({1, bound, 1})}, {{0, 1}}});
    for (int64_t axis = 0; axis < 3; ++axis)
    {
        const Tensor indices = integers({2, bound}, 0, 2);
        cases.push_back({Gather{.axis = axis - 3}, {floats({3, 3, 3}), indices}, {{1, 1}}});
        cases.push_back({Gather{.axis = axis}, {floats({3, 3, 3}), integers({bound}, -3, 2)}, {{1, 0}}});
        if (axis != 1)
            cases.push_back({Gather{.axis = axis}, {y, ints({2, -1})}, {{0, 1}}});
        if (axis != 1)
            cases.push_back({Gather{.axis = axis}, {y, Tensor::from_integers({}, {-2})}, {{0, 1}}});
    }
    cases.push_back({Gather{.axis = 1}, {y, integers({bound}, 0, 0)}, {{0, 1}, {1, 0}}});
    cases.push_back({GatherElements{.axis = 0}, {floats({4, bound}), integers({3, bound}, 0, 3)}, {{0, 1}, {1, 1}}});
    cases.push_back({GatherElements{.axis = 0}, {floats({4, 3}), integers({bound, 3}, 0, 3)}, {{1, 0}}});
    cases.push_back({GatherNd{}, {floats({4, 3, 5}), integers({bound, 2}, 0, 2)}, {{1, 0}}});
    cases.push_back({GatherNd{}, {floats({4, 3, bound}), integers({5, 2}, 0, 2)}, {{0, 2}}});
    cases.push_back({ScatterNd{}, {floats({4, bound}), integers({5, 1}, 0, 3), floats({5, bound})}, {{0, 1}, {2, 1}}});
    const Tensor places = Tensor::from_integers({1, bound}, {5, 0, 3, 0, 2, 4});
    cases.push_back({ScatterNd{}, {floats({7, 3}), places.reshaped({bound, 1}), floats({bound, 3})}, {{1, 0}, {2, 0}}});
    cases.push_back({ScatterNd{.reduction = ScatterReduction::add},
                     {floats({7, 3}), places.reshaped({bound, 1}), floats({bound, 3})},
                     {{2, 0}}});
    cases.push_back({ScatterElements{.axis = 1, .reduction = ScatterReduction::add},
                     {floats({3, 7}), places, floats({1, bound})},
                     {{1, 1}, {2, 1}}});
    cases.push_back({ScatterElements{.axis = 1}, {floats({3, 7}), places, floats({1, bound})}, {{1, 1}, {2, 1}}});
    cases.push_back({ScatterElements{.axis = -1}, {integers({3, 7}), places, integers({3, bound})}, {{1, 1}, {2, 1}}});
    cases.push_back(
        {ScatterElements{.axis = 1}, {floats({3, bound}), ints({0}).reshaped({1, 1}), floats({1, 1})}, {{0, 1}}});
    cases.back().op = ScatterElements{.axis = 0};
    return cases;
}

std::vector<Case> reducing_cases()
{
    std::vector<Case> cases;
    const Tensor x = distinct({bound, 3, 4});
    const Tensor y = distinct({3, bound, 4});
    const Tensor z = distinct({3, 4, bound});
    for (const bool keeps : {true, false})
    {
        for (int kind = 0; kind <= int(ReduceKind::log_sum_exp); ++kind)
        {
            const auto reduce = [&](Integers axes)
            { return Reduce{.kind = ReduceKind(kind), .axes = std::move(axes), .keep_dims = keeps}; };
            const bool is_log = ReduceKind(kind) == ReduceKind::log_sum;
            const Tensor positive = random({bound, 3, 4}, 1, 2);
            cases.push_back({reduce({1}), {is_log ? positive : x}, {{0, 0}}});
            cases.push_back({reduce({-1, 0}), {y}, {{0, 1}}});
            if (is_log)
                cases.back().inputs = {random({3, bound, 4}, 1, 2)};
            if (ReduceKind(kind) == ReduceKind::mean)
                continue;
            cases.push_back({reduce({0}), {is_log ? positive : x}, {{0, 0}}});
            cases.push_back({reduce({-2, 2}), {is_log ? random({3, bound, 4}, 1, 2) : y}, {{0, 1}}});
            cases.push_back({reduce({}), {is_log ? random({3, 4, bound}, 1, 2) : z}, {{0, 2}}});
        }
        for (const ReduceKind kind : {ReduceKind::sum, ReduceKind::prod, ReduceKind::l1, ReduceKind::sum_square,
                                      ReduceKind::max, ReduceKind::min})
        {
            cases.push_back({Reduce{.kind = kind, .axes = {0}, .keep_dims = keeps}, {integers({bound, 3})}, {{0, 0}}});
            cases.push_back({Reduce{.kind = kind, .axes = {0}, .keep_dims = keeps}, {integers({3, bound})}, {{0, 1}}});
        }
        cases.push_back({ArgReduce{.axis = -1, .keep_dims = keeps}, {y}, {{0, 1}}});
        cases.push_back({ArgReduce{.is_min = true, .axis = 0, .keep_dims = keeps}, {y}, {{0, 1}}});
        cases.push_back({ArgReduce{.axis = 1, .keep_dims = keeps}, {x}, {{0, 0}}});
    }
    cases.push_back({Reduce{.kind = ReduceKind::sum, .axes = {}, .noop_with_empty_axes = true}, {y}, {{0, 1}}});
    cases.push_back({Reduce{.kind = ReduceKind::max, .axes = {}, .all_spatial = true}, {y}, {{0, 1}}});
    cases.push_back({Reduce{.kind = ReduceKind::max, .axes = {}, .all_spatial = true}, {z}, {{0, 2}}});
    cases.push_back({Reduce{.axes = {}, .all_spatial = true}, {floats({bound, 3, 4, 5})}, {{0, 0}}});
    for (const bool is_log : {false, true})
    {
        cases.push_back({CumSum{.axis = 1, .is_exclusive = is_log, .is_reverse = true}, {x}, {{0, 0}}});
        cases.push_back({CumSum{.axis = 1, .is_exclusive = is_log}, {y}, {{0, 1}}});
        cases.push_back({Softmax{.axis = -1, .is_log = is_log}, {x}, {{0, 0}}});
        cases.push_back({Softmax{.axis = 0, .is_log = is_log}, {y}, {{0, 1}}});
        cases.push_back({Softmax{.axis = 1, .is_log = is_log}, {z}, {{0, 2}}});
        cases.push_back({Softmax{.axis = 1, .is_log = is_log, .flattens = true}, {x}, {{0, 0}}});
        cases.push_back({Softmax{.axis = 2, .is_log = is_log, .flattens = true}, {y}, {{0, 1}}});
    }
    cases.push_back({LayerNormalization{.axes = {1, 2}}, {x}, {{0, 0}}});
    cases.push_back({LayerNormalization{.kind = NormalizationKind::l2, .axes = {-1}}, {y}, {{0, 1}}});
    cases.push_back({LayerNormalization{.kind = NormalizationKind::rms, .axes = {0}}, {z}, {{0, 2}}});
    cases.push_back({LayerNormalization{.axes = {2}, .to_last = true}, {y}, {{0, 1}}});
    return cases;
}

std::vector<Case> matrix_cases()
{
    std::vector<Case> cases;
    cases.push_back({MatMul{}, {floats({bound, 5}), floats({5, 3})}, {{0, 0}}});
    cases.push_back({MatMul{}, {floats({3, 5}), floats({5, bound})}, {{1, 1}}});
    cases.push_back({MatMul{}, {floats({2, bound, 5}), floats({5, 3})}, {{0, 1}}});
    cases.push_back({MatMul{}, {floats({bound, 4, 5}), floats({5, 3})}, {{0, 0}}});
    cases.push_back({MatMul{}, {floats({bound, 4, 5}), floats({bound, 5, 3})}, {{0, 0}, {1, 0}}});
    cases.push_back({MatMul{}, {floats({4, 5}), floats({bound, 5, 3})}, {{1, 0}}});
    cases.push_back({MatMul{}, {floats({bound, 2, 4, 5}), floats({1, 5, 3})}, {{0, 0}}});
    cases.push_back({MatMul{}, {floats({2, bound, 4, 5}), floats({bound, 5, 3})}, {{0, 1}, {1, 0}}});
    cases.push_back({MatMul{}, {floats({2, 1, 4, 5}), floats({bound, 5, 3})}, {{1, 0}}});
    cases.push_back({Gemm{.alpha = 2}, {floats({bound, 5}), floats({5, 3}), floats({3})}, {{0, 0}}});
    cases.push_back(
        {Gemm{.transpose_a = true}, {floats({5, bound}), floats({5, 3}), floats({bound, 1})}, {{0, 1}, {2, 0}}});
    cases.push_back(
        {Gemm{.transpose_b = true}, {floats({3, 5}), floats({bound, 5}), floats({bound})}, {{1, 0}, {2, 0}}});
    cases.push_back({Gemm{}, {floats({3, 5}), floats({5, bound}), floats({3, 1})}, {{1, 1}}});
    cases.push_back({Gemm{.beta = 3}, {floats({bound, 5}), floats({5, 3}), floats({bound, 3})}, {{0, 0}, {2, 0}}});
    return cases;
}

std::vector<Case> spatial_cases()
{
    const Window three = {.kernel = {3, 3}, .strides = {2, 1}, .dilations = {}, .pads = {1, 1, 1, 1}};
    const Window two = {.kernel = {2, 2}, .strides = {2, 2}, .dilations = {}, .pads = {}};
    const Tensor x = floats({bound, 4, 6, 8});
    const Tensor channels = random({4}, 1, 2);
    const Counted batch = {.input = 0, .axis = 0};
    std::vector<Case> cases = {
        {Conv{.window = three}, {x, floats({5, 4, 3, 3}), floats({5})}, {batch}},
        {Conv{.window = three, .groups = 4}, {x, floats({4, 1, 3, 3})}, {batch}},
        {Conv{}, {x, floats({8, 4, 1, 1})}, {batch}},
        {Conv{}, {floats({bound, 4, 6}), floats({8, 4, 3})}, {batch}},
        {Conv{.window = three}, {floats({2, 4, 6, 8}), floats({bound, 4, 3, 3}), floats({bound})}, {{1, 0}, {2, 0}}},
        {ConvTranspose{.window = two}, {x, floats({4, 5, 2, 2}), floats({5})}, {batch}},
        {Pool{.window = three}, {x}, {batch}, 2},
        {Pool{.kind = PoolKind::average, .window = two, .ceil_mode = true}, {x}, {batch}},
        {Pool{.kind = PoolKind::lp, .window = two}, {x}, {batch}},
        {BedOfNails{.strides = {2, 3}}, {x}, {batch}},
        {Resize{.mode = ResizeMode::linear, .scales = {1, 1, 2, 0.5f}}, {x}, {batch}},
        {Resize{.mode = ResizeMode::nearest, .sizes = {bound, 4, 12, 16}}, {x}, {batch}},
        {Resize{.mode = ResizeMode::cubic, .sizes = {9, 9}, .axes = {2, 3}}, {floats({2, bound, 6, 8})}, {{0, 1}}},
        {BatchNormalization{}, {x, channels, channels, channels, channels}, {batch}},
        {InstanceNormalization{}, {x, channels, channels}, {batch}},
        {Lrn{}, {x}, {batch}},
        {DepthToSpace{}, {x}, {batch}},
        {SpaceToDepth{}, {x}, {batch}},
        {GridSample{}, {x, random({bound, 2, 3, 2})}, {batch, {1, 0}}},
        {GridSample{}, {floats({1, 4, 6, 8}), random({1, bound, 3, 2})}, {{1, 1}}},
        {GridSample{}, {floats({1, 4, 6, 8}), random({1, 3, bound, 2})}, {{1, 2}}},
        {AffineGrid{.size = {bound, 1, 3, 4}}, {floats({bound, 2, 3})}, {batch}},
        {DeformColumns{.window = two}, {x, random({bound, 8, 3, 4})}, {batch, {1, 0}}},
        {Col2im{.image = {4, 4}, .window = two}, {floats({bound, 8, 4})}, {batch}},
    };
    return cases;
}

std::vector<Case> selecting_cases()
{
    std::vector<Case> cases;
    const Tensor x = distinct({bound, 4});
    const Tensor y = distinct({4, bound});
    for (const bool is_smallest : {false, true})
    {
        cases.push_back({TopK{.axis = 0, .is_smallest = is_smallest, .k = bound}, {x}, {{0, 0}}, 2});
        cases.push_back({TopK{.axis = -1, .is_smallest = is_smallest, .k = 2}, {x}, {{0, 0}}, 2});
        cases.push_back({TopK{.axis = 0, .is_smallest = is_smallest, .k = 3}, {y}, {{0, 1}}, 2});
        cases.push_back({TopK{.axis = 0, .is_smallest = is_smallest, .k = bound}, {integers({bound})}, {{0, 0}}, 2});
    }
    const Tensor boxes = boxes_of({bound, 4});
    const Tensor scores = random({bound}, 0, 1);
    const Tensor groups = integers({bound}, 0, 1);
    cases.push_back({BatchedNms{.iou_threshold = 0.4f}, {boxes, scores, groups}, {{0, 0}, {1, 0}, {2, 0}}, 2});
    cases.push_back(
        {BatchedNms{.score_threshold = 0.3f, .max_outputs = 2}, {boxes, scores, groups}, {{0, 0}, {1, 0}, {2, 0}}, 2});
    const NonMaxSuppression nms = {.max_outputs = 4, .iou_threshold = 0.4f, .score_threshold = 0.1f};
    cases.push_back({nms, {boxes_of({1, bound, 4}), random({1, 2, bound}, 0, 1)}, {{0, 1}, {1, 2}}, 2});
    cases.push_back({nms, {boxes_of({2, bound, 4}), random({2, 1, bound}, 0, 1)}, {{0, 1}, {1, 2}}, 2});
    for (const size_t axis : {size_t(0), size_t(1), size_t(2)})
    {
        Shape shape = {2, 2, 2};
        shape[axis] = bound;
        cases.push_back({NonZero{}, {integers(shape, 0, 1)}, {{0, axis}}, 2});
        cases.push_back({NonZero{}, {random_booleans(shape)}, {{0, axis}}, 2});
    }
    cases.push_back({NonZero{}, {floats({bound})}, {{0, 0}}, 2});
    return cases;
}

std::vector<Case> detecting_cases()
{
    const Tensor boxes = boxes_of({bound, 4});
    const Tensor features = floats({1, 3, 9, 9});
    const Tensor batch = floats({2, 3, 9, 9});
    const Tensor batch_indices = integers({bound}, 0, 1);
    std::vector<float> rows;
    for (size_t i = 0; i < size_t(bound); ++i)
    {
        rows.push_back(float(i % 2));
        for (size_t k = 0; k < 4; ++k)
            rows.push_back(boxes.to_floats()[4 * i + k]);
    }
    std::vector<int64_t> corners;
    for (const float corner : boxes.to_floats())
        corners.push_back(int64_t(corner));
    return {
        {DecodeBoxes{}, {boxes, random({bound, 12}, -0.2f, 0.2f)}, {{0, 0}, {1, 0}}},
        {DecodeBoxes{.size = {6, 6}}, {boxes, random({bound, 4}, -0.2f, 0.2f)}, {{0, 0}, {1, 0}}},
        {RoiAlign{.output_size = {2, 2}}, {features, boxes}, {{1, 0}}},
        {RoiAlign{.is_max = true, .scales = {1, 0.5f}, .canonical_size = 4},
         {features, floats({1, 3, 5, 5}), boxes},
         {{2, 0}}},
        {RoiAlign{.has_batch_indices = true}, {batch, boxes, batch_indices}, {{1, 0}, {2, 0}}},
        {RoiPool{.output_size = {2, 3}}, {features, boxes}, {{1, 0}}},
        {RoiPool{.output_size = {1, 2}}, {batch, Tensor::from({bound, 5}, rows)}, {{1, 0}}},
        {PasteMasks{.size = {9, 9}},
         {random({bound, 2, 4, 4}, 0, 1), boxes, integers({bound}, 0, 1)},
         {{0, 0}, {1, 0}, {2, 0}},
         2},
        {PasteSoftMasks{.size = {9, 9}},
         {random({bound, 1, 4, 4}, 0, 1), Tensor::from_integers({bound, 4}, corners)},
         {{0, 0}, {1, 0}}},
    };
}

/// Each of these would compute with the upper bound, or with entries that are not valid.
std::vector<Case> refused_cases()
{
    const Window three = {.kernel = {3, 3}, .strides = {}, .dilations = {}, .pads = {1, 1, 1, 1}};
    const Tensor cube = floats({bound, bound, bound});
    const Tensor picture = floats({bound, bound, bound, bound});
    const Tensor channels = random({bound}, 1, 2);
    std::vector<Case> cases;
    for (const size_t axis : {size_t(0), size_t(1), size_t(2)})
    {
        const Counted x = {.input = 0, .axis = axis};
        const auto number = int64_t(axis);
        cases.push_back({Binary{}, {cube, cube}, {x, {.input = 1, .axis = axis, .by_other = true}}});
        cases.push_back({Binary{}, {cube, cube}, {x, {.input = 1, .axis = (axis + 1) % 3}}});
        cases.push_back({Binary{}, {cube, cube}, {x}});
        cases.push_back({Where{}, {random_booleans({1}), cube, cube}, {{1, axis}}});
        cases.push_back(
            {Where{}, {random_booleans({bound, bound, bound}), cube, cube}, {x, {.input = 2, .axis = (axis + 2) % 3}}});
        cases.push_back({Concat{.axis = number}, {cube, cube}, {x, {.input = 1, .axis = (axis + 1) % 3}}});
        cases.push_back({Concat{.axis = (number + 1) % 3}, {cube, cube}, {x, {1, axis, true}}});
        cases.push_back({Split{.axis = number, .parts = 2}, {cube}, {x}, 2});
        cases.push_back({Slice{.starts = {1}, .ends = {bound}, .axes = {number}}, {cube}, {x}});
        cases.push_back({Slice{.starts = {0}, .ends = {-1}, .axes = {number}}, {cube}, {x}});
        cases.push_back({Slice{.starts = {0}, .ends = {bound}, .axes = {number}, .steps = {2}}, {cube}, {x}});
        cases.push_back({Slice{.starts = {-1}, .ends = {-bound - 1}, .axes = {number}, .steps = {-1}}, {cube}, {x}});
        cases.push_back({Slice{.starts = {-2}, .ends = {bound}, .axes = {number - 3}}, {cube}, {x}});
        Integers pads(6, 0);
        pads[axis] = 1;
        cases.push_back({Pad{.pads = pads}, {cube}, {x}});
        std::swap(pads[axis], pads[axis + 3]);
        cases.push_back({Pad{.mode = PadMode::edge, .pads = pads}, {cube}, {x}});
        pads[axis + 3] = -1;
        cases.push_back({Pad{.pads = pads}, {cube}, {x}});
        Integers repeats(3, 1);
        repeats[axis] = 2;
        cases.push_back({Tile{.repeats = repeats}, {cube}, {x}});
        if (axis > 0)
            cases.push_back({Reshape{.kind = ReshapeKind::flatten, .axes = {number + 1}}, {cube}, {x}});
        cases.push_back({Gather{.axis = number}, {cube, ints({0, 1})}, {x}});
        cases.push_back({Gather{.axis = number}, {cube, ints({-1})}, {x}});
        cases.push_back({Gather{.axis = (number + 1) % 3}, {cube, integers({bound}, 0, 0)}, {x, {1, 0}}});
        cases.push_back({GatherElements{.axis = number}, {cube, integers({bound, bound, bound}, 0, 5)}, {x}});
        cases.push_back({CumSum{.axis = number, .is_reverse = true}, {cube}, {x}});
        cases.push_back({ScatterNd{}, {cube, integers({bound, 3}, 0, 5), floats({bound})}, {x}});
        cases.push_back({Softmax{.axis = number}, {cube}, {x}});
        cases.push_back({Softmax{.axis = 0, .flattens = true}, {cube}, {x}});
        cases.push_back({ArgReduce{.axis = number - 3}, {cube}, {x}});
        cases.push_back({Reduce{.axes = {number}}, {cube}, {x}});
        cases.push_back({Reduce{.axes = {}}, {cube}, {x}});
        cases.push_back({LayerNormalization{.axes = {number}}, {cube}, {x}});
        cases.push_back({LayerNormalization{.axes = {0}, .to_last = true}, {cube}, {x}});
        cases.push_back(
            {MaxUnpool{.window = {.kernel = {2}, .strides = {2}}}, {cube, integers({bound, bound, bound})}, {x}});
        cases.push_back({ScatterElements{.axis = number},
                         {cube, integers({bound, bound, bound}, 0, 5), cube},
                         {{1, (axis + 1) % 3}, {2, (axis + 1) % 3}}});
        cases.push_back({Resize{.scales = {1, 1, 2}}, {cube}, {{0, 2}}});
    }
    for (const size_t axis : {size_t(1), size_t(2), size_t(3)})
    {
        const Counted x = {.input = 0, .axis = axis};
        cases.push_back({Conv{.window = three}, {picture, floats({4, bound, 3, 3})}, {x}});
        cases.push_back({ConvTranspose{.window = three}, {picture, floats({bound, 4, 3, 3})}, {x}});
        cases.push_back({Pool{.window = three}, {picture}, {x}, 2});
        cases.push_back({BedOfNails{.strides = {2, 2}}, {picture}, {x}});
        cases.push_back({BatchNormalization{}, {picture, channels, channels, channels, channels}, {x}});
        cases.push_back({InstanceNormalization{}, {picture, channels, channels}, {x}});
        cases.push_back({Lrn{}, {picture}, {x}});
        cases.push_back({SpaceToDepth{}, {picture}, {x}});
        if (axis > 1)
            cases.push_back({DepthToSpace{}, {floats({1, 4, bound, bound})}, {x}});
        if (axis > 1)
            cases.push_back({Resize{.mode = ResizeMode::linear, .scales = {1, 1, 2, 2}}, {picture}, {x}});
        cases.push_back({RoiAlign{}, {floats({1, bound, bound, bound}), boxes_of({3, 4})}, {x}});
        cases.push_back({RoiPool{}, {floats({1, bound, bound, bound}), boxes_of({3, 4})}, {x}});
    }
    cases.push_back({MatMul{}, {floats({3, bound}), floats({bound, 4})}, {{0, 1}}});
    cases.push_back({MatMul{}, {floats({3, bound}), floats({bound, 4})}, {{1, 0}}});
    cases.push_back({MatMul{}, {floats({3, bound}), floats({bound, 4})}, {{0, 1}, {1, 0}}});
    cases.push_back({MatMul{}, {floats({bound}), floats({bound, 4})}, {{0, 0}, {1, 0}}});
    cases.push_back({MatMul{}, {floats({bound, 4}), floats({4})}, {{0, 0}}});
    cases.push_back({MatMul{}, {floats({bound, 3, 4}), floats({bound, 4, 3})}, {{1, 0}}});
    cases.push_back({Gemm{}, {floats({3, bound}), floats({bound, 4})}, {{0, 1}}});
    cases.push_back({Gemm{.transpose_a = true}, {floats({bound, 3}), floats({bound, 4})}, {{0, 0}, {1, 0}}});
    cases.push_back({Gemm{}, {floats({3, 2}), floats({2, bound}), floats({bound})}, {{2, 0, true}, {1, 1}}});
    cases.push_back({Anchors{.base = {0, 0, 1, 1}}, {picture}, {{0, 2}}});
    cases.push_back({Anchors{.base = {0, 0, 1, 1}}, {picture}, {{0, 0}}});
    cases.push_back({DecodeBoxes{}, {boxes_of({bound, 4}), floats({bound, 4})}, {{0, 0}, {1, 0, true}}});
    cases.push_back(
        {RoiAlign{.has_batch_indices = true}, {floats({bound, 3, 5, 5}), boxes_of({3, 4}), ints({0, 1, 2})}, {{0, 0}}});
    cases.push_back({Reshape{.shape = {-1}}, {cube}, {{0, 1}}});
    cases.push_back({Expand{.shape = {bound, 5}}, {floats({bound, 1})}, {{0, 0}}});
    cases.push_back({Reshape{.shape = {4, -1}}, {floats({bound, 8})}, {{0, 0}}});
    cases.push_back({Reshape{.shape = {bound, -1}}, {floats({2, bound, 4})}, {{0, 1}}});
    cases.push_back(
        {BatchedNms{}, {boxes_of({bound, 4}), floats({bound}), integers({bound})}, {{0, 0}, {1, 0, true}}, 2});
    const Tensor weights = floats({bound, bound, 3, 3});
    cases.push_back({Conv{.window = three}, {picture, weights}, {{1, 1}}});
    cases.push_back(
        {DenseCrf{.iterations = 1}, {floats({1, 3, bound, bound}), floats({1, 3, bound, bound})}, {{0, 2}}});
    return cases;
}

std::vector<Case> supported_cases()
{
    std::vector<Case> cases;
    for (const auto& some : {elementwise_cases(), movement_cases(), reducing_cases(), matrix_cases(), spatial_cases(),
                             selecting_cases(), detecting_cases()})
        cases.insert(cases.end(), some.begin(), some.end());
    return cases;
}

} // namespace

TEST_CASE("valid entries: operators that would mix them with others are refused, each along each axis")
{
    const std::vector<Case> cases = refused_cases();
    for (size_t i = 0; i < cases.size(); ++i)
    {
        const std::string label = label_of(cases[i], i);
        Network network;
        network.add(cases[i], label);
        const Status status = specialize(network.graph).status();
        CAPTURE(label);
        CHECK_MESSAGE(status.code() == StatusCode::unsupported, status.message());
    }
}

TEST_CASE("valid entries: each operator computes from them what the reference does from tensors without others")
{
    std::vector<Case> cases;
    Network network;
    for (const Case& test : supported_cases())
    {
        const std::string label = label_of(test, cases.size());
        Network alone;
        alone.add(test, label);
        const Status status = specialize(alone.graph).status();
        CHECK_MESSAGE(status.is_ok(), status.message());
        if (!status.is_ok())
            continue;
        network.add(test, label);
        cases.push_back(test);
    }
    std::map<int64_t, std::vector<std::optional<reference::Tensors>>> expected;
    for (const int64_t count : {0, 1, 4, int(bound)})
    {
        for (const Case& test : cases)
            expected[count].push_back(expected_of(test, count));
    }
    for (const auto& due : runs_of_turn(next_turn()))
    {
        const TestDevice& device = due.first; // Clang 14 cannot capture structured bindings
        const Precision precision = due.second;
        const bool is_half = precision == Precision::f16;
        Result<Session> session =
            Session::create(device.device, network.graph, {.precision = precision, .fuse = !is_half});
        REQUIRE_MESSAGE(session.is_ok(), session.status().message());
        for (const auto& entry : expected)
        {
            const auto& count = entry.first;
            const auto& results = entry.second;
            const Result<RunResult> result = session->run(network.inputs(count));
            REQUIRE_MESSAGE(result.is_ok(), result.status().message());
            size_t output = 0;
            for (size_t i = 0; i < cases.size(); ++i)
            {
                for (size_t k = 0; k < cases[i].outputs; ++k, ++output)
                {
                    if (!results[i])
                        continue;
                    const Tensor& actual = result->outputs[output].tensor;
                    const Tensor& wanted = (*results[i])[k];
                    INFO(device.name, is_half ? ", f16, " : ", f32, ", count, " of ", label_of(cases[i], i), ": ",
                         to_string(actual.shape()), " instead of ", to_string(wanted.shape()));
                    CHECK(agrees(actual, wanted, precision));
                }
            }
            count_check(device.name);
        }
    }
}

} // namespace vkseg::test::valid_entries_table_test
