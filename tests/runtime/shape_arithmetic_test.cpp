// Networks that compute with the shape of a tensor of which the device finds how many entries are valid: planning
// refuses them, or they give what the reference does, which knows the number.
#include "reference/evaluate.hpp"
#include "runtime/specialize.hpp"
#include "support/check_op.hpp"
#include "support/devices.hpp"
#include "support/due_runs.hpp"
#include "support/subgraphs.hpp"
#include "vkseg/session.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

namespace vkseg::test::shape_arithmetic_test {
namespace {

constexpr int64_t bound = 6;

/// A network with x [R,4] and y [S,4], of `bound` rows at most.
class Network
{
public:
    /// `rows` of −1 are given when the network runs.
    explicit Network(int64_t rows = bound)
    {
        x = selected("x", "flags", rows);
        y = selected("y", "other flags", rows);
    }

    ValueId add(Op op, std::vector<ValueId> inputs, size_t outputs = 1)
    {
        return graph.add_node("node " + std::to_string(graph.nodes.size()), std::move(op), std::move(inputs), outputs);
    }
    ValueId constant(Tensor tensor)
    {
        return graph.add_constant("constant " + std::to_string(graph.values.size()), std::move(tensor));
    }
    ValueId list(std::vector<int64_t> values) { return constant(ints(std::move(values))); }
    ValueId number(int64_t value) { return constant(Tensor::from_integers(Shape{}, {value})); }
    ValueId shape(ValueId id) { return add(ShapeOf{}, {id}); }
    /// The number of entries along axis 0: i64 [1].
    ValueId rows(ValueId id) { return add(Slice{.starts = {0}, .ends = {1}, .axes = {0}}, {shape(id)}); }
    /// The same: a scalar.
    ValueId rows_scalar(ValueId id) { return add(Gather{}, {shape(id), number(0)}); }
    ValueId binary(BinaryKind kind, ValueId a, ValueId b) { return add(Binary{.kind = kind}, {a, b}); }
    ValueId concat(std::vector<ValueId> inputs, int64_t axis = 0)
    {
        return add(Concat{.axis = axis}, std::move(inputs));
    }
    ValueId reduce(ReduceKind kind, ValueId id, Integers axes = {}, bool keeps = false)
    {
        return add(Reduce{.kind = kind, .axes = std::move(axes), .keep_dims = keeps}, {id});
    }
    ValueId cast(ValueId id, DType to) { return add(Cast{.to = to}, {id}); }
    ValueId range(ValueId limit) { return add(Range{}, {number(0), limit, number(1)}); }
    ValueId as_floats(ValueId id) { return cast(id, DType::f32); }
    /// [R], the first column.
    ValueId column(ValueId id, int64_t which = 0) { return add(Gather{.axis = 1}, {id, number(which)}); }
    ValueId chosen(ValueId condition, Graph then_branch, Graph else_branch, std::vector<ValueId> inputs)
    {
        inputs.insert(inputs.begin(), condition);
        return add(If{.then_branch = std::make_shared<const Graph>(std::move(then_branch)),
                      .else_branch = std::make_shared<const Graph>(std::move(else_branch))},
                   std::move(inputs));
    }

    static std::vector<NamedTensor> inputs(int64_t count, int64_t others, int64_t rows = bound)
    {
        std::vector<NamedTensor> all;
        add_inputs(all, "x", "flags", std::min(count, rows), rows);
        add_inputs(all, "y", "other flags", std::min(others, rows), rows);
        return all;
    }

    Graph graph;
    ValueId x = no_value;
    ValueId y = no_value;

private:
    ValueId selected(const std::string& name, const std::string& flags_name, int64_t rows)
    {
        const ValueId data = graph.add_input(name, DType::f32, {rows, 4});
        const ValueId flags = graph.add_input(flags_name, DType::i64, {rows});
        const ValueId places = add(NonZero{}, {flags});
        const ValueId kept = add(Reshape{.shape = {-1}}, {places});
        return add(Gather{}, {data, kept});
    }

