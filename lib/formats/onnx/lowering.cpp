#include "formats/onnx/lowering.hpp"

#include <algorithm>

namespace vkseg::onnx {
namespace {

/// An axis that may be none, within bounds in which arithmetic does not overflow.
int64_t bounded_axis(int64_t axis)
{
    constexpr int64_t beyond_all = 1000;
    return std::clamp(axis, -beyond_all, beyond_all);
}

} // namespace

ValueId unary(NodeReader& node, UnaryKind kind, ValueId x)
{
    return node.append(Unary{.kind = kind}, {x});
}

ValueId binary(NodeReader& node, BinaryKind kind, ValueId a, ValueId b)
{
    return node.append(Binary{.kind = kind}, {a, b});
}

ValueId real(NodeReader& node, float value)
{
    return node.add_constant(Tensor::from(Shape{}, {value}));
}

ValueId integer(NodeReader& node, int64_t value)
{
    return node.add_constant(Tensor::from_integers(Shape{}, {value}));
}

ValueId integers(NodeReader& node, Integers values)
{
    const Shape shape = {int64_t(values.size())};
    return node.add_constant(Tensor::from_integers(shape, std::move(values)));
}

ValueId cast_like(NodeReader& node, ValueId x, ValueId like)
{
    return node.append(Cast{}, {x, like});
}

ValueId concat(NodeReader& node, std::vector<ValueId> parts, int64_t axis)
{
    return node.append(Concat{.axis = axis}, std::move(parts));
}

ValueId extents(NodeReader& node, ValueId x, int64_t start, std::optional<int64_t> end)
{
    return node.append(ShapeOf{.start = start, .end = end}, {x});
}

ValueId extent(NodeReader& node, ValueId x, int64_t axis)
{
    const int64_t start = bounded_axis(axis);
    return extents(node, x, start, start == -1 ? std::nullopt : std::optional<int64_t>(start + 1));
}

ValueId rank(NodeReader& node, ValueId x)
{
    return extents(node, extents(node, x));
}

ValueId reshaped(NodeReader& node, ValueId x, ValueId shape)
{
    return node.append(Reshape{}, {x, shape});
}

ValueId reshaped(NodeReader& node, ValueId x, Integers shape)
{
    return node.append(Reshape{.shape = std::move(shape)}, {x});
}

ValueId unsqueezed(NodeReader& node, ValueId x, Integers axes)
{
    return node.append(Reshape{.kind = ReshapeKind::unsqueeze, .axes = std::move(axes)}, {x});
}

ValueId range(NodeReader& node, ValueId count)
{
    const ValueId limit = node.append(Reshape{.kind = ReshapeKind::squeeze}, {count});
    return node.append(Range{}, {integer(node, 0), limit, integer(node, 1)});
}

ValueId along_axis(NodeReader& node, ValueId x, int64_t axis, ValueId like)
{
    if (axis == -1)
        return x;
    ValueId shape = no_value;
    if (axis < 0)
    {
        Integers extents(size_t(-bounded_axis(axis)), 1);
        extents[0] = -1;
        shape = integers(node, std::move(extents));
    }
    else
    {
        const ValueId count = binary(node, BinaryKind::sub, rank(node, like), integers(node, {bounded_axis(axis) + 1}));
        const Tensor one = Tensor::from_integers(Shape{1}, {1});
        shape = concat(node, {integers(node, {-1}), node.append(ConstantOfShape{.value = one}, {count})});
    }
    return reshaped(node, x, shape);
}

ValueId positions_along(NodeReader& node, ValueId x, int64_t axis)
{
    return along_axis(node, range(node, extent(node, x, axis)), axis, x);
}

ValueId reduced(NodeReader& node, ReduceKind kind, ValueId x, Integers axes)
{
    return node.append(Reduce{.kind = kind, .axes = std::move(axes)}, {x});
}

} // namespace vkseg::onnx
