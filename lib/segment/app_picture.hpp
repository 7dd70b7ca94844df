#pragma once

#include "picture/image_to_picture.h"
#include "picture/place_mask.h"
#include "vkseg/vulkan.hpp"

/// Where a picture lies in an image or a buffer of the app, and where its masks go.
namespace vkseg {

// Values of VkFormat and VkImageLayout.
constexpr uint32_t r8_unorm = 9;
constexpr uint32_t r8_uint = 13;
constexpr uint32_t r8_srgb = 15;
constexpr uint32_t undefined_layout = 0;
constexpr uint32_t general_layout = 1;
constexpr uint32_t read_only_layout = 5;
constexpr uint32_t copied_to_layout = 7;

struct PictureFormat
{
    uint32_t format = 0; ///< VkFormat
    bool is_srgb = false;
    bool is_grey = false;
};

/// Null if images of this VkFormat are no pictures, at least not without a conversion.
const PictureFormat* find_picture_format(uint32_t format);

/// A picture of the app, checked: the part that is the picture, and the picture's size when it is upright.
struct Source
{
    ImageRectangle crop;
    Orientation orientation;
    int width = 0;
    int height = 0;
};

/// Fails with invalid_argument if the picture or a mask is described wrongly, or the network finds instances.
Result<Source> check_frame(const VulkanFrame& frame, const ModelDescription& description);

/// Pixels of the source that the upright picture's pixels are.
contract::ImageToPicture placed_pixels(const Source& source);

/// Places in the upright mask where the pixels of the app's mask lie.
contract::PlaceMask placed_mask(const Source& source, const VulkanMask& mask);

} // namespace vkseg
