#pragma once

#include "formats/onnx/node.hpp"
#include "vkseg/operators.hpp"

/// Shorthands for the nodes that an ONNX operator becomes if vkseg has no operator of its own for it. Ranks are not
/// known yet, so whatever depends on them is computed from shapes when the network is planned.
namespace vkseg::onnx {

ValueId unary(NodeReader& node, UnaryKind kind, ValueId x);
ValueId binary(NodeReader& node, BinaryKind kind, ValueId a, ValueId b);
/// A constant scalar, f32.
ValueId real(NodeReader& node, float value);
/// A constant scalar, i64.
ValueId integer(NodeReader& node, int64_t value);
/// A constant list, i64.
ValueId integers(NodeReader& node, Integers values);
/// x, an integer or real constant, in the type of `like`.
ValueId cast_like(NodeReader& node, ValueId x, ValueId like);
ValueId concat(NodeReader& node, std::vector<ValueId> parts, int64_t axis = 0);

/// Extents of axes `start` to `end` (exclusive; none: to the last), a list.
ValueId extents(NodeReader& node, ValueId x, int64_t start = 0, std::optional<int64_t> end = std::nullopt);
/// The extent of an axis, a list of one; negative axes count from the end.
ValueId extent(NodeReader& node, ValueId x, int64_t axis);
/// The number of axes, a list of one.
ValueId rank(NodeReader& node, ValueId x);

ValueId reshaped(NodeReader& node, ValueId x, ValueId shape);
ValueId reshaped(NodeReader& node, ValueId x, Integers shape);
ValueId unsqueezed(NodeReader& node, ValueId x, Integers axes);
/// 0, 1, … up to `count`, a list of one.
ValueId range(NodeReader& node, ValueId count);
/// The list x with axes of extent 1 after its own, so that it lies along `axis` of `like`.
ValueId along_axis(NodeReader& node, ValueId x, int64_t axis, ValueId like);
/// The coordinates along an axis of x, as a value that broadcasts with x.
ValueId positions_along(NodeReader& node, ValueId x, int64_t axis);

/// Reduces axes and keeps them with extent 1.
ValueId reduced(NodeReader& node, ReduceKind kind, ValueId x, Integers axes);

} // namespace vkseg::onnx