    /// Indices that are not valid point to row 0, which has values unlike others unless all rows are valid.
    static void add_inputs(std::vector<NamedTensor>& all, const std::string& name, const std::string& flags_name,
                           int64_t count, int64_t rows)
    {
        std::vector<float> values = random({rows, 4}, 1, 3, uint32_t(name[0])).to_floats();
        std::vector<int64_t> flags(size_t(rows), 0);
        std::fill_n(flags.begin() + (count < rows ? 1 : 0), count, 1);
        for (size_t i = 0; i < 4 && count < rows; ++i)
            values[i] = i % 2 == 0 ? std::numeric_limits<float>::quiet_NaN() : 1e6f;
        all.push_back({name, Tensor::from({rows, 4}, std::move(values))});
        all.push_back({flags_name, ints(std::move(flags))});
    }
};

struct Case
{
    std::string name;
    std::function<std::vector<ValueId>(Network&)> build;
};

using Ids = std::vector<ValueId>;

/// x → op(x), for any shape.
Graph function_graph(Op op, std::vector<Tensor> constants = {})
{
    Graph graph;
    std::vector<ValueId> inputs = {graph.add_input("x", DType::f32, {-1, -1})};
    graph.values[inputs[0]].has_shape = false;
    for (Tensor& tensor : constants)
        inputs.push_back(graph.add_constant("c" + std::to_string(inputs.size()), std::move(tensor)));
    graph.outputs = {graph.add_node("y", std::move(op), inputs)};
    return graph;
}

/// x → an empty constant.
Graph empty_graph(Shape shape)
{
    Graph graph;
    const ValueId x = graph.add_input("x", DType::f32, {-1, -1});
    graph.values[x].has_shape = false;
    graph.outputs = {graph.add_constant("none", Tensor::from(shape, {}))};
    return graph;
}

std::vector<Case> supported_cases()
{
    return {
        {"Range and Gather",
         [](Network& n) -> Ids {
             return {n.add(Gather{}, {n.x, n.range(n.rows_scalar(n.x))})};
         }},
        {"ConstantOfShape is added",
         [](Network& n) -> Ids {
             return {n.binary(BinaryKind::add, n.x,
                              n.add(ConstantOfShape{.value = Tensor::from({1}, {2})}, {n.shape(n.x)}))};
         }},
        {"ConstantOfShape is an output",
         [](Network& n) -> Ids {
             return {n.add(ConstantOfShape{.value = Tensor::from({1}, {2})}, {n.shape(n.x)}),
                     n.range(n.rows_scalar(n.x))};
         }},
        {"ConstantOfShape is summed",
         [](Network& n) -> Ids
         {
             const ValueId ones = n.add(ConstantOfShape{.value = Tensor::from({1}, {1})}, {n.shape(n.x)});
             return {n.reduce(ReduceKind::sum, ones), n.reduce(ReduceKind::sum, ones, {0}, true),
                     n.reduce(ReduceKind::sum, ones, {1}, true), n.reduce(ReduceKind::prod, ones)};
         }},
        {"a Range is summed, selected from and joined",
         [](Network& n) -> Ids
         {
             const ValueId numbers = n.range(n.rows_scalar(n.x));
             return {n.reduce(ReduceKind::sum, numbers, {}, true), n.reduce(ReduceKind::max, numbers, {}, true),
                     n.add(NonZero{}, {numbers}), n.concat({numbers, n.list({7, 8}), n.range(n.rows_scalar(n.y))})};
         }},
        {"Where of a Range",
         [](Network& n) -> Ids
         {
             const ValueId numbers = n.range(n.rows_scalar(n.x));
             const ValueId is_small = n.binary(BinaryKind::less, numbers, n.list({2}));
             return {n.add(Where{}, {is_small, numbers, n.list({-1})}), n.add(NonZero{}, {is_small}),
                     n.reduce(ReduceKind::sum, n.cast(is_small, DType::i64))};
         }},
        {"Expand to the shape",
         [](Network& n) -> Ids
         {
             const ValueId row = n.constant(random({1, 4}));
             return {n.add(Expand{}, {row, n.shape(n.x)}),
                     n.add(Expand{}, {row, n.concat({n.list({3}), n.rows(n.x), n.list({1})})})};
         }},
        {"Reshape to extents from the shape",
         [](Network& n) -> Ids
         {
             return {n.add(Reshape{}, {n.x, n.concat({n.rows(n.x), n.list({2, 2})})}),
                     n.add(Reshape{}, {n.x, n.concat({n.list({1}), n.rows(n.x), n.list({4})})}),
                     n.add(Reshape{}, {n.x, n.binary(BinaryKind::mul, n.rows(n.x), n.list({4}))})};
         }},
        {"[R·K] to [R,K]",
         [](Network& n) -> Ids
         {
             const ValueId flat = n.add(Reshape{.shape = {-1}}, {n.x});
             return {n.add(Reshape{.shape = {-1, 4}}, {flat}),
                     n.add(Reshape{}, {flat, n.concat({n.rows(n.x), n.list({-1})})}),
                     n.add(Reshape{},
                           {flat, n.concat({n.binary(BinaryKind::div, n.rows(flat), n.list({4})), n.list({4})})})};
         }},
        {"Shape of what is joined, cut and selected",
         [](Network& n) -> Ids
         {
             const ValueId joined = n.concat({n.x, n.y});
             const ValueId cut = n.add(Slice{.starts = {0}, .ends = {3}, .axes = {0}}, {joined});
             return {joined, cut, n.range(n.rows_scalar(joined)), n.range(n.rows_scalar(cut)),
                     n.range(n.add(Gather{}, {n.shape(n.add(NonZero{}, {n.column(joined)})), n.number(1)}))};
         }},
        {"a Slice that ends at the smaller of a count and a number",
         [](Network& n) -> Ids
         {
             const ValueId end =
                 n.binary(BinaryKind::max, n.list({0}), n.binary(BinaryKind::min, n.rows(n.x), n.list({3})));
             return {n.add(Slice{}, {n.x, n.list({0}), end, n.list({0})}),
                     n.add(Slice{}, {n.constant(random({9, 2})), n.list({0}), end, n.list({0})}),
                     n.add(Slice{}, {n.constant(random({2, 9})), n.list({0}), n.rows(n.y), n.list({-1})})};
         }},
        {"TopK of the smaller of a count and a number",
         [](Network& n) -> Ids
         {
             const ValueId k = n.binary(BinaryKind::min, n.rows(n.x), n.list({3}));
             const ValueId top = n.add(TopK{.axis = 0}, {n.column(n.x), k}, 2);
             return {top, top + 1, n.add(Gather{}, {n.x, top + 1})};
         }},
        {"TopK of a count by ReduceMin",
         [](Network& n) -> Ids
         {
             const ValueId k = n.reduce(ReduceKind::min, n.concat({n.rows(n.x), n.list({4})}), {0}, true);
             const ValueId top = n.add(TopK{.axis = 0}, {n.column(n.x), k}, 2);
             return {top, top + 1};
         }},
        {"joined, then TopK",
         [](Network& n) -> Ids
         {
             const ValueId joined = n.concat({n.x, n.constant(random({2, 4}, 5, 6)), n.y});
             const ValueId k = n.binary(BinaryKind::min, n.rows(joined), n.list({5}));
             const ValueId top = n.add(TopK{.axis = 0}, {n.column(joined), k}, 2);
             return {joined, top, n.add(Gather{}, {joined, top + 1})};
         }},
        {"joined, then NMS and RoiAlign",
         [](Network& n) -> Ids
         {
             const ValueId joined = n.concat({n.x, n.y});
             const ValueId corners =
                 n.add(Gather{.axis = 1}, {joined, n.constant(Tensor::from_integers({4}, {0, 1, 0, 1}))});
             const ValueId boxes = n.binary(BinaryKind::add, corners, n.constant(Tensor::from({4}, {0, 0, 2, 3})));
             const ValueId groups = n.add(Cast{.to = DType::i64}, {n.column(joined)});
             const ValueId kept = n.add(BatchedNms{.iou_threshold = 0.6f}, {boxes, n.column(joined, 3), groups});
             const ValueId some = n.add(Gather{}, {boxes, kept});
             const ValueId features = n.constant(random({1, 2, 8, 8}));
             return {kept, n.add(RoiAlign{.output_size = {2, 2}}, {features, some}), n.range(n.rows_scalar(some))};
         }},
        {"joined twice, with a joined tensor in it",
         [](Network& n) -> Ids
         {
             const ValueId joined = n.concat({n.y, n.x});
             return {n.concat({n.x, joined, n.x}), n.concat({n.column(n.y), n.column(n.x)}),
                     n.concat({n.add(Transpose{}, {n.y}), n.add(Transpose{}, {n.x})}, 1)};
         }},
        {"scattered by counted indices",
         [](Network& n) -> Ids
         {
             const ValueId numbers = n.range(n.rows_scalar(n.x));
             const ValueId data = n.constant(random({8}, -3, -1));
             return {n.add(ScatterElements{}, {data, numbers, n.column(n.x)})};
         }},
        {"scattered by expanded indices",
         [](Network& n) -> Ids
         {
             const ValueId places = n.add(Reshape{.shape = {-1, 1}}, {n.range(n.rows_scalar(n.x))});
             const ValueId indices = n.add(Expand{}, {places, n.shape(n.x)});
             return {n.add(ScatterElements{}, {n.constant(random({7, 4}, -3, -1)), indices, n.x})};
         }},
        {"reductions over the entries",
         [](Network& n) -> Ids
         {
             Ids ids;
             for (const ReduceKind kind : {ReduceKind::sum, ReduceKind::max, ReduceKind::min, ReduceKind::prod,
                                           ReduceKind::l1, ReduceKind::l2, ReduceKind::log_sum_exp})
                 ids.push_back(n.reduce(kind, n.x, {0}));
             return ids;
         }},
        {"slices of slices",
         [](Network& n) -> Ids
         {
             const ValueId five = n.add(Slice{.starts = {0}, .ends = {5}, .axes = {0}}, {n.x});
             const ValueId two = n.add(Slice{.starts = {0}, .ends = {2}, .axes = {0}}, {five});
             return {five, two, n.reduce(ReduceKind::sum, two), n.range(n.rows_scalar(two))};
         }},
        {"Where and Equal in a shape",
         [](Network& n) -> Ids
         {
             const ValueId wanted = n.concat({n.rows(n.x), n.list({-1})});
             const ValueId is_open = n.binary(BinaryKind::equal, wanted, n.list({-1}));
             const ValueId shape = n.add(Where{}, {is_open, n.list({1, 1}), wanted});
             return {n.add(Expand{}, {n.constant(random({1, 4})), shape})};
         }},
        {"an If on emptiness, as torchvision exports it",
         [](Network& n) -> Ids
         {
             const ValueId is_none = n.binary(BinaryKind::equal, n.reduce(ReduceKind::prod, n.shape(n.x)), n.number(0));
             const ValueId size = n.add(ShapeOf{.is_size = true}, {n.x});
             const ValueId is_some = n.binary(BinaryKind::greater, size, n.number(0));
             const Graph doubled = function_graph(Binary{.kind = BinaryKind::mul}, {Tensor::from({1}, {2})});
             return {n.chosen(is_none, empty_graph({0, 4}), doubled, {n.x}),
                     n.chosen(is_some, doubled, empty_graph({0, 4}), {n.x}),
                     n.chosen(n.cast(is_some, DType::boolean), function_graph(Unary{}), empty_graph({0, 4}), {n.x})};
         }},
        {"a branch passes its input through",
         [](Network& n) -> Ids
         {
             const ValueId is_none = n.binary(BinaryKind::equal, n.rows_scalar(n.x), n.number(0));
             Graph same;
             const ValueId input = same.add_input("x", DType::f32, {-1, -1});
             same.outputs = {input};
             const ValueId result = n.chosen(is_none, empty_graph({0, 4}), same, {n.x});
             return {result, n.reduce(ReduceKind::sum, result), n.range(n.rows_scalar(result))};
         }},
        {"an If in an If",
         [](Network& n) -> Ids
         {
             const ValueId is_none = n.binary(BinaryKind::equal, n.rows_scalar(n.x), n.number(0));
             Graph inner;
             const ValueId x = inner.add_input("x", DType::f32, {-1, -1});
             const ValueId shape = inner.add_node("shape", ShapeOf{}, {x});
             const ValueId product =
                 inner.add_node("product", Reduce{.kind = ReduceKind::prod, .axes = {}, .keep_dims = false}, {shape});
             const ValueId zero = inner.add_constant("zero", Tensor::from_integers(Shape{}, {0}));
             const ValueId is_empty = inner.add_node("is empty", Binary{.kind = BinaryKind::equal}, {product, zero});
             const If op = {.then_branch = std::make_shared<const Graph>(empty_graph({0, 4})),
                            .else_branch =
                                std::make_shared<const Graph>(function_graph(Unary{.kind = UnaryKind::neg}))};
             inner.outputs = {inner.add_node("chosen", op, {is_empty, x})};
             return {n.chosen(is_none, empty_graph({0, 4}), inner, {n.x})};
         }},
        {"a comparison that holds for each count",
         [](Network& n) -> Ids
         {
             const ValueId fits = n.binary(BinaryKind::less_or_equal, n.rows_scalar(n.x), n.number(bound));
             return {n.chosen(fits, function_graph(Unary{.kind = UnaryKind::neg}),
                              function_graph(Unary{.kind = UnaryKind::abs}), {n.x})};
         }},
        {"a Loop that joins counted tensors",
         [](Network& n) -> Ids
         {
             Graph body;
             body.add_input("turn", DType::i64, Shape{});
             const ValueId condition = body.add_input("condition", DType::boolean, Shape{});
             const ValueId v = body.add_input("v", DType::f32, {-1, -1});
             const ValueId x = body.add_input("x", DType::f32, {-1, -1});
             body.values[v].has_shape = body.values[x].has_shape = false;
             const ValueId joined = body.add_node("joined", Concat{.axis = 0}, {v, x});
             body.outputs = {condition, joined, body.add_node("negative", Unary{.kind = UnaryKind::neg}, {x})};
             const ValueId all = n.add(Loop{.body = std::make_shared<const Graph>(std::move(body)), .carried = 1},
                                       {n.number(3), no_value, n.y, n.x}, 2);
             return {all, all + 1};
         }},
        {"indices that count from the last entry",
         [](Network& n) -> Ids
         {
             const ValueId numbers = n.range(n.rows_scalar(n.x));
             const ValueId backwards = n.binary(BinaryKind::sub, n.list({-1}), numbers);
             const ValueId signs = n.cast(n.binary(BinaryKind::less, n.column(n.x), n.column(n.x, 1)), DType::i64);
             const ValueId computed = n.binary(BinaryKind::sub, n.binary(BinaryKind::mul, signs, backwards), signs);
             const ValueId at_most_one = n.add(Unary{.kind = UnaryKind::clip, .a = -1, .b = 0}, {computed});
             return {n.add(Gather{}, {n.x, backwards}), n.add(Gather{}, {numbers, backwards}),
                     n.add(Gather{}, {n.x, at_most_one}),
                     n.add(ScatterElements{}, {n.column(n.x), backwards, n.column(n.x, 1)})};
         }},
        {"columns without any",
         [](Network& n) -> Ids
         {
             const ValueId none = n.add(Slice{.starts = {4}, .ends = {4}, .axes = {1}}, {n.x});
             const ValueId nothing = n.constant(Tensor::from({0, 3}, {}));
             return {none,
                     n.range(n.rows_scalar(none)),
                     n.concat({none, n.x}, 1),
                     n.concat({none, n.add(Slice{.starts = {4}, .ends = {4}, .axes = {1}}, {n.y})}),
                     n.reduce(ReduceKind::prod, none),
                     n.reduce(ReduceKind::sum, none, {1}),
                     n.add(MatMul{}, {none, nothing}),
                     n.add(Pad{.pads = {0, 1, 0, 1}, .value = 2}, {none}),
                     n.add(NonZero{}, {none})};
         }},
    };
}

/// Networks for which a number must be known, or a tensor has another form for each count.
std::vector<Case> refused_cases()
{
    return {
        {"the shape is an output", [](Network& n) -> Ids { return {n.shape(n.x)}; }},
        {"the size is an output", [](Network& n) -> Ids { return {n.add(ShapeOf{.is_size = true}, {n.x})}; }},
        {"a truth is an output",
         [](Network& n) -> Ids { return {n.binary(BinaryKind::equal, n.rows(n.x), n.list({0}))}; }},
        {"an average",
         [](Network& n) -> Ids
         { return {n.binary(BinaryKind::div, n.reduce(ReduceKind::sum, n.x), n.as_floats(n.rows_scalar(n.x)))}; }},
        {"the count is compared with data",
         [](Network& n) -> Ids { return {n.binary(BinaryKind::less, n.x, n.as_floats(n.rows_scalar(n.y)))}; }},
        {"the count is a factor of data",
         [](Network& n) -> Ids { return {n.binary(BinaryKind::mul, n.x, n.as_floats(n.rows_scalar(n.x)))}; }},
        {"the count is joined to a counted tensor",
         [](Network& n) -> Ids {
             return {n.concat({n.range(n.rows_scalar(n.x)), n.rows(n.x)})};
         }},
        {"the count is joined to data",
         [](Network& n) -> Ids {
             return {n.concat({n.add(Cast{.to = DType::i64}, {n.column(n.x)}), n.rows(n.x)})};
         }},
        {"the count in each entry is summed",
         [](Network& n) -> Ids
         {
             const ValueId counts = n.add(Expand{}, {n.rows(n.x), n.rows(n.x)});
             return {n.reduce(ReduceKind::sum, counts)};
         }},
        {"the count in each entry is sorted",
         [](Network& n) -> Ids
         {
             const ValueId counts = n.add(Expand{}, {n.rows(n.x), n.rows(n.x)});
             return {n.add(TopK{.axis = 0, .k = 1}, {counts}, 2)};
         }},
        {"places of extents that are not 0", [](Network& n) -> Ids { return {n.add(NonZero{}, {n.shape(n.x)})}; }},
        {"places of a truth",
         [](Network& n) -> Ids
         { return {n.add(NonZero{}, {n.binary(BinaryKind::greater, n.shape(n.x), n.list({2}))})}; }},
        {"the last entry by its number",
         [](Network& n) -> Ids {
             return {n.add(Gather{}, {n.x, n.binary(BinaryKind::sub, n.rows(n.x), n.list({1}))})};
         }},
        {"the first of an update by its number",
         [](Network& n) -> Ids {
             return {n.add(ScatterElements{}, {n.constant(random({9})), n.rows(n.x), n.constant(random({1}))})};
         }},
        {"a Slice from the count",
         [](Network& n) -> Ids {
             return {n.add(Slice{}, {n.constant(random({9})), n.rows(n.x), n.list({9}), n.list({0})})};
         }},
        {"a Slice that ends before the last entry",
         [](Network& n) -> Ids {
             return {
                 n.add(Slice{}, {n.x, n.list({0}), n.binary(BinaryKind::sub, n.rows(n.x), n.list({1})), n.list({0})})};
         }},
        {"a Slice in steps of the count",
         [](Network& n) -> Ids {
             return {n.add(Slice{}, {n.constant(random({9})), n.list({0}), n.list({9}), n.list({0}), n.rows(n.x)})};
         }},
        {"Tile",
         [](Network& n) -> Ids {
             return {n.add(Tile{}, {n.constant(random({3})), n.rows(n.x)})};
         }},
        {"Pad",
         [](Network& n) -> Ids {
             return {n.add(Pad{}, {n.constant(random({3})), n.concat({n.list({0}), n.rows(n.x)})})};
         }},
        {"Split",
         [](Network& n) -> Ids
         {
             const ValueId rest = n.binary(BinaryKind::sub, n.list({9}), n.rows(n.x));
             return {n.add(Split{.parts = 2}, {n.constant(random({9})), n.concat({n.rows(n.x), rest})}, 2)};
         }},
        {"sizes of a Resize",
         [](Network& n) -> Ids
         {
             const ValueId sizes = n.concat({n.list({1, 2, 5}), n.rows(n.x)});
             return {n.add(Resize{}, {n.constant(random({1, 2, 3, 3})), no_value, no_value, sizes})};
         }},
        {"bounds of a Clip",
         [](Network& n) -> Ids {
             return {n.add(Unary{.kind = UnaryKind::clip}, {n.x, no_value, n.as_floats(n.rows_scalar(n.x))})};
         }},
        {"a Range from the count to a number",
         [](Network& n) -> Ids {
             return {n.add(Range{}, {n.rows_scalar(n.x), n.number(9), n.number(1)})};
         }},
        {"a Range in steps",
         [](Network& n) -> Ids {
             return {n.add(Range{}, {n.number(0), n.rows_scalar(n.x), n.number(2)})};
         }},
        {"[R,R]",
         [](Network& n) -> Ids {
             return {n.add(ConstantOfShape{}, {n.concat({n.rows(n.x), n.rows(n.x)})})};
         }},
        {"pairs of entries",
         [](Network& n) -> Ids {
             return {n.binary(BinaryKind::sub, n.add(Reshape{.shape = {-1, 1}}, {n.column(n.x)}), n.column(n.x))};
         }},
        {"an If on another number",
         [](Network& n) -> Ids
         {
             const ValueId is_one = n.binary(BinaryKind::equal, n.rows_scalar(n.x), n.number(1));
             return {n.chosen(is_one, function_graph(Unary{.kind = UnaryKind::neg}), function_graph(Unary{}), {n.x})};
         }},
        {"an If on emptiness whose branches both give entries",
         [](Network& n) -> Ids
         {
             const ValueId is_none = n.binary(BinaryKind::equal, n.rows_scalar(n.x), n.number(0));
             return {n.chosen(is_none, function_graph(Unary{.kind = UnaryKind::neg}), function_graph(Unary{}), {n.y})};
         }},
        {"an If on the emptiness of another tensor",
         [](Network& n) -> Ids
         {
             const ValueId is_none = n.binary(BinaryKind::equal, n.rows_scalar(n.x), n.number(0));
             return {n.chosen(is_none, empty_graph({0, 4}), function_graph(Unary{}), {n.y})};
         }},
        {"an If whose empty branch has another shape",
         [](Network& n) -> Ids
         {
             const ValueId is_none = n.binary(BinaryKind::equal, n.rows_scalar(n.x), n.number(0));
             return {n.chosen(is_none, empty_graph({0, 5}), function_graph(Unary{}), {n.x})};
         }},
        {"a Loop of as many turns",
         [](Network& n) -> Ids
         {
             Graph body;
             body.add_input("turn", DType::i64, Shape{});
             const ValueId condition = body.add_input("condition", DType::boolean, Shape{});
             const ValueId v = body.add_input("v", DType::f32, {4});
             body.outputs = {condition, body.add_node("w", Binary{}, {v, v})};
             return {n.add(Loop{.body = std::make_shared<const Graph>(std::move(body)), .carried = 1},
                           {n.rows_scalar(n.x), no_value, n.constant(random({4}))})};
         }},
        {"a Loop whose condition depends on the count",
         [](Network& n) -> Ids
         {
             Graph body;
             const ValueId turn = body.add_input("turn", DType::i64, Shape{});
             body.add_input("condition", DType::boolean, Shape{});
             const ValueId v = body.add_input("v", DType::f32, {4});
             const ValueId rows = body.add_input("rows", DType::i64, Shape{});
             const ValueId goes_on = body.add_node("goes on", Binary{.kind = BinaryKind::less}, {turn, rows});
             body.outputs = {goes_on, body.add_node("w", Binary{}, {v, v})};
             const ValueId begin = n.constant(truth(true));
             return {n.add(Loop{.body = std::make_shared<const Graph>(std::move(body)), .carried = 1},
                           {n.number(9), begin, n.constant(random({4})), n.rows_scalar(n.x)})};
         }},
        {"[4·R] to [4,R]",
         [](Network& n) -> Ids
         {
             const ValueId four = n.add(Slice{.starts = {0}, .ends = {4}, .axes = {0}}, {n.x}); // at most 4 rows
             return {n.add(Reshape{.shape = {4, -1}}, {n.add(Reshape{.shape = {-1}}, {four})})};
         }},
        {"Expand of a counted tensor to an extent",
         [](Network& n) -> Ids {
             return {n.add(Expand{}, {n.x, n.list({bound, 4})})};
         }},
        {"weights with counted extents",
         [](Network& n) -> Ids
         {
             const ValueId weights =
                 n.add(ConstantOfShape{.value = Tensor::from({1}, {1})}, {n.concat({n.rows(n.x), n.list({2, 1, 1})})});
             return {n.add(Conv{}, {n.constant(random({1, 2, 3, 3})), weights})};
         }},
    };
}

bool agrees(const Tensor& actual, const Tensor& expected)
{
    if (actual.shape() != expected.shape())
        return false;
    if (!is_float(expected.type()))
    {
        const std::vector<int64_t> integers = expected.to_integers();
        const auto fits = [](int64_t a, int64_t b)
        { return a == b || a == std::clamp<int64_t>(b, INT32_MIN, INT32_MAX); };
        return std::ranges::equal(actual.to_integers(), integers, fits);
    }
    const std::vector<float> a = actual.to_floats();
    const std::vector<float> b = expected.to_floats();
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](float x, float y)
                      { return x == y || std::abs(x - y) <= 1e-5f * std::max(1.0f, std::abs(y)); });
}

