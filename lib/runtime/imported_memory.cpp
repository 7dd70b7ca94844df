#include "vk/imported_memory.hpp"

#include "base/try.hpp"
#include "vkseg/vulkan_memory.hpp"

namespace vkseg {

struct VKSEG_HIDDEN ImportedBuffer::State
{
    std::unique_ptr<vk::ImportedMemory> memory;
};

struct VKSEG_HIDDEN ImportedImage::State
{
    std::unique_ptr<vk::ImportedMemory> memory;
};

namespace {

Result<ImportedBuffer> import(const Device& device, const vk::ImportDescription& description)
{
    VKSEG_ASSIGN(std::unique_ptr<vk::ImportedMemory> memory, vk::ImportedMemory::create(device.vulkan(), description));
    auto state = std::make_unique<ImportedBuffer::State>();
    state->memory = std::move(memory);
    return ImportedBuffer(std::move(state));
}

} // namespace

ImportedBuffer::ImportedBuffer(std::unique_ptr<State> state) : state_(std::move(state)) {}
ImportedBuffer::ImportedBuffer(ImportedBuffer&&) noexcept = default;
ImportedBuffer& ImportedBuffer::operator=(ImportedBuffer&&) noexcept = default;
ImportedBuffer::~ImportedBuffer() = default;

VkBuffer ImportedBuffer::handle() const
{
    return state_->memory->buffer();
}

ImportedImage::ImportedImage(std::unique_ptr<State> state) : state_(std::move(state)) {}
ImportedImage::ImportedImage(ImportedImage&&) noexcept = default;
ImportedImage& ImportedImage::operator=(ImportedImage&&) noexcept = default;
ImportedImage::~ImportedImage() = default;

VkImage ImportedImage::handle() const
{
    return state_->memory->image();
}

uint32_t ImportedImage::format() const
{
    return state_->memory->format();
}

const YcbcrConversion* ImportedImage::ycbcr() const
{
    const std::optional<YcbcrConversion>& conversion = state_->memory->conversion();
    return conversion ? &*conversion : nullptr;
}

Result<ImportedBuffer> import_host_memory(const Device& device, void* memory, size_t bytes)
{
    return import(device, {.origin = vk::MemoryOrigin::host, .host = memory, .bytes = bytes});
}

Result<ImportedBuffer> import_opaque_fd(const Device& device, int fd, size_t bytes, uint32_t memory_type)
{
    return import(device,
                  {.origin = vk::MemoryOrigin::opaque_fd, .fd = fd, .bytes = bytes, .memory_type = memory_type});
}

Result<ImportedBuffer> import_dma_buf(const Device& device, int fd, size_t bytes)
{
    return import(device, {.origin = vk::MemoryOrigin::dma_buf, .fd = fd, .bytes = bytes});
}

Result<ImportedImage> import_hardware_buffer(const Device& device, AHardwareBuffer* buffer, uint32_t width,
                                             uint32_t height)
{
    VKSEG_ASSIGN(std::unique_ptr<vk::ImportedMemory> memory,
                 vk::ImportedMemory::create(device.vulkan(), static_cast<void*>(buffer), width, height));
    auto state = std::make_unique<ImportedImage::State>();
    state->memory = std::move(memory);
    return ImportedImage(std::move(state));
}

} // namespace vkseg
