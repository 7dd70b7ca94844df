#include "reference/elements.hpp"
#include "reference/evaluate.hpp"

namespace vkseg::reference {
namespace {

template <class Value>
std::vector<Value> choose(const Arguments& arguments, const std::vector<Value>& a, const std::vector<Value>& b)
{
    const Shape& shape = arguments.outputs[0].shape;
    const std::vector<int64_t> conditions = arguments.inputs[0]->to_integers();
    BroadcastWalk at_condition(arguments.inputs[0]->shape(), shape);
    BroadcastWalk at_a(arguments.inputs[1]->shape(), shape);
    BroadcastWalk at_b(arguments.inputs[2]->shape(), shape);
    std::vector<Value> values(size_t(shape.elements()));
    for (Value& value : values)
    {
        value = conditions[at_condition.index()] != 0 ? a[at_a.index()] : b[at_b.index()];
        at_condition.advance();
        at_a.advance();
        at_b.advance();
    }
    return values;
}

} // namespace

Result<Tensors> evaluate(const Where&, const Arguments& arguments)
{
    const Tensor& a = *arguments.inputs[1];
    const Tensor& b = *arguments.inputs[2];
    const DType type = arguments.outputs[0].type;
    const Shape& shape = arguments.outputs[0].shape;
    if (is_float(type))
        return Tensors{Tensor::from(shape, choose(arguments, a.to_floats(), b.to_floats()))};
    return Tensors{integers_of(type, shape, choose(arguments, a.to_integers(), b.to_integers()))};
}

} // namespace vkseg::reference