/// The number of valid entries of x and y.
struct Counts
{
    int64_t x = 0;
    int64_t y = 0;
};

std::optional<reference::Tensors> expected_of(const Case& test, const Counts& counts, int64_t rows = bound)
{
    Network network(rows);
    network.graph.outputs = test.build(network);
    const std::vector<NamedTensor> inputs = Network::inputs(counts.x, counts.y, rows);
    std::vector<const Tensor*> arguments;
    for (const NamedTensor& input : inputs)
        arguments.push_back(&input.tensor);
    Result<reference::Tensors> results = reference::evaluate(network.graph, arguments);
    if (!results.is_ok())
        return std::nullopt;
    return *std::move(results);
}

} // namespace

TEST_CASE("shape arithmetic: a number that only the device knows is not taken for another")
{
    for (const Case& test : refused_cases())
    {
        CAPTURE(test.name);
        Network network;
        network.graph.outputs = test.build(network);
        const Status status = specialize(network.graph).status();
        CHECK_MESSAGE(status.code() == StatusCode::unsupported, status.message());
    }
}

TEST_CASE("shape arithmetic: a number that only the device knows gives extents")
{
    std::vector<Case> cases;
    std::vector<size_t> first_outputs;
    Network network;
    for (const Case& test : supported_cases())
    {
        CAPTURE(test.name);
        Network alone;
        alone.graph.outputs = test.build(alone);
        const Status status = specialize(alone.graph).status();
        CHECK_MESSAGE(status.is_ok(), status.message());
        if (!status.is_ok())
            continue;
        first_outputs.push_back(network.graph.outputs.size());
        const Ids outputs = test.build(network);
        network.graph.outputs.insert(network.graph.outputs.end(), outputs.begin(), outputs.end());
        cases.push_back(test);
    }
    const Counts all_counts[] = {{0, 2}, {1, 0}, {4, 1}, {bound, 3}, {0, 0}, {bound, bound}};
    std::vector<std::vector<std::optional<reference::Tensors>>> expected;
    for (const Counts& counts : all_counts)
    {
        expected.emplace_back();
        for (const Case& test : cases)
            expected.back().push_back(expected_of(test, counts));
    }
    for (const TestDevice& device : devices_of_turn(next_turn()))
    {
        for (const bool fuse : {true, false})
        {
            Result<Session> session = Session::create(device.device, network.graph, {.fuse = fuse});
            REQUIRE_MESSAGE(session.is_ok(), session.status().message());
            for (size_t i = 0; i < std::size(all_counts); ++i)
            {
                const Counts& counts = all_counts[i];
                const Result<RunResult> result = session->run(Network::inputs(counts.x, counts.y));
                REQUIRE_MESSAGE(result.is_ok(), result.status().message());
                for (size_t k = 0; k < cases.size(); ++k)
                {
                    for (size_t output = 0; expected[i][k] && output < expected[i][k]->size(); ++output)
                    {
                        const Tensor& actual = result->outputs[first_outputs[k] + output].tensor;
                        const Tensor& wanted = (*expected[i][k])[output];
                        INFO(device.name, ", ", fuse, ", ", counts.x, " and ", counts.y, ": ", cases[k].name, " ",
                             output, ": ", to_string(actual.shape()), " instead of ", to_string(wanted.shape()));
                        CHECK(agrees(actual, wanted));
                    }
                }
                count_check(device.name);
            }
        }
    }
}

