#include "formats/onnx/quantized_values.hpp"

#include "formats/onnx/lowering.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace vkseg::onnx {
namespace {

/// Index of a scale for each element of a tensor.
class ScaleIndex
{
public:
    ScaleIndex(const Shape& shape, size_t axis, int64_t block_size) : extent_(shape[axis]), block_(block_size)
    {
        for (size_t i = axis + 1; i < shape.rank(); ++i)
            inner_ *= shape[i];
    }

    int64_t operator()(int64_t element) const
    {
        const int64_t entry = element / inner_ % extent_;
        if (block_ == 0)
            return entry;
        const int64_t outer = element / inner_ / extent_;
        const int64_t blocks = (extent_ + block_ - 1) / block_;
        return (outer * blocks + entry / block_) * inner_ + element % inner_;
    }

private:
    int64_t extent_;
    int64_t block_;
    int64_t inner_ = 1;
};

/// The shape that scales have if there is more than one.
Shape scale_shape(const Shape& shape, size_t axis, int64_t block_size)
{
    if (block_size == 0)
        return {shape[axis]};
    Shape blocks = shape;
    blocks[axis] = (shape[axis] + block_size - 1) / block_size;
    return blocks;
}

std::vector<float> dequantize(const Tensor& integers, const std::vector<float>& scales,
                              const std::vector<int64_t>& zero_points, const ScaleIndex& index)
{
    const auto at = [&](const auto& values, int64_t element) -> auto
    {
        return values.size() == 1 ? values.front() : values[size_t(index(element))];
    };
    std::vector<float> floats;
    if (integers.type() != DType::i32)
        floats = integers.to_floats();
    else
        floats.resize(size_t(integers.elements()));
    const std::vector<int64_t> wide = integers.type() == DType::i32 ? integers.to_integers() : std::vector<int64_t>();
    for (size_t i = 0; i < floats.size(); ++i)
    {
        const int64_t zero_point = at(zero_points, int64_t(i));
        const float difference = wide.empty() ? floats[i] - float(zero_point) : float(wide[i] - zero_point);
        floats[i] = difference * at(scales, int64_t(i));
    }
    return floats;
}

} // namespace

ByteRange byte_range(DType type)
{
    return type == DType::i8 ? ByteRange{-128, 127} : ByteRange{0, 255};
}

std::optional<Tensor> constant_of(const NodeReader& node, ValueId id)
{
    return id != no_value ? node.value(id).constant : std::nullopt;
}

std::optional<DType> known_type(const NodeReader& node, ValueId id)
{
    if (const FloatTwin* const twin = node.float_twin(id))
        return twin->type;
    if (node.value(id).constant || node.is_graph_input(id))
        return node.value(id).type;
    return std::nullopt;
}

std::optional<Shape> known_shape(const NodeReader& node, ValueId id)
{
    const Value& value = node.value(id);
    const bool is_known = value.constant || (value.has_shape && value.shape.is_known());
    return is_known ? std::optional(value.shape) : std::nullopt;
}

bool check_byte_type(NodeReader& node, DType type, const char* what)
{
    const bool is_byte = type == DType::u8 || type == DType::i8;
    if (!is_byte)
        node.unsupported(std::string(what) + " must be u8 or i8, got " + name(type));
    return is_byte;
}

bool check_bytes(NodeReader& node, size_t input, const char* what)
{
    const std::optional<DType> type = known_type(node, node.input(input));
    return !type || check_byte_type(node, *type, what);
}

std::optional<int64_t> uniform_zero_point(const NodeReader& node, ValueId zero_point)
{
    if (zero_point == no_value)
        return 0;
    const std::optional<Tensor> constant = constant_of(node, zero_point);
    if (!constant || constant->elements() == 0)
        return std::nullopt;
    const std::vector<int64_t> values = constant->to_integers();
    const bool is_uniform = std::ranges::all_of(values, [&](int64_t value) { return value == values.front(); });
    const bool is_byte = constant->type() == DType::u8 || constant->type() == DType::i8 || values.front() == 0;
    return is_uniform && is_byte ? std::optional(values.front()) : std::nullopt;
}

bool check_scale(NodeReader& node, ValueId scale, bool is_divisor)
{
    const std::optional<Tensor> constant = constant_of(node, scale);
    if (!constant)
        return true;
    const std::vector<float> values = constant->to_floats();
    const auto wrong =
        std::ranges::find_if(values, [&](float value) { return !std::isfinite(value) || (is_divisor && value == 0); });
    if (wrong == values.end())
        return true;
    node.invalid(std::string("scales must be finite") + (is_divisor ? " and not 0" : "") + ", got " +
                 std::to_string(*wrong) + " at " + std::to_string(wrong - values.begin()));
    return false;
}

