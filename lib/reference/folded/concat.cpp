#include "ops/shape_rules.hpp"
#include "reference/evaluate.hpp"

#include "base/try.hpp"

#include <algorithm>
#include <cstring>

namespace vkseg::reference {

Result<Tensors> evaluate(const Concat& op, const Arguments& arguments)
{
    const Shape& shape = arguments.outputs[0].shape;
    VKSEG_ASSIGN(const size_t axis, resolve_axis(op.axis, shape.rank()));
    const auto has_values = [](const Tensor* input) { return !input->bytes().empty(); };
    const auto first = std::find_if(arguments.inputs.begin(), arguments.inputs.end(), has_values);
    const DType type = first == arguments.inputs.end() ? arguments.outputs[0].type : (*first)->type();
    size_t outer = 1;
    for (size_t i = 0; i < axis; ++i)
        outer *= size_t(shape[i]);
    const size_t row_bytes = outer == 0 ? 0 : size_t(shape.elements()) / outer * size_bytes(type);
    std::vector<std::byte> result(outer * row_bytes);
    size_t begin = 0;
    for (const Tensor* input : arguments.inputs)
    {
        if (!has_values(input))
            continue;
        if (input->type() != type)
            return Status(StatusCode::unsupported,
                          std::string("constants must have the same type to be concatenated, got ") + name(type) +
                              " and " + name(input->type()));
        const size_t part_bytes = outer == 0 ? 0 : input->bytes().size() / outer;
        for (size_t i = 0; i < outer && part_bytes > 0; ++i)
            std::memcpy(&result[i * row_bytes + begin], &input->bytes()[i * part_bytes], part_bytes);
        begin += part_bytes;
    }
    return Tensors{Tensor::from_bytes(type, shape, std::move(result))};
}

} // namespace vkseg::reference
