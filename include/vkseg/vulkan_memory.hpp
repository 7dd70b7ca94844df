#pragma once

#include "vkseg/device.hpp"
#include "vkseg/vulkan_types.hpp"

#include <cstdint>
#include <memory>

struct AHardwareBuffer;

/// Memory that others allocated, as buffers and images of a Device: pixels of a camera, a decoder or another process,
/// without a copy. Each way needs an extension of the device, which vkseg enables on its own devices; on a device of
/// the app (vulkan_device.hpp) the app must have enabled it. Without it the functions fail with unsupported.
///
///     Result<ImportedBuffer> frame = import_dma_buf(*device, fd, stride * height);
///     const VulkanPicture picture = {.width = width, .height = height, .buffer = frame->handle(),
///                                    .row_stride_bytes = stride};
namespace vkseg {

/// A buffer on imported memory, for pictures and masks. Movable. Must outlive the runs that use it.
class VKSEG_API ImportedBuffer
{
public:
    ImportedBuffer(ImportedBuffer&&) noexcept;
    ImportedBuffer& operator=(ImportedBuffer&&) noexcept;
    ~ImportedBuffer();

    VkBuffer handle() const;

    // For the library itself:
    struct State;
    explicit ImportedBuffer(std::unique_ptr<State> state);

private:
    std::unique_ptr<State> state_;
};

/// An image on imported memory, for pictures: set VulkanPicture::is_foreign. Movable. Must outlive the runs that use
/// it.
class VKSEG_API ImportedImage
{
public:
    ImportedImage(ImportedImage&&) noexcept;
    ImportedImage& operator=(ImportedImage&&) noexcept;
    ~ImportedImage();

    VkImage handle() const;
    uint32_t format() const;              ///< VkFormat; 0: an external format
    const YcbcrConversion* ycbcr() const; ///< For VulkanPicture::ycbcr; null: the image is RGB.

    // For the library itself:
    struct State;
    explicit ImportedImage(std::unique_ptr<State> state);

private:
    std::unique_ptr<State> state_;
};

/// Memory of the host (VK_EXT_external_memory_host), which stays the caller's. Address and size must be multiples of
/// the device's minImportedHostPointerAlignment, which is at most 65,536; fails with invalid_argument if they are not.
VKSEG_API Result<ImportedBuffer> import_host_memory(const Device& device, void* memory, size_t bytes);

/// Memory that the same driver exported as an opaque file descriptor (VK_KHR_external_memory_fd), of this size and
/// memory type. The descriptor belongs to vkseg afterwards, unless the import fails.
VKSEG_API Result<ImportedBuffer> import_opaque_fd(const Device& device, int fd, size_t bytes, uint32_t memory_type);

/// Memory of another driver of Linux, such as a camera's (VK_EXT_external_memory_dma_buf). The descriptor belongs to
/// vkseg afterwards, unless the import fails. Work on the memory by others must have ended.
VKSEG_API Result<ImportedBuffer> import_dma_buf(const Device& device, int fd, size_t bytes);

/// Memory of Android (VK_ANDROID_external_memory_android_hardware_buffer), with the size that
/// AHardwareBuffer_describe() tells and the usage GPU_SAMPLED_IMAGE.
VKSEG_API Result<ImportedImage> import_hardware_buffer(const Device& device, AHardwareBuffer* buffer, uint32_t width,
                                                       uint32_t height);

} // namespace vkseg