bool check_single(NodeReader& node, size_t input, const char* what)
{
    const std::optional<Shape> shape = node.has_input(input) ? known_shape(node, node.input(input)) : std::nullopt;
    const bool is_single = !shape || shape->elements() == 1;
    if (!is_single)
        node.invalid(std::string(what) + " must have one element, got " + to_string(*shape));
    return is_single;
}

ValueId as_floats(NodeReader& node, ValueId integers)
{
    if (const FloatTwin* const twin = node.float_twin(integers); twin != nullptr && twin->floats != no_value)
        return twin->floats;
    return node.append(Cast{.to = DType::f32}, {integers});
}

ValueId scale_along(NodeReader& node, ValueId parameter, ValueId x, int64_t axis)
{
    if (const std::optional<Tensor> constant = constant_of(node, parameter); constant && constant->elements() == 1)
        return node.add_constant(constant->reshaped(Shape{}));
    const std::optional<Shape> known = known_shape(node, parameter);
    if (known && known->elements() == 1)
        return reshaped(node, parameter, Integers{});
    if (axis < 0)
        return along_axis(node, parameter, axis, x);
    if (axis >= int64_t(Shape::max_rank))
    {
        node.invalid("axis " + std::to_string(axis) + " is not one of a tensor");
        return parameter;
    }
    // A single scale has no axis, so the axis may be beyond those of x.
    const ValueId inner_rank = extents(node, extents(node, x, axis + 1));
    const ValueId ones = node.append(ConstantOfShape{.value = Tensor::from_integers({1}, {1})}, {inner_rank});
    // With the extent of x, parameters of another length are refused when the network is planned.
    const ValueId length = known ? extent(node, x, axis) : integers(node, {-1});
    return reshaped(node, parameter, concat(node, {length, ones}));
}

QuantizedValue quantized_input(const NodeReader& node, size_t first)
{
    return {.integers = node.input(first), .scale = node.input(first + 1), .zero_point = node.input(first + 2)};
}

namespace {

/// True unless the zero point is known to be of another type than the integers; then the node fails.
bool check_zero_point_type(NodeReader& node, const QuantizedValue& value)
{
    if (value.zero_point == no_value)
        return true;
    const std::optional<DType> type = known_type(node, value.integers);
    const std::optional<DType> of_zero_point = known_type(node, value.zero_point);
    if (!type || !of_zero_point || *type == *of_zero_point)
        return true;
    node.invalid(std::string("the zero point must be of the type of the integers, ") + name(*type) + ", got " +
                 name(*of_zero_point));
    return false;
}

bool is_same_zero_point(const NodeReader& node, ValueId a, ValueId b)
{
    const std::optional<int64_t> of_a = uniform_zero_point(node, a);
    return a == b || (of_a && of_a == uniform_zero_point(node, b));
}

} // namespace

