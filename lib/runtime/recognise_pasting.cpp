#include "runtime/recognise_pasting.hpp"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <string>

namespace vkseg {
namespace {

/// Beyond these, an expression is not one of those looked for.
constexpr size_t max_expression_bytes = 256;
constexpr int max_expression_depth = 16;

/// Matches the body backwards, from its result. Integers are compared as expressions of the box's corners, b0 to b3.
class PastingBody
{
public:
    PastingBody(const Graph& graph, const Node& loop)
        : graph_(graph), loop_(loop), body_(*std::get<Loop>(loop.op).body), producers_(body_.values.size(), nullptr)
    {
        for (const Node& node : body_.nodes)
        {
            for (const ValueId id : node.outputs)
            {
                if (id != no_value)
                    producers_[id] = &node;
            }
        }
    }

    std::optional<PastingLoop> match();

private:
    const Tensor* constant(ValueId id) const;
    std::optional<int64_t> number(ValueId id) const;
    ValueId outer(ValueId id) const;
    ValueId without_casts(ValueId id) const;

    /// The node that computes the value, casts aside, if it is this operator.
    template <class T>
    const Node* node_of(ValueId id) const
    {
        const Node* node = producers_[without_casts(id)];
        return node != nullptr && std::holds_alternative<T>(node->op) ? node : nullptr;
    }

    ValueId entry_of(ValueId id, int64_t index) const;
    ValueId turn_of(ValueId id) const;
    std::string end_of(const Node* slice);
    ValueId inside(ValueId id, int64_t axis, const std::string& begin, const std::string& end);
    ValueId between_zeros(ValueId id, int64_t axis, const std::string& before, const std::string& after);
    bool is_zeros(ValueId id, size_t axis, const std::string& extent);
    bool is_condition_kept() const;

    std::string expression(ValueId id, int depth = 0);
    std::string computed(const Node& node, int depth);
    std::string corner(const Node& gather);
    std::vector<ValueId> parts(ValueId id) const;

