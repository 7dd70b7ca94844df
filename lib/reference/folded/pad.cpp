#include "ops/movement/pad_extents.hpp"
#include "reference/evaluate.hpp"
#include "reference/folded/select.hpp"

#include "base/half.hpp"
#include "base/try.hpp"

#include <algorithm>
#include <bit>

namespace vkseg::reference {
namespace {

template <class T>
std::vector<std::byte> bytes_of(T value)
{
    const auto bytes = std::as_bytes(std::span(&value, 1));
    return {bytes.begin(), bytes.end()};
}

std::vector<std::byte> fill_of(DType type, float value)
{
    switch (type)
    {
    case DType::f32:
        return bytes_of(value);
    case DType::f16:
        return bytes_of(to_half(value));
    case DType::bf16:
        return bytes_of(uint16_t(std::bit_cast<uint32_t>(value) >> 16));
    case DType::f64:
        return bytes_of(double(value));
    default:
        break;
    }
    const int64_t integer = Tensor::from({}, {value}).to_integers()[0];
    switch (size_bytes(type))
    {
    case 8:
        return bytes_of(integer);
    case 4:
        return bytes_of(int32_t(std::clamp<int64_t>(integer, INT32_MIN, INT32_MAX)));
    default:
        return bytes_of(type == DType::boolean ? int8_t(integer != 0) : int8_t(integer));
    }
}

/// Returns the coordinate in the source, or `outside`.
int64_t padded(PadMode mode, int64_t coordinate, int64_t extent)
{
    if (coordinate >= 0 && coordinate < extent)
        return coordinate;
    if (mode == PadMode::constant)
        return outside;
    if (mode == PadMode::wrap)
        return (coordinate % extent + extent) % extent;
    if (mode == PadMode::edge || extent == 1)
        return std::clamp<int64_t>(coordinate, 0, extent - 1);
    const int64_t period = 2 * (extent - 1); // forwards and back again
    const int64_t phase = (coordinate % period + period) % period;
    return std::min(phase, period - phase);
}

} // namespace

Result<Tensors> evaluate(const Pad& op, const Arguments& arguments)
{
    const Tensor& x = *arguments.inputs[0];
    const Shape& shape = arguments.outputs[0].shape;
    VKSEG_ASSIGN(const PadExtents pads, resolve_pads(op, x.shape()));
    const std::vector<int64_t> strides = strides_of(x.shape());
    Offsets offsets(shape.rank());
    for (size_t axis = 0; axis < shape.rank(); ++axis)
    {
        for (int64_t i = 0; i < shape[axis]; ++i)
        {
            const int64_t from = padded(op.mode, i - pads.begins[axis], x.shape()[axis]);
            offsets[axis].push_back(from == outside ? outside : from * strides[axis]);
        }
    }
    return Tensors{select(x, shape, offsets, fill_of(x.type(), op.value))};
}

} // namespace vkseg::reference
