#include "base/invalid.hpp"
#include "base/try.hpp"
#include "vkseg/graph.hpp"

namespace vkseg {
namespace {

/// Numbers of inputs and outputs of an operator; trailing optional ones may be omitted.
struct Arity
{
    size_t min_inputs = 1;
    size_t max_inputs = 1;
    size_t min_outputs = 1;
    size_t max_outputs = 1;
};

constexpr size_t any = ~size_t(0);

Arity arity(const Conv& op)
{
    const size_t more = size_t(op.has_scale) + size_t(op.has_residual);
    return {.min_inputs = 2, .max_inputs = 3 + more};
}
Arity arity(const ConvTranspose&)
{
    return {.min_inputs = 2, .max_inputs = 3};
}
Arity arity(const Pool& op)
{
    return {.max_outputs = op.kind == PoolKind::max ? size_t(2) : size_t(1)};
}
Arity arity(const MaxUnpool&)
{
    return {.min_inputs = 2, .max_inputs = 3};
}
Arity arity(const BedOfNails&)
{
    return {};
}
Arity arity(const Resize&)
{
    return {.max_inputs = 4};
}
Arity arity(const BatchNormalization&)
{
    return {.min_inputs = 5, .max_inputs = 5};
}
Arity arity(const InstanceNormalization&)
{
    return {.min_inputs = 3, .max_inputs = 3};
}
Arity arity(const LayerNormalization&)
{
    return {.max_inputs = 3};
}
Arity arity(const Lrn&)
{
    return {};
}
Arity arity(const Unary& op)
{
    return {.max_inputs = op.kind == UnaryKind::clip ? size_t(3) : size_t(1)};
}
Arity arity(const Binary&)
{
    return {.min_inputs = 2, .max_inputs = 2};
}
Arity arity(const Chain&)
{
    return {.max_inputs = 3};
}
Arity arity(const Where&)
{
    return {.min_inputs = 3, .max_inputs = 3};
}
Arity arity(const Cast&)
{
    return {};
}
Arity arity(const Concat&)
{
    return {.max_inputs = any};
}
Arity arity(const Split&)
{
    return {.max_inputs = 2, .max_outputs = any};
}
Arity arity(const Slice&)
{
    return {.max_inputs = 5};
}
Arity arity(const Pad&)
{
    return {.max_inputs = 4};
}
Arity arity(const Transpose&)
{
    return {};
}
Arity arity(const Reshape&)
{
    return {.max_inputs = 2};
}
Arity arity(const Expand&)
{
    return {.max_inputs = 2};
}
Arity arity(const Tile&)
{
    return {.max_inputs = 2};
}
Arity arity(const Gather&)
{
    return {.min_inputs = 2, .max_inputs = 2};
}
Arity arity(const DepthToSpace&)
{
    return {};
}
Arity arity(const SpaceToDepth&)
{
    return {};
}
Arity arity(const Softmax&)
{
    return {};
}
Arity arity(const ArgReduce&)
{
    return {};
}
Arity arity(const Reduce&)
{
    return {.max_inputs = 2};
}
Arity arity(const MatMul&)
{
    return {.min_inputs = 2, .max_inputs = 2};
}
Arity arity(const Gemm&)
{
    return {.min_inputs = 2, .max_inputs = 3};
}
Arity arity(const ShapeOf&)
{
    return {};
}
Arity arity(const ConstantOfShape&)
{
    return {};
}
Arity arity(const PictureToTensor&)
{
    return {};
}
Arity arity(const TensorToMask&)
{
    return {.min_inputs = 2, .max_inputs = 2, .max_outputs = 3};
}
Arity arity(const DenseCrf&)
{
    return {.min_inputs = 2, .max_inputs = 5};
}
Arity arity(const Range&)
{
    return {.min_inputs = 3, .max_inputs = 3};
}

Status check_count(const char* what, size_t count, size_t least, size_t most)
{
    if (count >= least && count <= most)
        return {};
    const bool is_too_few = count < least;
    return invalid(std::string("expected at ") + (is_too_few ? "least " : "most ") +
                   std::to_string(is_too_few ? least : most) + " " + what + ", got " + std::to_string(count));
}

/// Walks the nodes in order and tracks which values exist at each step.
class Validator
{
public:
    explicit Validator(const Graph& graph) : graph_(graph), is_defined_(graph.values.size(), false) {}
    Status run();

private:
    Status check_node(const Node& node);
    Status define(ValueId id, const char* role);
    Status check_id(ValueId id, const char* role) const
    {
        return id < graph_.values.size()
                   ? Status()
                   : invalid(std::string(role) + ": there is no value with number " + std::to_string(id));
    }

    const Graph& graph_;
    std::vector<bool> is_defined_;
};

Status Validator::define(ValueId id, const char* role)
{
    VKSEG_TRY(check_id(id, role));
    if (is_defined_[id])
        return invalid(std::string(role) + " '" + graph_.values[id].name + "' is defined twice");
    is_defined_[id] = true;
    return {};
}

Status Validator::check_node(const Node& node)
{
    const Arity limits = std::visit([](const auto& op) { return arity(op); }, node.op);
    VKSEG_TRY(check_count("inputs", node.inputs.size(), limits.min_inputs, limits.max_inputs));
    VKSEG_TRY(check_count("outputs", node.outputs.size(), limits.min_outputs, limits.max_outputs));
    for (size_t i = 0; i < node.inputs.size(); ++i)
    {
        const ValueId id = node.inputs[i];
        if (id == no_value && i < limits.min_inputs)
            return invalid("input " + std::to_string(i) + " is missing");
        if (id == no_value)
            continue;
        VKSEG_TRY(check_id(id, "input"));
        if (!is_defined_[id])
            return invalid("input '" + graph_.values[id].name + "' is used before it is computed");
    }
    for (const ValueId id : node.outputs)
    {
        if (id != no_value)
            VKSEG_TRY(define(id, "output"));
    }
    return {};
}

Status Validator::run()
{
    for (size_t i = 0; i < graph_.values.size(); ++i)
        is_defined_[i] = graph_.values[i].constant.has_value();
    for (const ValueId id : graph_.inputs)
        VKSEG_TRY(define(id, "graph input"));
    for (const Node& node : graph_.nodes)
    {
        const Status status = check_node(node);
        if (!status.is_ok())
            return status.with_context("node '" + node.name + "' (" + name(node.op) + ")");
    }
    if (graph_.outputs.empty())
        return invalid("the graph has no outputs");
    for (const ValueId id : graph_.outputs)
    {
        VKSEG_TRY(check_id(id, "graph output"));
        if (!is_defined_[id])
            return invalid("graph output '" + graph_.values[id].name + "' is never computed");
    }
    return {};
}

} // namespace

Status validate(const Graph& graph)
{
    return Validator(graph).run();
}

} // namespace vkseg
