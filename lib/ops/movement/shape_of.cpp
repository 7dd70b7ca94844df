#include "ops/movement/shape_of.hpp"

#include "ops/operators.hpp"
#include "ops/shape_rules.hpp"

#include "base/try.hpp"

#include <algorithm>

namespace vkseg {

Signature signature(const ShapeOf& op)
{
    return {.name = op.is_size ? "Size" : "Shape"};
}

Tensor shape_values(const ShapeOf& op, const Shape& shape)
{
    if (op.is_size)
        return Tensor::from_integers({}, {shape.elements()});
    const int64_t rank = int64_t(shape.rank());
    const auto clamped = [&](int64_t axis) { return std::clamp<int64_t>(axis < 0 ? axis + rank : axis, 0, rank); };
    const int64_t begin = clamped(op.start);
    const int64_t end = std::max(begin, clamped(op.end.value_or(rank)));
    std::vector<int64_t> extents(shape.begin() + begin, shape.begin() + end);
    const int64_t count = int64_t(extents.size());
    return Tensor::from_integers({count}, std::move(extents));
}

Result<Outputs> infer(const ShapeOf& op, Inputs inputs)
{
    VKSEG_TRY(check_given(inputs, 1));
    return Outputs{{.type = DType::i64, .shape = shape_values(op, inputs[0].shape).shape()}};
}

LayoutRule layout_rule(const ShapeOf&, Inputs)
{
    return LayoutRule::any;
}

Result<Plan> plan(const ShapeOf&, const PlanRequest&)
{
    return host_only("a shape");
}

} // namespace vkseg
