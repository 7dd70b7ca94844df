#include "ops/movement/shape_of.hpp"
#include "reference/evaluate.hpp"

namespace vkseg::reference {

Result<Tensors> evaluate(const ShapeOf& op, const Arguments& arguments)
{
    return Tensors{shape_values(op, arguments.inputs[0]->shape())};
}

} // namespace vkseg::reference
