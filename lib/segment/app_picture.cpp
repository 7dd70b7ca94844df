#include "segment/app_picture.hpp"

#include "base/div_ceil.hpp"
#include "base/try.hpp"
#include "ops/picture/picture_placement.hpp"

#include <algorithm>
#include <limits>

namespace vkseg {
namespace {

Status refuse_frame(const std::string& message)
{
    return Status(StatusCode::invalid_argument, message);
}

/// Layouts that an image can be put into: those of Vulkan 1.0 other than UNDEFINED and PREINITIALIZED, and later ones,
/// whose numbers are large.
bool is_lasting_layout(uint32_t layout)
{
    constexpr uint32_t last_lasting = 7; // TRANSFER_DST_OPTIMAL
    constexpr uint32_t first_later = 1'000'000'000;
    return (layout > undefined_layout && layout <= last_lasting) || layout >= first_later;
}

/// Bounds of positions in buffers, so that sums and products of them do not overflow. No buffer of Vulkan is as large.
constexpr uint64_t max_offset_bytes = uint64_t(1) << 48;
constexpr uint64_t max_stride_bytes = uint64_t(1) << 31;

Status check_rows(const std::string& who, uint64_t offset_bytes, uint64_t stride_bytes, uint64_t row_bytes,
                  uint32_t rows)
{
    if (stride_bytes != 0 && stride_bytes < row_bytes)
        return refuse_frame(who + ": a row of " + std::to_string(row_bytes) + " bytes does not fit a row stride of " +
                            std::to_string(stride_bytes));
    if (stride_bytes > max_stride_bytes || offset_bytes > max_offset_bytes)
        return refuse_frame(who + ": expected a row stride of at most 2^31 bytes and an offset of at most 2^48, got " +
                            std::to_string(stride_bytes) + " and " + std::to_string(offset_bytes));
    const uint64_t stride = stride_bytes != 0 ? stride_bytes : row_bytes;
    if (offset_bytes + stride * (rows - 1) + row_bytes > std::numeric_limits<size_t>::max())
        return refuse_frame(who + ": expected rows that end within the address space of this system");
    return {};
}

constexpr PictureFormat picture_formats[] = {
    {.format = r8_unorm, .is_grey = true},
    {.format = r8_srgb, .is_srgb = true, .is_grey = true},
    {.format = 37},                  // R8G8B8A8_UNORM
    {.format = 43, .is_srgb = true}, // R8G8B8A8_SRGB
    {.format = 44},                  // B8G8R8A8_UNORM
    {.format = 50, .is_srgb = true}, // B8G8R8A8_SRGB
    {.format = 51},                  // A8B8G8R8_UNORM_PACK32
    {.format = 57, .is_srgb = true}, // A8B8G8R8_SRGB_PACK32
};

Result<Source> check_picture(const VulkanPicture& picture)
{
    const bool has_image = picture.image != VkImage{};
    if (has_image == (picture.buffer != VkBuffer{}))
        return refuse_frame("picture: expected an image or a buffer, got both or none");
    if (picture.width == 0 || picture.height == 0 || picture.width > max_picture_extent ||
        picture.height > max_picture_extent)
        return refuse_frame("picture: expected a width and height of 1 to " + std::to_string(max_picture_extent) +
                            ", got " + std::to_string(picture.width) + "x" + std::to_string(picture.height));
    if (has_image && picture.ycbcr == nullptr && find_picture_format(picture.format) == nullptr)
        return refuse_frame("picture: expected an image of 8 bits per channel (VkFormat 9, 15, 37, 43, 44, 50, 51 or "
                            "57), or a conversion in `ycbcr`; got VkFormat " +
                            std::to_string(picture.format));
    if (has_image && !picture.is_foreign && !is_lasting_layout(picture.layout))
        return refuse_frame("picture: expected the layout that the image has and keeps, not UNDEFINED (0) nor "
                            "PREINITIALIZED (8), got VkImageLayout " +
                            std::to_string(picture.layout));
    if (!has_image && (picture.row_stride_bytes % 4 != 0 || picture.offset_bytes % 4 != 0))
        return refuse_frame("picture: expected an offset and a row stride that are multiples of 4, got an offset of " +
                            std::to_string(picture.offset_bytes) + " and a stride of " +
                            std::to_string(picture.row_stride_bytes));
    if (!has_image)
        VKSEG_TRY(check_rows("picture", picture.offset_bytes, picture.row_stride_bytes, uint64_t(picture.width) * 4,
                             picture.height));
    const int degrees = picture.orientation.clockwise_degrees;
    if (degrees != 0 && degrees != 90 && degrees != 180 && degrees != 270)
        return refuse_frame("picture: expected a turn of 0, 90, 180 or 270 degrees, got " + std::to_string(degrees));
    Source source = {.crop = picture.crop, .orientation = picture.orientation};
    if (source.crop == ImageRectangle{})
        source.crop = {.width = picture.width, .height = picture.height};
    const ImageRectangle& crop = source.crop;
    if (crop.width == 0 || crop.height == 0 || crop.x > picture.width || crop.width > picture.width - crop.x ||
        crop.y > picture.height || crop.height > picture.height - crop.y)
        return refuse_frame("picture: expected a crop within " + std::to_string(picture.width) + "x" +
                            std::to_string(picture.height) + ", got " + std::to_string(crop.width) + "x" +
                            std::to_string(crop.height) + " at (" + std::to_string(crop.x) + ", " +
                            std::to_string(crop.y) + ")");
    const bool is_lying = degrees == 90 || degrees == 270;
    source.width = int(is_lying ? crop.height : crop.width);
    source.height = int(is_lying ? crop.width : crop.height);
    return source;
}

Status check_mask(const VulkanMask& mask)
{
    const bool has_image = mask.image != VkImage{};
    if (has_image == (mask.buffer != VkBuffer{}))
        return refuse_frame("mask: expected an image or a buffer, got both or none");
    if (mask.width == 0 || mask.height == 0 || mask.width > max_picture_extent || mask.height > max_picture_extent)
        return refuse_frame("mask: expected a width and height of 1 to " + std::to_string(max_picture_extent) +
                            ", got " + std::to_string(mask.width) + "x" + std::to_string(mask.height));
    if (has_image && mask.format != r8_unorm && mask.format != r8_uint)
        return refuse_frame("mask: expected an image of VkFormat R8_UNORM (9) or R8_UINT (13), got VkFormat " +
                            std::to_string(mask.format));
    if (has_image && !is_lasting_layout(mask.layout_after))
        return refuse_frame("mask: expected the layout that the image is to have, not UNDEFINED (0) nor PREINITIALIZED "
                            "(8), got VkImageLayout " +
                            std::to_string(mask.layout_after));
    if (!has_image)
        VKSEG_TRY(check_rows("mask", mask.offset_bytes, mask.row_stride_bytes, mask.width, mask.height));
    return {};
}

} // namespace

const PictureFormat* find_picture_format(uint32_t format)
{
    const auto* const found = std::ranges::find(picture_formats, format, &PictureFormat::format);
    return found == std::end(picture_formats) ? nullptr : found;
}

Result<Source> check_frame(const VulkanFrame& frame, const ModelDescription& description)
{
    if (description.kind != OutputKind::classes)
        return refuse_frame("the network finds instances, whose masks are given to the host only: call "
                            "find_instances()");
    for (const VulkanMask& mask : frame.masks)
        VKSEG_TRY(check_mask(mask));
    for (const std::span<const VulkanSemaphore> semaphores : {frame.waits, frame.signals})
    {
        if (std::ranges::count(semaphores, VkSemaphore{}, &VulkanSemaphore::semaphore) > 0)
            return refuse_frame("frame: expected semaphores to wait for and to signal, but one is null");
    }
    return check_picture(frame.picture);
}

contract::ImageToPicture placed_pixels(const Source& source)
{
    contract::ImageToPicture p = {.width = source.width, .height = source.height};
    const int right = int(source.crop.width) - 1;
    const int bottom = int(source.crop.height) - 1;
    switch (source.orientation.clockwise_degrees)
    {
    case 90: // the source's lower left corner comes to the upper left
        p.x_by_y = 1;
        p.y0 = bottom;
        p.y_by_x = -1;
        break;
    case 180:
        p.x0 = right;
        p.x_by_x = -1;
        p.y0 = bottom;
        p.y_by_y = -1;
        break;
    case 270:
        p.x0 = right;
        p.x_by_y = -1;
        p.y_by_x = 1;
        break;
    default:
        p.x_by_x = 1;
        p.y_by_y = 1;
        break;
    }
    if (source.orientation.is_mirrored)
    {
        p.x0 += (source.width - 1) * p.x_by_x;
        p.x_by_x = -p.x_by_x;
        p.y0 += (source.width - 1) * p.y_by_x;
        p.y_by_x = -p.y_by_x;
    }
    p.x0 += int(source.crop.x);
    p.y0 += int(source.crop.y);
    return p;
}

contract::PlaceMask placed_mask(const Source& source, const VulkanMask& mask)
{
    contract::PlaceMask p = {.mask_width = source.width,
                             .mask_height = source.height,
                             .width = int(mask.width),
                             .height = int(mask.height),
                             .pitch = int(div_ceil(int64_t(mask.width), 4)),
                             .is_linear = mask.kind == MaskKind::labels ? 0 : 1};
    const auto width = float(source.width);
    const auto height = float(source.height);
    const Orientation lies = mask.is_upright ? Orientation() : source.orientation;
    switch (lies.clockwise_degrees)
    {
    case 90:
        p.x0 = width;
        p.x_by_y = -width / float(mask.height);
        p.y_by_x = height / float(mask.width);
        break;
    case 180:
        p.x0 = width;
        p.x_by_x = -width / float(mask.width);
        p.y0 = height;
        p.y_by_y = -height / float(mask.height);
        break;
    case 270:
        p.x_by_y = width / float(mask.height);
        p.y0 = height;
        p.y_by_x = -height / float(mask.width);
        break;
    default:
        p.x_by_x = width / float(mask.width);
        p.y_by_y = height / float(mask.height);
        break;
    }
    if (lies.is_mirrored)
    {
        p.x0 = width - p.x0;
        p.x_by_x = -p.x_by_x;
        p.x_by_y = -p.x_by_y;
    }
    return p;
}

} // namespace vkseg
