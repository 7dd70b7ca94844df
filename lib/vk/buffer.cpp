#include "vk/buffer.hpp"

#include <cstring>
#include <span>
#include <utility>

#include "base/log.hpp"
#include "base/try.hpp"
#include "vk/commands.hpp"
#include "vk/device_state.hpp"
#include "vk/outcome.hpp"

namespace vkseg::vk {
namespace {

constexpr VkMemoryPropertyFlags device_local = VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT;
constexpr VkMemoryPropertyFlags host_visible = VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT;
constexpr VkMemoryPropertyFlags host_coherent = VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;
constexpr VkMemoryPropertyFlags host_cached = VK_MEMORY_PROPERTY_HOST_CACHED_BIT;

struct MemoryWish
{
    VkMemoryPropertyFlags wanted = 0;
    VkMemoryPropertyFlags unwanted = 0;
};

// Memory wishes, from the best kind to any that will do.
std::span<const MemoryWish> memory_wishes(BufferUse use, bool is_memory_unified)
{
    static constexpr MemoryWish unified[] = {{device_local | host_visible | host_coherent}, {device_local}, {}};
    static constexpr MemoryWish dedicated[] = {{device_local, host_visible}, {device_local}, {}};
    static constexpr MemoryWish upload[] = {{host_visible | host_coherent, device_local | host_cached},
                                            {host_visible | host_coherent}};
    static constexpr MemoryWish download[] = {
        {host_visible | host_coherent | host_cached}, {host_visible | host_cached}, {host_visible | host_coherent}};
    switch (use)
    {
    case BufferUse::upload:
        return upload;
    case BufferUse::download:
        return download;
    case BufferUse::device:
        break;
    }
    return is_memory_unified ? std::span(unified) : std::span(dedicated);
}

VkBufferUsageFlags usage_flags(BufferUse use)
{
    switch (use)
    {
    case BufferUse::upload:
        return VK_BUFFER_USAGE_TRANSFER_SRC_BIT;
    case BufferUse::download:
        return VK_BUFFER_USAGE_TRANSFER_DST_BIT;
    case BufferUse::device:
        break;
    }
    return VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_UNIFORM_TEXEL_BUFFER_BIT |
           VK_BUFFER_USAGE_INDIRECT_BUFFER_BIT | VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT;
}

const char* to_string(MemoryPurpose purpose)
{
    switch (purpose)
    {
    case MemoryPurpose::weights:
        return "weights";
    case MemoryPurpose::activations:
        return "activations";
    case MemoryPurpose::staging:
        break;
    }
    return "staging";
}

/// "vkseg weights", "vkseg staging, upload"
std::string label_of(const BufferDescription& description)
{
    const char* const direction = description.use == BufferUse::upload     ? ", upload"
                                  : description.use == BufferUse::download ? ", download"
                                                                           : "";
    return std::string("vkseg ") + to_string(description.purpose) + direction;
}

struct Memory
{
    VkDeviceMemory handle = VK_NULL_HANDLE;
    VkMemoryPropertyFlags flags = 0;
    bool is_second_choice = false; ///< A better memory type had no room.
};

/// "device-local, host-visible"
std::string kind_of_memory(VkMemoryPropertyFlags flags)
{
    return std::string((flags & device_local) != 0 ? "device-local" : "not device-local") +
           ((flags & host_visible) != 0 ? ", host-visible" : "");
}

// Tries the memory types in the order of the wishes. VK_ERROR_OUT_OF_DEVICE_MEMORY if none has enough memory.
VkResult allocate(DeviceState& state, const VkMemoryRequirements& requirements, BufferUse use, Memory& memory)
{
    constexpr VkMemoryPropertyFlags usable = device_local | host_visible | host_coherent | host_cached;
    const VkPhysicalDeviceMemoryProperties& properties = state.physical.memory;
    VkResult result = VK_ERROR_OUT_OF_DEVICE_MEMORY;
    bool has_device_local = false;
    uint32_t tried = 0;
    for (const MemoryWish& wish : memory_wishes(use, state.physical.description.is_memory_unified))
    {
        // Memory that is not device-local would be silently slow; it is for devices without device-local memory.
        if (wish.wanted == 0 && has_device_local)
            break;
        for (uint32_t i = 0; i < properties.memoryTypeCount; i++)
        {
            const VkMemoryType& type = properties.memoryTypes[i];
            const VkMemoryPropertyFlags flags = type.propertyFlags;
            const bool is_usable = (requirements.memoryTypeBits & (1u << i)) != 0 && (flags & ~usable) == 0;
            if (!is_usable || (flags & wish.wanted) != wish.wanted || (flags & wish.unwanted) != 0)
                continue;
            has_device_local = has_device_local || (flags & device_local) != 0;
            if ((tried & (1u << i)) != 0)
                continue;
            if (requirements.size > properties.memoryHeaps[type.heapIndex].size)
            {
                memory.is_second_choice = true;
                continue;
            }
            tried |= 1u << i;
            auto information = make_structure<VkMemoryAllocateInfo>(VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO);
            information.allocationSize = requirements.size;
            information.memoryTypeIndex = i;
            result = state.functions.AllocateMemory(state.handle, &information, nullptr, &memory.handle);
            if (result == VK_SUCCESS)
            {
                memory.flags = flags;
                return result;
            }
            memory.handle = VK_NULL_HANDLE;
            memory.is_second_choice = true;
        }
    }
    return result;
}

Status does_not_fit(Device& device, const BufferDescription& description, const std::string& why)
{
    size_t largest_heap = 0;
    for (const MemoryHeap& heap : device.description().heaps)
        largest_heap = heap.is_device_local && heap.bytes > largest_heap ? heap.bytes : largest_heap;
    return Status(StatusCode::out_of_memory, "device '" + device.description().name + "': a buffer of " +
                                                 bytes_to_string(description.bytes) + " for " +
                                                 to_string(description.purpose) + " does not fit: " + why + "; " +
                                                 bytes_to_string(device.available_memory_bytes()) + " of the heap's " +
                                                 bytes_to_string(largest_heap) + " are free");
}

} // namespace

Result<Buffer> Buffer::create(const std::shared_ptr<Device>& device, const BufferDescription& description)
{
    DeviceState& state = device->state();
    const DeviceFunctions& vk = state.functions;
    VKSEG_TRY(state.check_alive());
    if (description.bytes == 0)
        return Status(StatusCode::invalid_argument, "buffer: expected at least one byte, got 0");

    Buffer buffer;
    buffer.device_ = device;
    buffer.description_ = description;
    if (description.use != BufferUse::device)
        buffer.description_.purpose = MemoryPurpose::staging;

    if (description.bytes > state.limits.max_allocation_bytes)
        return does_not_fit(*device, buffer.description_,
                            "the largest allocation of this device is " +
                                bytes_to_string(state.limits.max_allocation_bytes));

    auto information = make_structure<VkBufferCreateInfo>(VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO);
    information.size = buffer.capacity_bytes();
    information.usage = usage_flags(description.use);
    information.sharingMode = VK_SHARING_MODE_EXCLUSIVE;
    VkBuffer handle = VK_NULL_HANDLE;
    VKSEG_TRY(state.check(vk.CreateBuffer(state.handle, &information, nullptr, &handle), "vkCreateBuffer"));
    buffer.handle_ = handle;

    VkMemoryRequirements requirements = {};
    vk.GetBufferMemoryRequirements(state.handle, handle, &requirements);
    Memory memory;
    const VkResult result = allocate(state, requirements, description.use, memory);
    if (result == VK_ERROR_DEVICE_LOST)
        return state.check(result, "vkAllocateMemory");
    if (result != VK_SUCCESS)
        return does_not_fit(*device, buffer.description_, "vkAllocateMemory gave " + to_string(result));
    if (memory.is_second_choice && is_logged(LogLevel::warning))
        write_log(LogLevel::warning, "device '" + device->description().name + "': a buffer of " +
                                         bytes_to_string(description.bytes) + " for " +
                                         to_string(buffer.description_.purpose) +
                                         " did not fit the best memory and is in memory that is " +
                                         kind_of_memory(memory.flags) + "; this may be slower");
    if (state.labels.is_on())
    {
        const std::string label = label_of(buffer.description_);
        state.labels.name(state.handle, VK_OBJECT_TYPE_BUFFER, handle, label);
        state.labels.name(state.handle, VK_OBJECT_TYPE_DEVICE_MEMORY, memory.handle, label);
    }
    buffer.memory_ = memory.handle;
    buffer.allocated_bytes_ = size_t(requirements.size);
    state.live_bytes[size_t(buffer.description_.purpose)] += buffer.allocated_bytes_;
    VKSEG_TRY(state.check(vk.BindBufferMemory(state.handle, handle, memory.handle, 0), "vkBindBufferMemory"));

    buffer.is_coherent_ = (memory.flags & host_coherent) != 0;
    const bool maps = description.use != BufferUse::device ||
                      (state.physical.description.is_memory_unified &&
                       (memory.flags & (host_visible | host_coherent)) == (host_visible | host_coherent));
    if (maps)
    {
        void* mapped = nullptr;
        VKSEG_TRY(state.check(vk.MapMemory(state.handle, memory.handle, 0, VK_WHOLE_SIZE, 0, &mapped), "vkMapMemory"));
        buffer.mapped_ = mapped;
    }
    if (state.poison_memory)
        VKSEG_TRY(buffer.poison());
    return buffer;
}

Buffer Buffer::of_app(const std::shared_ptr<Device>& device, VkBuffer handle, size_t bytes)
{
    Buffer buffer;
    buffer.device_ = device;
    buffer.description_.bytes = bytes;
    buffer.handle_ = handle;
    buffer.is_own_ = false;
    return buffer;
}

Status Buffer::poison()
{
    DeviceState& state = device_->state();
    if (mapped_ == nullptr)
    {
        CommandList list(device_);
        list.fill({.buffer = this}, 0xFFFFFFFFu);
        VKSEG_TRY(list.finish());
        return device_->run(list);
    }
    std::memset(mapped_, 0xFF, capacity_bytes());
    if (is_coherent_)
        return {};
    // Flushes, because cache lines not yet written back would later overwrite what the device writes.
    auto range = make_structure<VkMappedMemoryRange>(VK_STRUCTURE_TYPE_MAPPED_MEMORY_RANGE);
    range.memory = memory_;
    range.size = VK_WHOLE_SIZE;
    return state.check(state.functions.FlushMappedMemoryRanges(state.handle, 1, &range), "vkFlushMappedMemoryRanges");
}

Status Buffer::invalidate() const
{
    return wants_invalidation() ? device_->state().invalidate(memory_) : Status();
}

void Buffer::swap(Buffer& other) noexcept
{
    std::swap(device_, other.device_);
    std::swap(description_, other.description_);
    std::swap(handle_, other.handle_);
    std::swap(memory_, other.memory_);
    std::swap(allocated_bytes_, other.allocated_bytes_);
    std::swap(mapped_, other.mapped_);
    std::swap(is_coherent_, other.is_coherent_);
    std::swap(is_own_, other.is_own_);
}

void Buffer::release() noexcept
{
    if (device_ == nullptr || !is_own_)
        return;
    DeviceState& state = device_->state();
    state.functions.DestroyBuffer(state.handle, handle_, nullptr);
    state.functions.FreeMemory(state.handle, memory_, nullptr); // unmaps as well
    state.live_bytes[size_t(description_.purpose)] -= allocated_bytes_;
}

} // namespace vkseg::vk