TEST_CASE("shape arithmetic: networks of open size are planned anew for each number of rows")
{
    const TestDevice& device = devices()[0];
    for (const Case& test : supported_cases())
    {
        Network network(-1);
        network.graph.outputs = test.build(network);
        Result<Session> session = Session::create(device.device, network.graph);
        REQUIRE_MESSAGE(session.is_ok(), session.status().message());
        for (const int64_t rows : {6, 2, 1, 0, 4})
        {
            for (const Counts& counts : {Counts{0, 1}, Counts{1, 0}, Counts{1, 1}, Counts{3, 2}})
            {
                INFO(device.name, ", ", rows, " rows, ", counts.x, " and ", counts.y, ": ", test.name);
                const std::optional<reference::Tensors> expected = expected_of(test, counts, rows);
                if (!expected)
                    continue;
                const Result<RunResult> result = session->run(Network::inputs(counts.x, counts.y, rows));
                CHECK_MESSAGE(result.is_ok(), result.status().message());
                for (size_t i = 0; result.is_ok() && i < expected->size(); ++i)
                {
                    CAPTURE(i);
                    CHECK_MESSAGE(agrees(result->outputs[i].tensor, (*expected)[i]),
                                  to_string(result->outputs[i].tensor.shape()), " ", to_string((*expected)[i].shape()));
                }
            }
        }
        count_check(device.name);
    }
}

} // namespace vkseg::test::shape_arithmetic_test
