#pragma once

#include "vkseg/segment.hpp"
#include "vkseg/vulkan_device.hpp"
#include "vkseg/vulkan_memory.hpp"

#include <cstdint>
#include <span>

/// vkseg within an app that uses Vulkan itself: on the app's device, from the app's images to the app's images, without
/// a copy through the host. Numbers that Vulkan defines (formats, layouts) are passed as the header of Vulkan has them.
///
///     Result<Device> device = use_device({.instance = instance, .physical_device = gpu, .device = vk_device,
///                                         .queue = queue, .queue_family = family, .api_version = VK_API_VERSION_1_2});
///     Result<Segmenter> segmenter = Segmenter::load(*device, "selfie.onnx");
///     const VulkanMask mask = {.image = mask_image, .format = VK_FORMAT_R8_UNORM, .width = 640, .height = 480};
///     Result<Pending<StageTimes>> frame = segmenter->submit_on_device({
///         .picture = {.image = camera_image, .format = VK_FORMAT_R8G8B8A8_SRGB, .width = 640, .height = 480},
///         .masks = {&mask, 1}});
namespace vkseg {

/// Position of the picture in an image of the app: cameras give images that are turned or mirrored.
struct Orientation
{
    int clockwise_degrees = 0; ///< Turn that makes the image upright: 0, 90, 180 or 270.
    bool is_mirrored = false;  ///< After the turn, left and right are exchanged.
    friend bool operator==(const Orientation&, const Orientation&) = default;
};

/// A rectangle of an image.
struct ImageRectangle
{
    uint32_t x = 0;
    uint32_t y = 0;
    uint32_t width = 0;
    uint32_t height = 0;
    friend bool operator==(const ImageRectangle&, const ImageRectangle&) = default;
};

/// A picture on the device: an image that can be sampled, or a buffer.
struct VulkanPicture
{
    VkImage image = {};  ///< Usage: sampled. One-channel, RGBA or BGRA of 8 bits, sRGB or not, or with `ycbcr`.
    uint32_t format = 0; ///< VkFormat of the image. Values of sRGB formats and others are taken as they are stored.
    uint32_t width = 0;  ///< Size of the image, or of the picture in the buffer.
    uint32_t height = 0;
    uint32_t layout = 5; ///< VkImageLayout before and after; 5: SHADER_READ_ONLY_OPTIMAL
    uint32_t array_layer = 0;
    /// The image is on imported memory, which others use before and after: vkseg takes it over from them
    /// (VK_EXT_queue_family_foreign) and gives it back, whatever `layout` is.
    bool is_foreign = false;
    const YcbcrConversion* ycbcr = nullptr; ///< For formats of several planes.

    VkBuffer buffer = {};          ///< Instead of an image; usage: storage. Four bytes per pixel.
    uint64_t offset_bytes = 0;     ///< A multiple of 4.
    uint64_t row_stride_bytes = 0; ///< A multiple of 4; 0: 4 · width.
    bool is_bgra = false;          ///< Order of the bytes in the buffer.

    ImageRectangle crop = {}; ///< Part of the image that is the picture; empty: all of it.
    Orientation orientation = {};
};

enum class MaskKind : uint8_t
{
    soft_mask,  ///< Segmentation::soft_mask
    labels,     ///< Segmentation::labels
    confidence, ///< Segmentation::confidence
};

/// A mask on the device, of one byte per pixel: an image that can be copied to, or a buffer.
struct VulkanMask
{
    MaskKind kind = MaskKind::soft_mask;

    VkImage image = {};  ///< Usage: transfer destination, and what `layout_after` asks for (5: sampled).
    uint32_t format = 0; ///< VK_FORMAT_R8_UNORM (9) or VK_FORMAT_R8_UINT (13).
    uint32_t width = 0;  ///< Size of the mask, to which the picture's is scaled: linearly, labels to the nearest.
    uint32_t height = 0;
    uint32_t layout_after = 5; ///< VkImageLayout; the old contents are lost. 5: SHADER_READ_ONLY_OPTIMAL
    uint32_t array_layer = 0;

    VkBuffer buffer = {}; ///< Instead of an image; usage: transfer destination.
    uint64_t offset_bytes = 0;
    uint64_t row_stride_bytes = 0; ///< 0: the width

    /// If set, the mask lies upright. Otherwise it lies as the picture does in its image: it covers the crop.
    bool is_upright = false;
};

/// A picture of the app and the masks to compute for it.
struct VulkanFrame
{
    VulkanPicture picture = {};
    std::span<const VulkanMask> masks = {};
    std::span<const VulkanSemaphore> waits = {};   ///< Before the picture is read; not for Segmenter::record().
    std::span<const VulkanSemaphore> signals = {}; ///< After the masks were written; not for Segmenter::record().
};

} // namespace vkseg
