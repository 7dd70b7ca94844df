#pragma once

#include <cstddef>
#include <memory>

#include "vk/device.hpp"
#include "vkseg/status.hpp"
#include "vkseg/vulkan_types.hpp"

namespace vkseg::vk {

enum class BufferUse
{
    device,   ///< Accessed by shaders; in device-local memory if there is any.
    upload,   ///< Written by the host, copied from.
    download, ///< Copied to, read by the host; cached if possible.
};

struct BufferDescription
{
    size_t bytes = 0;
    BufferUse use = BufferUse::device;
    MemoryPurpose purpose = MemoryPurpose::activations; ///< Only counted; upload and download always count as staging.
};

/// A Vulkan buffer with memory of its own. Keeps its device alive. Must not be destroyed before the command lists that
/// use it have run for the last time.
class Buffer
{
public:
    /// Fails with out_of_memory, stating the size and what the heap has available.
    static Result<Buffer> create(const std::shared_ptr<Device>& device, const BufferDescription& description);

    /// A buffer of an app, which stays the app's and must live as long. Its first `bytes` bytes may be used.
    static Buffer of_app(const std::shared_ptr<Device>& device, VkBuffer handle, size_t bytes);

    Buffer() = default;
    ~Buffer() { release(); }
    Buffer(Buffer&& other) noexcept { swap(other); }
    Buffer& operator=(Buffer&& other) noexcept
    {
        Buffer(static_cast<Buffer&&>(other)).swap(*this);
        return *this;
    }

    size_t size_bytes() const { return description_.bytes; }
    /// The bytes that a shader may access: the size rounded up to whole vec4, unless the buffer is an app's.
    size_t capacity_bytes() const { return is_own_ ? (description_.bytes + 15) / 16 * 16 : description_.bytes; }
    BufferUse use() const { return description_.use; }
    VkBuffer handle() const { return handle_; }

    /// Host pointer to the bytes of upload and download buffers, and of device buffers on devices with unified memory;
    /// otherwise null. Writes reach the device with the next run; results can be read after run() has returned.
    void* mapped() const { return mapped_; }
    bool is_host_visible() const { return mapped_ != nullptr; }
    /// Makes what the device wrote visible to mapped(). Device::wait() has done it for the lists that it waited for.
    Status invalidate() const;

    /// For the other files of this folder.
    VkDeviceMemory memory() const { return memory_; }
    /// True if the host must invalidate this memory before it reads what the device wrote.
    bool wants_invalidation() const { return mapped_ != nullptr && !is_coherent_; }

private:
    Status poison();
    void swap(Buffer& other) noexcept;
    void release() noexcept;

    std::shared_ptr<Device> device_; // shared: see Device
    BufferDescription description_;
    VkBuffer handle_ = {};
    VkDeviceMemory memory_ = {};
    size_t allocated_bytes_ = 0;
    void* mapped_ = nullptr;
    bool is_coherent_ = true;
    bool is_own_ = true;
};

} // namespace vkseg::vk
