#include "reference/evaluate.hpp"

namespace vkseg::reference {

Result<Tensors> evaluate(const Reshape&, const Arguments& arguments)
{
    return Tensors{arguments.inputs[0]->reshaped(arguments.outputs[0].shape)};
}

} // namespace vkseg::reference
