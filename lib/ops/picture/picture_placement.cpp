#include "ops/picture/picture_placement.hpp"

#include "base/div_ceil.hpp"
#include "base/try.hpp"

#include <algorithm>
#include <cmath>

namespace vkseg {
namespace {

int64_t rounded(double extent)
{
    return std::max<int64_t>(1, std::llround(extent));
}

} // namespace

Status check_picture(const TensorInfo& info)
{
    const Shape& shape = info.shape;
    if (info.type != DType::u8 || shape.rank() != 3 || (shape[2] != 1 && shape[2] != 3 && shape[2] != 4))
        return Status(StatusCode::invalid_argument,
                      "expected a picture as u8 [height, width, 1, 3 or 4 channels], got " +
                          std::string(name(info.type)) + " " + to_string(shape));
    if (shape[0] < 1 || shape[1] < 1 || shape[0] > max_picture_extent || shape[1] > max_picture_extent)
        return Status(StatusCode::invalid_argument, "the sides of a picture are 1 to " +
                                                        std::to_string(max_picture_extent) + " pixels, got " +
                                                        to_string(shape));
    if (shape.elements() >= int64_t(1) << 31)
        return Status(StatusCode::invalid_argument,
                      "a picture holds less than 2147483648 bytes, got " + to_string(shape));
    return {};
}

Result<PlacedPicture> place_picture(const PicturePlacement& placement, const Shape& picture)
{
    const int64_t multiple = placement.multiple_of;
    if (multiple < 1 || multiple > max_picture_extent)
        return Status(StatusCode::invalid_model, "multiple_of must be 1 to " + std::to_string(max_picture_extent) +
                                                     ", got " + std::to_string(multiple));
    if (placement.longest_side < 0)
        return Status(StatusCode::invalid_model,
                      "longest_side must not be negative, got " + std::to_string(placement.longest_side));
    const double picture_height = double(picture[0]);
    const double picture_width = double(picture[1]);
    PlacedPicture placed;
    if (!placement.size.empty())
    {
        const Integers& size = placement.size;
        if (size.size() != 2 || size[0] < 1 || size[1] < 1 || size[0] > max_picture_extent ||
            size[1] > max_picture_extent)
            return Status(StatusCode::invalid_model, "the size of the input must be a height and a width of 1 to " +
                                                         std::to_string(max_picture_extent));
        placed = {.tensor_height = size[0], .tensor_width = size[1], .height = size[0], .width = size[1]};
        if (placement.fit != PictureFit::stretch)
        {
            const double scale = std::min(double(size[0]) / picture_height, double(size[1]) / picture_width);
            placed.height = std::min(size[0], rounded(picture_height * scale));
            placed.width = std::min(size[1], rounded(picture_width * scale));
        }
    }
    else
    {
        const double longest = std::max(picture_height, picture_width);
        const double limit = placement.longest_side > 0 ? double(placement.longest_side) : longest;
        const double scale = std::min(1.0, limit / longest);
        placed.height = rounded(picture_height * scale);
        placed.width = rounded(picture_width * scale);
        if (placement.fit == PictureFit::stretch)
        {
            placed.height = rounded(double(placed.height) / double(multiple)) * multiple;
            placed.width = rounded(double(placed.width) / double(multiple)) * multiple;
        }
        placed.tensor_height = round_up(placed.height, multiple);
        placed.tensor_width = round_up(placed.width, multiple);
    }
    if (placement.fit == PictureFit::letterbox)
    {
        placed.top = (placed.tensor_height - placed.height) / 2;
        placed.left = (placed.tensor_width - placed.width) / 2;
    }
    return placed;
}

} // namespace vkseg
