#pragma once

#include "formats/onnx/node.hpp"

/// Common parts of the readers of quantised operators: integers that stand for floats, (integer - zero point) * scale,
/// become floats in which they are exact.
namespace vkseg::onnx {

/// Smallest and largest integer of a type of one byte.
struct ByteRange
{
    int64_t low = 0;
    int64_t high = 255;
};
ByteRange byte_range(DType type);

// Constants and shapes are copied, because the values of a graph move when others are added.
std::optional<Tensor> constant_of(const NodeReader& node, ValueId id);
/// Type of the value, if the file or a reader tells.
std::optional<DType> known_type(const NodeReader& node, ValueId id);
/// Shape of the value, if it is known before the network is planned.
std::optional<Shape> known_shape(const NodeReader& node, ValueId id);

/// True if the type has one byte; otherwise the node fails.
bool check_byte_type(NodeReader& node, DType type, const char* what);
/// True if the input is of bytes, as far as is known; otherwise the node fails.
bool check_bytes(NodeReader& node, size_t input, const char* what);
/// True unless the scale is a constant that is infinite or NaN, or 0 where values are divided by it; then the node
/// fails.
bool check_scale(NodeReader& node, ValueId scale, bool is_divisor = false);
/// True if the input is absent or has one element, as far as is known; otherwise the node fails.
bool check_single(NodeReader& node, size_t input, const char* what);

/// Integers, what they stand for, and the axis along which scale and zero point vary.
struct QuantizedValue
{
    ValueId integers = no_value;
    ValueId scale = no_value;      ///< no_value: 1
    ValueId zero_point = no_value; ///< no_value: 0
    int64_t axis = 1;
    int64_t block_size = 0; ///< entries along the axis that share a scale; 0: one, or all if there is one scale
};
/// The value that inputs `first` (integers), `first` + 1 (scale) and `first` + 2 (zero point) describe.
QuantizedValue quantized_input(const NodeReader& node, size_t first);

/// The value of all elements of a constant zero point, or nothing if they differ, are not known or are not bytes or 0.
std::optional<int64_t> uniform_zero_point(const NodeReader& node, ValueId zero_point);
/// Type of the integers with this zero point; `fallback` without one.
DType type_of_zero_point(NodeReader& node, ValueId zero_point, DType fallback);
/// A scale or zero point, shaped to broadcast along `axis` of x. One element applies to all of x.
ValueId scale_along(NodeReader& node, ValueId parameter, ValueId x, int64_t axis);

ValueId as_floats(NodeReader& node, ValueId integers);
/// The constant that the integers stand for, computed once; nothing if it is not known yet, or was asked for with
/// ever different scales, so that memory would not be bounded by the file's size.
std::optional<ValueId> dequantized_constant(NodeReader& node, const QuantizedValue& value);
/// The integers minus the zero point, as floats.
ValueId centred(NodeReader& node, QuantizedValue value);
/// The floats that the integers stand for.
ValueId dequantized(NodeReader& node, const QuantizedValue& value);
/// Integers for floats that are already divided by the scale.
FloatTwin rounded(NodeReader& node, ValueId scaled, ValueId zero_point, int64_t axis, DType type);

} // namespace vkseg::onnx