std::optional<ValueId> dequantized_constant(NodeReader& node, const QuantizedValue& value)
{
    const std::optional<Tensor> integers = constant_of(node, value.integers);
    const std::optional<Tensor> scale = constant_of(node, value.scale);
    const std::optional<Tensor> zero_point = constant_of(node, value.zero_point);
    if (!integers || (value.scale != no_value && !scale) || (value.zero_point != no_value && !zero_point) ||
        node.translation().is_subgraph || !node.translation().scope.calls.empty())
        return std::nullopt;
    const auto id_or_none = [](ValueId id) { return id == no_value ? int64_t(-1) : int64_t(id); };
    const std::array<int64_t, 5> key = {int64_t(value.integers), id_or_none(value.scale), id_or_none(value.zero_point),
                                        value.axis, value.block_size};
    auto& known = node.translation().dequantized;
    if (const auto found = known.find(key); found != known.end())
        return found->second;
    constexpr std::ptrdiff_t max_uses = 2;
    constexpr int64_t lowest_number = std::numeric_limits<int64_t>::min();
    const std::array<int64_t, 5> first = {key[0], -1, -1, lowest_number, lowest_number};
    const std::array<int64_t, 5> next = {key[0] + 1, -1, -1, lowest_number, lowest_number};
    if (std::distance(known.lower_bound(first), known.lower_bound(next)) >= max_uses)
        return std::nullopt;

    if (!check_zero_point_type(node, value) || !check_scale(node, value.scale))
        return std::nullopt;
    const Shape shape = integers->shape();
    const auto rank = int64_t(shape.rank());
    const bool is_per_tensor =
        (!scale || scale->elements() == 1) && (!zero_point || zero_point->elements() == 1) && value.block_size == 0;
    const int64_t axis = value.axis < 0 ? value.axis + rank : value.axis;
    if (!is_per_tensor && (axis < 0 || axis >= rank))
    {
        node.invalid("axis " + std::to_string(value.axis) + " is not one of " + to_string(shape));
        return std::nullopt;
    }
    const auto place = is_per_tensor ? size_t(0) : size_t(axis);
    const Shape expected = is_per_tensor ? Shape{} : scale_shape(shape, place, value.block_size);
    for (const std::optional<Tensor>& parameter : {scale, zero_point})
    {
        if (!parameter || parameter->elements() == 1 || parameter->shape() == expected)
            continue;
        node.invalid("scale and zero point of " + to_string(shape) + " integers must be of shape " +
                     to_string(expected) + ", got " + to_string(parameter->shape()));
        return std::nullopt;
    }
    const std::vector<float> scales = scale ? scale->to_floats() : std::vector<float>{1};
    const std::vector<int64_t> zero_points = zero_point ? zero_point->to_integers() : Integers{0};
    const Shape indexed = rank == 0 ? Shape{1} : shape;
    const ValueId id = node.add_constant(
        Tensor::from(shape, dequantize(*integers, scales, zero_points, ScaleIndex(indexed, place, value.block_size))));
    if ((is_per_tensor || (axis == 0 && value.block_size == 0)) && integers->type() != DType::i32)
        node.note_scales(id, scales);
    known.emplace(key, id);
    return id;
}

ValueId centred(NodeReader& node, QuantizedValue value)
{
    if (!check_zero_point_type(node, value))
        return value.integers;
    const FloatTwin* const twin = node.float_twin(value.integers);
    if (twin != nullptr && twin->centred != no_value && is_same_zero_point(node, twin->zero_point, value.zero_point))
        return twin->centred;
    value.scale = no_value;
    if (const std::optional<ValueId> constant = dequantized_constant(node, value))
        return *constant;
    const ValueId floats = as_floats(node, value.integers);
    if (uniform_zero_point(node, value.zero_point) == 0)
        return floats;
    const ValueId zero_point = scale_along(node, as_floats(node, value.zero_point), value.integers, value.axis);
    return node.append(Binary{.kind = BinaryKind::sub}, {floats, zero_point});
}

ValueId dequantized(NodeReader& node, const QuantizedValue& value)
{
    if (const std::optional<ValueId> constant = dequantized_constant(node, value))
        return *constant;
    check_scale(node, value.scale);
    return node.append(Binary{.kind = BinaryKind::mul},
                       {centred(node, value), scale_along(node, value.scale, value.integers, value.axis)});
}

FloatTwin rounded(NodeReader& node, ValueId scaled, ValueId zero_point, int64_t axis, DType type)
{
    const ByteRange range = byte_range(type);
    const auto clip = [](int64_t low, int64_t high)
    { return Unary{.kind = UnaryKind::clip, .a = float(low), .b = float(high)}; };
    const ValueId whole = node.append(Unary{.kind = UnaryKind::round}, {scaled});
    FloatTwin twin = {.type = type, .zero_point = zero_point};
    if (const std::optional<int64_t> offset = uniform_zero_point(node, zero_point))
    {
        twin.centred = node.append(clip(range.low - *offset, range.high - *offset), {whole});
        twin.floats = twin.centred;
        if (*offset != 0)
            twin.floats = node.append(Binary{}, {twin.centred, node.add_constant(Tensor::from({}, {float(*offset)}))});
        return twin;
    }
    const ValueId offset = scale_along(node, as_floats(node, zero_point), scaled, axis);
    twin.floats = node.append(clip(range.low, range.high), {node.append(Binary{}, {whole, offset})});
    twin.centred = node.append(Binary{.kind = BinaryKind::sub}, {twin.floats, offset});
    return twin;
}

DType type_of_zero_point(NodeReader& node, ValueId zero_point, DType fallback)
{
    if (zero_point == no_value)
        return fallback;
    const std::optional<DType> type = known_type(node, zero_point);
    if (!type)
    {
        node.unsupported("the zero point must be a constant or an input of the graph, so that its type is known");
        return fallback;
    }
    check_byte_type(node, *type, "the zero point");
    return *type;
}

} // namespace vkseg::onnx
