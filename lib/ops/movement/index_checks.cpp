#include "ops/movement/index_checks.hpp"

namespace vkseg {

Status check_index_type(const TensorInfo& indices)
{
    if (!is_float(indices.type) && indices.type != DType::boolean)
        return {};
    return Status(StatusCode::invalid_model, std::string("indices must be integers, got ") + name(indices.type));
}

Status check_known_indices(const Tensor* indices, std::span<const int64_t> extents, bool allows_none)
{
    if (indices == nullptr)
        return {};
    const std::vector<int64_t> values = indices->to_integers();
    for (size_t i = 0; i < values.size(); ++i)
    {
        const int64_t extent = extents[i % extents.size()];
        const bool is_none = allows_none && values[i] == INT32_MAX;
        if ((values[i] < -extent || values[i] >= extent) && !is_none)
            return Status(StatusCode::invalid_model, "indices must lie within an extent of " + std::to_string(extent) +
                                                         ", got " + std::to_string(values[i]));
    }
    return {};
}

} // namespace vkseg