    const Graph& graph_;
    const Node& loop_;
    const Graph& body_;
    std::vector<const Node*> producers_;
    std::map<ValueId, std::string> expressions_;
    PastingLoop found_;
};

/// The value that the body gets from outside of it for an input.
ValueId PastingBody::outer(ValueId id) const
{
    const auto input = std::ranges::find(body_.inputs, id);
    return input == body_.inputs.end() ? no_value : loop_.inputs[size_t(input - body_.inputs.begin())];
}

const Tensor* PastingBody::constant(ValueId id) const
{
    const std::optional<Tensor>& own = body_.values[id].constant;
    if (own)
        return &*own;
    constexpr ptrdiff_t inputs_of_each_turn = 3; // number of the turn, condition, masks so far
    if (std::find(body_.inputs.begin(), body_.inputs.begin() + inputs_of_each_turn, id) !=
        body_.inputs.begin() + inputs_of_each_turn)
        return nullptr;
    const ValueId from = outer(id);
    return from != no_value && graph_.values[from].constant ? &*graph_.values[from].constant : nullptr;
}

std::optional<int64_t> PastingBody::number(ValueId id) const
{
    const Tensor* tensor = constant(id);
    if (tensor == nullptr || tensor->elements() != 1 || is_float(tensor->type()))
        return std::nullopt;
    return tensor->to_integers()[0];
}

ValueId PastingBody::without_casts(ValueId id) const
{
    for (;;)
    {
        const Node* node = producers_[id];
        if (node == nullptr)
            return id;
        const auto* unary = std::get_if<Unary>(&node->op);
        const bool is_identity = unary != nullptr && unary->kind == UnaryKind::identity;
        const auto* cast = std::get_if<Cast>(&node->op);
        if (!is_identity && (cast == nullptr || !is_float(cast->to)))
            return id;
        id = node->inputs[0];
    }
}

/// The value of which `id` is an entry along axis 0.
ValueId PastingBody::entry_of(ValueId id, int64_t index) const
{
    const Node* gather = node_of<Gather>(id);
    const bool is_entry =
        gather != nullptr && std::get<Gather>(gather->op).axis == 0 && number(gather->inputs[1]) == index;
    return is_entry ? gather->inputs[0] : no_value;
}

/// The value from outside of the body of which `id` is the turn's entry along axis 0.
ValueId PastingBody::turn_of(ValueId id) const
{
    const Node* gather = node_of<Gather>(id);
    const bool is_turn =
        gather != nullptr && std::get<Gather>(gather->op).axis == 0 && gather->inputs[1] == body_.inputs[0];
    return is_turn ? outer(gather->inputs[0]) : no_value;
}

/// b0 to b3, if the node reads a corner of the turn's box.
std::string PastingBody::corner(const Node& gather)
{
    const std::optional<int64_t> index = number(gather.inputs[1]);
    const ValueId boxes = turn_of(gather.inputs[0]);
    if (!index || *index < 0 || *index > 3 || std::get<Gather>(gather.op).axis != 0 || boxes == no_value ||
        (found_.boxes != no_value && found_.boxes != boxes))
        return "?";
    found_.boxes = boxes;
    return "b" + std::to_string(*index);
}

std::string PastingBody::computed(const Node& node, int depth)
{
    const auto of_two = [&](const char* function, ValueId left, ValueId right, bool commutes)
    {
        std::string a = expression(left, depth + 1);
        std::string b = expression(right, depth + 1);
        if (commutes && b < a)
            std::swap(a, b);
        return function + ("(" + a) + "," + b + ")";
    };
    if (const auto* cast = std::get_if<Cast>(&node.op); cast && !is_float(cast->to) && cast->to != DType::boolean)
        return expression(node.inputs[0], depth + 1);
    if (const auto* unary = std::get_if<Unary>(&node.op); unary && unary->kind == UnaryKind::identity)
        return expression(node.inputs[0], depth + 1);
    if (std::holds_alternative<Reshape>(node.op))
        return expression(node.inputs[0], depth + 1);
    if (std::holds_alternative<Gather>(node.op))
        return corner(node);
    if (const auto* binary = std::get_if<Binary>(&node.op))
    {
        if (binary->kind == BinaryKind::add)
            return of_two("add", node.inputs[0], node.inputs[1], true);
        if (binary->kind == BinaryKind::sub)
            return of_two("sub", node.inputs[0], node.inputs[1], false);
    }
    if (const auto* reduce = std::get_if<Reduce>(&node.op))
    {
        const std::vector<ValueId> operands = parts(node.inputs[0]);
        if (operands.size() == 2 && (reduce->kind == ReduceKind::max || reduce->kind == ReduceKind::min))
            return of_two(reduce->kind == ReduceKind::max ? "max" : "min", operands[0], operands[1], true);
    }
    return "?";
}

/// An integer as an expression; "?" if it is something else.
std::string PastingBody::expression(ValueId id, int depth)
{
    if (const std::optional<int64_t> value = number(id))
        return std::to_string(*value);
    const Node* node = producers_[id];
    if (node == nullptr || depth > max_expression_depth)
        return "?";
    const auto known = expressions_.find(id);
    if (known != expressions_.end())
        return known->second;
    std::string text = computed(*node, depth);
    if (text.size() > max_expression_bytes)
        text = "?";
    return expressions_[id] = text;
}

/// The operands of a Concat of integers.
std::vector<ValueId> PastingBody::parts(ValueId id) const
{
    const Node* node = producers_[id];
    while (node != nullptr && (std::holds_alternative<Cast>(node->op) || std::holds_alternative<Reshape>(node->op)))
        node = producers_[node->inputs[0]];
    return node != nullptr && std::holds_alternative<Concat>(node->op) ? node->inputs : std::vector<ValueId>();
}

/// The end of a slice along one axis, if it is a number of up to nine digits; otherwise empty.
std::string PastingBody::end_of(const Node* slice)
{
    constexpr size_t max_digits = 9;
    if (slice == nullptr || slice->inputs.size() < 3)
        return {};
    const std::string end = expression(slice->inputs[2]);
    const bool is_number = end.size() <= max_digits && end.find_first_not_of("0123456789") == std::string::npos;
    return is_number ? end : std::string();
}

/// The value of which `id` is a slice along one axis, from `begin` to `end` in steps of 1.
ValueId PastingBody::inside(ValueId id, int64_t axis, const std::string& begin, const std::string& end)
{
    const Node* slice = node_of<Slice>(id);
    if (slice == nullptr || slice->inputs.size() < 4)
        return no_value;
    const bool is_this = expression(slice->inputs[1]) == begin && expression(slice->inputs[2]) == end &&
                         expression(slice->inputs[3]) == std::to_string(axis) &&
                         (slice->inputs.size() < 5 || expression(slice->inputs[4]) == "1");
    return is_this ? slice->inputs[0] : no_value;
}

bool PastingBody::is_zeros(ValueId id, size_t axis, const std::string& extent)
{
    const Node* fill = node_of<ConstantOfShape>(id);
    if (fill == nullptr)
        return false;
    const Tensor& value = std::get<ConstantOfShape>(fill->op).value;
    const std::vector<ValueId> extents = parts(fill->inputs[0]);
    return (value.bytes().empty() || value.to_floats()[0] == 0) && extents.size() == 2 &&
           expression(extents[axis]) == extent; // the other extent must be that of the Concat's other parts
}

/// The value that lies between zeros along an axis.
ValueId PastingBody::between_zeros(ValueId id, int64_t axis, const std::string& before, const std::string& after)
{
    const Node* concat = node_of<Concat>(id);
    if (concat == nullptr || std::get<Concat>(concat->op).axis != axis || concat->inputs.size() != 3)
        return no_value;
    const bool is_this =
        is_zeros(concat->inputs[0], size_t(axis), before) && is_zeros(concat->inputs[2], size_t(axis), after);
    return is_this ? concat->inputs[1] : no_value;
}

bool PastingBody::is_condition_kept() const
{
    ValueId id = body_.outputs[0];
    while (producers_[id] != nullptr)
    {
        const Node* node = producers_[id];
        const auto* unary = std::get_if<Unary>(&node->op);
        const bool is_alias = std::holds_alternative<Cast>(node->op) || (unary && unary->kind == UnaryKind::identity);
        if (!is_alias)
            return false;
        id = node->inputs[0];
    }
    if (id == body_.inputs[1])
        return true;
    const Tensor* tensor = constant(id);
    return tensor != nullptr && tensor->elements() == 1 && tensor->to_integers()[0] != 0;
}

std::optional<PastingLoop> PastingBody::match()
{
    const auto text = [](const char* function, const std::string& a, const std::string& b)
    { return function + ("(" + a) + "," + b + ")"; };
    if (!is_condition_kept())
        return std::nullopt;
    // masks so far, then the new one
    const Node* appended = node_of<Concat>(body_.outputs[1]);
    if (appended == nullptr || std::get<Concat>(appended->op).axis != 0 || appended->inputs.size() != 2 ||
        without_casts(appended->inputs[0]) != body_.inputs[2])
        return std::nullopt;
    const Node* row = node_of<Reshape>(appended->inputs[1]);
    if (row == nullptr || std::get<Reshape>(row->op).kind != ReshapeKind::unsqueeze)
        return std::nullopt;
    // the picture's columns, then its rows; their numbers are the ends of the outermost slices
    const Node* columns = node_of<Slice>(row->inputs[0]);
    const std::string w = end_of(columns);
    if (w.empty())
        return std::nullopt;
    const std::string x0 = "max(0,b0)";
    const std::string x1 = text("min", w, "add(1,b2)");
    ValueId id = inside(row->inputs[0], 1, "0", w);
    id = id == no_value ? id : between_zeros(id, 1, x0, text("sub", w, x1));
    const Node* rows = id == no_value ? nullptr : node_of<Slice>(id);
    const std::string h = end_of(rows);
    if (h.empty())
        return std::nullopt;
    const std::string y0 = "max(0,b1)";
    const std::string y1 = text("min", h, "add(1,b3)");
    id = inside(id, 0, "0", h);
    id = id == no_value ? id : between_zeros(id, 0, y0, text("sub", h, y1));
    // the part of the resized mask that lies in the picture
    id = id == no_value ? id : inside(id, 1, text("sub", x0, "b0"), text("sub", x1, "b0"));
    id = id == no_value ? id : inside(id, 0, text("sub", y0, "b1"), text("sub", y1, "b1"));
    id = id == no_value ? id : entry_of(id, 0);
    id = id == no_value ? id : entry_of(id, 0);
    const Node* resize = id == no_value ? nullptr : node_of<Resize>(id);
    if (resize == nullptr || resize->inputs.size() != 4)
        return std::nullopt;
    const auto& how = std::get<Resize>(resize->op);
    if (how.mode != ResizeMode::linear || how.coordinates != CoordinateTransformation::half_pixel ||
        !how.axes.empty() || how.exclude_outside)
        return std::nullopt;
    const std::vector<ValueId> sizes = parts(resize->inputs[3]); // those of the first two axes, then these
    const std::vector<ValueId> extents = sizes.size() == 2 ? parts(sizes[1]) : std::vector<ValueId>();
    if (extents.size() != 2 || expression(extents[0]) != "max(1,add(1,sub(b3,b1)))" ||
        expression(extents[1]) != "max(1,add(1,sub(b2,b0)))")
        return std::nullopt;
    const Node* expanded = node_of<Expand>(resize->inputs[0]);
    id = expanded == nullptr ? no_value : entry_of(expanded->inputs[0], 0);
    found_.masks = id == no_value ? id : turn_of(id);
    if (found_.masks == no_value)
        return std::nullopt;
    found_.op.size = {std::strtoll(h.c_str(), nullptr, 10), std::strtoll(w.c_str(), nullptr, 10)};
    return found_;
}

/// The Loop has the form of a list of masks, which begins without masks.
bool may_paste(const Graph& graph, const Node& node)
{
    const auto* loop = std::get_if<Loop>(&node.op);
    if (loop == nullptr || loop->body == nullptr || loop->carried != 1 || node.outputs.size() != 1 ||
        node.inputs.size() < 3 || loop->body->inputs.size() != node.inputs.size() || loop->body->outputs.size() != 2 ||
        node.inputs[2] == no_value)
        return false;
    const std::optional<Tensor>& begin = graph.values[node.inputs[2]].constant;
    if (!begin || begin->elements() != 0)
        return false;
    const ValueId condition = node.inputs[1];
    const bool begins = condition == no_value ||
                        (graph.values[condition].constant && graph.values[condition].constant->elements() == 1 &&
                         graph.values[condition].constant->to_integers()[0] != 0);
    return begins;
}

} // namespace

std::optional<PastingLoop> recognise_pasting(const Graph& graph, const Node& loop)
{
    if (!may_paste(graph, loop))
        return std::nullopt;
    std::optional<PastingLoop> found = PastingBody(graph, loop).match();
    if (!found)
        return std::nullopt;
    const Value& masks = graph.values[found->masks];
    const Value& boxes = graph.values[found->boxes];
    const bool fits = masks.shape.rank() == 4 && masks.shape[1] == 1 && is_float(masks.type) &&
                      boxes.shape.rank() == 2 && boxes.shape[1] == 4 && !is_float(boxes.type);
    return fits ? found : std::nullopt;
}

} // namespace vkseg
