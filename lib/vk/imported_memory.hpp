#pragma once

#include <memory>

#include "vk/device.hpp"
#include "vk/sampled_image.hpp"
#include "vkseg/vulkan_types.hpp"

namespace vkseg::vk {

/// The extensions that imports need, each of which a device may lack.
inline constexpr const char* import_extensions[] = {"VK_EXT_external_memory_host", "VK_KHR_external_memory_fd",
                                                    "VK_EXT_external_memory_dma_buf", "VK_EXT_queue_family_foreign",
                                                    "VK_ANDROID_external_memory_android_hardware_buffer"};

/// A kind of memory from outside of Vulkan.
enum class MemoryOrigin
{
    host,
    opaque_fd,
    dma_buf,
};

struct ImportDescription
{
    MemoryOrigin origin = MemoryOrigin::host;
    void* host = nullptr;
    int fd = -1;
    size_t bytes = 0;
    uint32_t memory_type = 0; ///< for opaque_fd
};

/// Memory that was allocated elsewhere, with a buffer or an image on it.
class ImportedMemory
{
public:
    static Result<std::unique_ptr<ImportedMemory>> create(const std::shared_ptr<Device>& device,
                                                          const ImportDescription& description);
    /// `buffer` is an AHardwareBuffer.
    static Result<std::unique_ptr<ImportedMemory>> create(const std::shared_ptr<Device>& device, void* buffer,
                                                          uint32_t width, uint32_t height);
    ~ImportedMemory();
    ImportedMemory(const ImportedMemory&) = delete;
    ImportedMemory& operator=(const ImportedMemory&) = delete;

    VkBuffer buffer() const { return buffer_; }
    VkImage image() const { return image_; }
    uint32_t format() const { return format_; }
    const std::optional<YcbcrConversion>& conversion() const { return conversion_; }

private:
    explicit ImportedMemory(std::shared_ptr<Device> device) : device_(std::move(device)) {}
    Status import_buffer(const ImportDescription& description);
    Status import_image(void* buffer, uint32_t width, uint32_t height);

    std::shared_ptr<Device> device_; // shared: see Device
    VkDeviceMemory memory_ = {};
    VkBuffer buffer_ = {};
    VkImage image_ = {};
    uint32_t format_ = 0;
    std::optional<YcbcrConversion> conversion_;
};

} // namespace vkseg::vk
