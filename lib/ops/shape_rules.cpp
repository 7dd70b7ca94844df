#include "ops/shape_rules.hpp"

#include "base/checked_arithmetic.hpp"
#include "base/try.hpp"

#include <algorithm>

namespace vkseg {

Result<size_t> resolve_axis(int64_t axis, size_t rank)
{
    const int64_t count = int64_t(rank);
    if (axis < -count || axis >= count)
        return Status(StatusCode::invalid_model, "axis must be one of the " + std::to_string(rank) +
                                                     " axes of the tensor, got " + std::to_string(axis));
    return size_t(axis < 0 ? axis + count : axis);
}

Result<std::vector<size_t>> resolve_axes(const Integers& axes, size_t rank)
{
    std::vector<size_t> resolved;
    for (const int64_t axis : axes)
    {
        VKSEG_ASSIGN(const size_t one, resolve_axis(axis, rank));
        if (std::find(resolved.begin(), resolved.end(), one) != resolved.end())
            return Status(StatusCode::invalid_model,
                          "axes must differ from each other, got axis " + std::to_string(axis) + " twice");
        resolved.push_back(one);
    }
    return resolved;
}

bool is_given(Inputs inputs, size_t index)
{
    return index < inputs.size() && inputs[index].is_present;
}

Status read_parameter(Inputs inputs, size_t index, const char* what, Integers& values)
{
    if (!is_given(inputs, index))
        return {};
    const Tensor* constant = inputs[index].constant;
    if (constant == nullptr)
        return Status(StatusCode::unsupported, std::string(what) + " must be constant or computable from shapes");
    if (constant->shape().rank() > 1)
        return Status(StatusCode::invalid_model, std::string(what) +
                                                     " must be a list of integers, got a tensor of shape " +
                                                     to_string(constant->shape()));
    constexpr int64_t max_values = 65536; // as many as outputs of a Split; every other list has one for each axis
    if (constant->elements() > max_values)
        return Status(StatusCode::invalid_model, std::string(what) + " must be a list of at most " +
                                                     std::to_string(max_values) + " integers, got " +
                                                     std::to_string(constant->elements()));
    values = constant->to_integers();
    return {};
}

Status check_given(Inputs inputs, size_t count)
{
    for (size_t i = 0; i < count; ++i)
    {
        if (!is_given(inputs, i))
            return Status(StatusCode::invalid_model, "input " + std::to_string(i) + " is missing");
    }
    return {};
}

Status check_spatial_input(Inputs inputs)
{
    VKSEG_TRY(check_given(inputs, 1));
    const TensorInfo& x = inputs[0];
    if (!is_float(x.type))
        return Status(StatusCode::unsupported, std::string("input must be of floats, got ") + name(x.type));
    if (x.shape.rank() < 3 || x.shape.rank() > 5)
        return Status(StatusCode::unsupported,
                      "input must have 3 to 5 axes, N, C and 1 to 3 spatial ones, got " + to_string(x.shape));
    return {};
}

bool is_empty(const Shape& shape)
{
    return std::find(shape.begin(), shape.end(), 0) != shape.end();
}

Tensor empty_tensor(const TensorInfo& info)
{
    return Tensor(info.type, info.shape, {}, nullptr);
}

Status check_extents(const Shape& shape)
{
    int64_t count = 1; // of the extents other than 0, so that a 0 does not hide an overflow
    for (const int64_t extent : shape)
    {
        if (extent < 0 || (extent > 0 && multiply_overflows(count, extent, count)) || count > INT32_MAX)
            return Status(StatusCode::unsupported,
                          "a tensor must have fewer than 2^31 values, got shape " + to_string(shape));
    }
    return {};
}

Result<Outputs> single_output(DType type, const Shape& shape)
{
    VKSEG_TRY(check_extents(shape));
    return Outputs{{.type = type, .shape = shape}};
}

Status host_only(const char* what)
{
    return Status(StatusCode::unsupported, std::string(what) + " must be computable when the network is planned");
}

} // namespace vkseg
