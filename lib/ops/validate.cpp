#include "base/invalid.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "ops/operators.hpp"
#include "vkseg/graph.hpp"

namespace vkseg {
namespace {

Status check_count(const char* noun, size_t count, size_t min, size_t max)
{
    const std::string wrong = wrong_count(count, min, max, noun);
    return wrong.empty() ? Status() : invalid(wrong);
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
    const Signature limits = signature(node.op);
    VKSEG_TRY(check_count("input", node.inputs.size(), limits.min_inputs, limits.max_inputs));
    VKSEG_TRY(check_count("output", node.outputs.size(), limits.min_outputs, limits.max_outputs));
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
            return status.with_context(describe(node));
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
