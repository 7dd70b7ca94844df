#include "formats/checked_shape.hpp"

#include "base/invalid.hpp"

namespace vkseg {
namespace {

/// Limit on the elements of a shape: no tensor, nor any step in making one, may have more bytes. Far below the overflow
/// of 64-bit size arithmetic.
constexpr int64_t max_tensor_elements = int64_t(1) << 48;

} // namespace

Result<Shape> checked_shape(std::span<const int64_t> extents)
{
    if (extents.size() > Shape::max_rank)
    {
        return Status(StatusCode::unsupported, "rank " + std::to_string(extents.size()) +
                                                   " is not supported, only up to " + std::to_string(Shape::max_rank));
    }
    const Shape shape(extents);
    int64_t product = 1; // without extents of 0 and −1, so that a 0 does not hide an overflow
    for (const int64_t extent : shape)
    {
        if (extent < -1)
            return invalid("extent " + std::to_string(extent) + " is negative");
        if (extent <= 0)
            continue;
        if (extent > max_tensor_elements / product)
            return invalid("shape " + to_string(shape) + " has too many elements");
        product *= extent;
    }
    return shape;
}

} // namespace vkseg
