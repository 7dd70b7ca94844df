#include "runtime/empty_tensors.hpp"

#include "ops/shape_rules.hpp"

namespace vkseg {
namespace {

ValueId zeros_instead(Graph& graph, ValueId id)
{
    Shape shape = graph.values[id].shape;
    for (size_t axis = 0; axis < shape.rank(); ++axis)
        shape[axis] = std::max<int64_t>(shape[axis], 1);
    return graph.add_constant(graph.values[id].name + " (zeros)",
                              Tensor::from(shape, std::vector<float>(size_t(shape.elements()))));
}

} // namespace

void drop_empty_inputs(Graph& graph, Node& node)
{
    const auto has_no_values = [&](ValueId id) { return id != no_value && is_empty(graph.values[id].shape); };
    if (std::holds_alternative<Concat>(node.op))
        std::erase_if(node.inputs, has_no_values);
    else if (std::holds_alternative<MatMul>(node.op) || std::holds_alternative<Gemm>(node.op))
    {
        for (ValueId& id : node.inputs)
            id = has_no_values(id) ? zeros_instead(graph, id) : id;
    }
}

} // namespace vkseg
