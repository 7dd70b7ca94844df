#include "vk/imported_memory.hpp"

#include <algorithm>
#include <bit>
#include <optional>

#include "base/try.hpp"
#include "vk/descriptor_copy.hpp"
#include "vk/device_state.hpp"
#include "vk/outcome.hpp"

namespace vkseg::vk {
namespace {

// Android's part of Vulkan, which the headers have for Android only:
// VK_ANDROID_external_memory_android_hardware_buffer.
constexpr auto hardware_buffer_bit = VkExternalMemoryHandleTypeFlagBits(0x400);

struct HardwareBufferProperties
{
    VkStructureType type = VkStructureType(1000129001);
    void* next = nullptr;
    VkDeviceSize allocation_bytes = 0;
    uint32_t memory_types = 0;
};

struct HardwareBufferFormat
{
    VkStructureType type = VkStructureType(1000129002);
    void* next = nullptr;
    VkFormat format = VK_FORMAT_UNDEFINED;
    uint64_t external_format = 0;
    VkFormatFeatureFlags features = 0;
    VkComponentMapping components = {};
    VkSamplerYcbcrModelConversion model = {};
    VkSamplerYcbcrRange range = {};
    VkChromaLocation x_chroma_offset = {};
    VkChromaLocation y_chroma_offset = {};
};

struct ImportHardwareBuffer
{
    VkStructureType type = VkStructureType(1000129003);
    const void* next = nullptr;
    void* buffer = nullptr;
};

struct ExternalFormatOfImage
{
    VkStructureType type = VkStructureType(1000129005);
    void* next = nullptr;
    uint64_t external_format = 0;
};

using GetHardwareBufferProperties = VkResult(VKAPI_PTR*)(VkDevice, const void*, HardwareBufferProperties*);

Status require_extension(Device& device, const char* extension)
{
    if (device.has_enabled(extension))
        return {};
    return Status(StatusCode::unsupported,
                  "device '" + device.description().name + "': the import needs " + extension + ", which " +
                      (device.state().is_own ? "it does not offer" : "the app has not enabled"));
}

template <class Function>
Status find_function(const DeviceState& state, const char* name, Function& function)
{
    function = reinterpret_cast<Function>(state.instance->functions().GetDeviceProcAddr(state.handle, name));
    if (function != nullptr)
        return {};
    return Status(StatusCode::unsupported,
                  "device '" + state.physical.description.name + "': the driver lacks " + name);
}

struct OriginTraits
{
    const char* extension;
    VkExternalMemoryHandleTypeFlagBits handle_type;
};

OriginTraits traits_of(MemoryOrigin origin)
{
    switch (origin)
    {
    case MemoryOrigin::host:
        return {"VK_EXT_external_memory_host", VK_EXTERNAL_MEMORY_HANDLE_TYPE_HOST_ALLOCATION_BIT_EXT};
    case MemoryOrigin::opaque_fd:
        return {"VK_KHR_external_memory_fd", VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT};
    case MemoryOrigin::dma_buf:
        break;
    }
    return {"VK_EXT_external_memory_dma_buf", VK_EXTERNAL_MEMORY_HANDLE_TYPE_DMA_BUF_BIT_EXT};
}

Status check_alignment(const DeviceState& state, const ImportDescription& description)
{
    auto properties = make_structure<VkPhysicalDeviceProperties2>(VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2);
    auto host = make_structure<VkPhysicalDeviceExternalMemoryHostPropertiesEXT>(
        VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_MEMORY_HOST_PROPERTIES_EXT);
    properties.pNext = &host;
    state.instance->functions().GetPhysicalDeviceProperties2(state.physical.handle, &properties);
    const auto alignment = std::max<VkDeviceSize>(host.minImportedHostPointerAlignment, 1);
    if (reinterpret_cast<uintptr_t>(description.host) % alignment == 0 && description.bytes % alignment == 0)
        return {};
    return Status(StatusCode::invalid_argument, "import of host memory: expected an address and a size that are "
                                                "multiples of " +
                                                    std::to_string(alignment) + ", got a size of " +
                                                    std::to_string(description.bytes));
}

/// Memory types that can hold the import.
Result<uint32_t> importable_types(const DeviceState& state, const ImportDescription& description)
{
    switch (description.origin)
    {
    case MemoryOrigin::host: {
        PFN_vkGetMemoryHostPointerPropertiesEXT query = nullptr;
        VKSEG_TRY(find_function(state, "vkGetMemoryHostPointerPropertiesEXT", query));
        auto properties =
            make_structure<VkMemoryHostPointerPropertiesEXT>(VK_STRUCTURE_TYPE_MEMORY_HOST_POINTER_PROPERTIES_EXT);
        VKSEG_TRY(to_status(
            query(state.handle, VK_EXTERNAL_MEMORY_HANDLE_TYPE_HOST_ALLOCATION_BIT_EXT, description.host, &properties),
            "vkGetMemoryHostPointerPropertiesEXT"));
        return properties.memoryTypeBits;
    }
    case MemoryOrigin::dma_buf: {
        PFN_vkGetMemoryFdPropertiesKHR query = nullptr;
        VKSEG_TRY(find_function(state, "vkGetMemoryFdPropertiesKHR", query));
        auto properties = make_structure<VkMemoryFdPropertiesKHR>(VK_STRUCTURE_TYPE_MEMORY_FD_PROPERTIES_KHR);
        VKSEG_TRY(
            to_status(query(state.handle, VK_EXTERNAL_MEMORY_HANDLE_TYPE_DMA_BUF_BIT_EXT, description.fd, &properties),
                      "vkGetMemoryFdPropertiesKHR"));
        return properties.memoryTypeBits;
    }
    case MemoryOrigin::opaque_fd:
        break;
    }
    return description.memory_type < 32 ? 1u << description.memory_type : 0u;
}

} // namespace

Result<std::unique_ptr<ImportedMemory>> ImportedMemory::create(const std::shared_ptr<Device>& device,
                                                               const ImportDescription& description)
{
    std::unique_ptr<ImportedMemory> memory(new ImportedMemory(device));
    VKSEG_TRY(memory->import_buffer(description));
    return memory;
}

Result<std::unique_ptr<ImportedMemory>> ImportedMemory::create(const std::shared_ptr<Device>& device, void* buffer,
                                                               uint32_t width, uint32_t height)
{
    std::unique_ptr<ImportedMemory> memory(new ImportedMemory(device));
    VKSEG_TRY(memory->import_image(buffer, width, height));
    return memory;
}

Status ImportedMemory::import_buffer(const ImportDescription& description)
{
    DeviceState& state = device_->state();
    const DeviceFunctions& vk = state.functions;
    VKSEG_TRY(state.check_alive());
    const OriginTraits traits = traits_of(description.origin);
    VKSEG_TRY(require_extension(*device_, traits.extension));
    const bool is_host = description.origin == MemoryOrigin::host;
    if (description.bytes == 0 || (is_host ? description.host == nullptr : description.fd < 0))
        return Status(StatusCode::invalid_argument, "import: expected memory of 1 byte and more, got none");
    if (is_host)
        VKSEG_TRY(check_alignment(state, description));

    auto external =
        make_structure<VkExternalMemoryBufferCreateInfo>(VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_BUFFER_CREATE_INFO);
    external.handleTypes = traits.handle_type;
    auto information = make_structure<VkBufferCreateInfo>(VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO);
    information.pNext = &external;
    information.size = description.bytes;
    information.usage =
        VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT;
    VkBuffer handle = VK_NULL_HANDLE;
    VKSEG_TRY(state.check(vk.CreateBuffer(state.handle, &information, nullptr, &handle), "vkCreateBuffer"));
    buffer_ = handle;
    VkMemoryRequirements requirements = {};
    vk.GetBufferMemoryRequirements(state.handle, handle, &requirements);

    VKSEG_ASSIGN(const uint32_t importable, importable_types(state, description));
    const uint32_t types = importable & requirements.memoryTypeBits;
    if (types == 0 || uint32_t(std::countr_zero(types)) >= state.physical.memory.memoryTypeCount)
        return Status(StatusCode::unsupported, "device '" + state.physical.description.name +
                                                   "': no memory type for buffers can hold this memory");
    auto host = make_structure<VkImportMemoryHostPointerInfoEXT>(VK_STRUCTURE_TYPE_IMPORT_MEMORY_HOST_POINTER_INFO_EXT);
    host.handleType = traits.handle_type;
    host.pHostPointer = description.host;
    auto fd = make_structure<VkImportMemoryFdInfoKHR>(VK_STRUCTURE_TYPE_IMPORT_MEMORY_FD_INFO_KHR);
    fd.handleType = traits.handle_type;
    std::optional<DescriptorCopy> descriptor;
    if (!is_host)
    {
        descriptor.emplace(description.fd);
        fd.fd = descriptor->get();
        if (fd.fd < 0)
            return Status(StatusCode::invalid_argument,
                          "import: expected an open file descriptor, got " + std::to_string(description.fd));
    }
    auto allocation = make_structure<VkMemoryAllocateInfo>(VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO);
    allocation.pNext = is_host ? static_cast<const void*>(&host) : static_cast<const void*>(&fd);
    allocation.allocationSize = description.bytes;
    allocation.memoryTypeIndex = uint32_t(std::countr_zero(types));
    if (requirements.size > description.bytes)
        return Status(StatusCode::invalid_argument, "import: expected at least " + std::to_string(requirements.size) +
                                                        " bytes, which the device needs for this buffer, got " +
                                                        std::to_string(description.bytes));
    VkDeviceMemory memory = VK_NULL_HANDLE;
    VKSEG_TRY(state.check(vk.AllocateMemory(state.handle, &allocation, nullptr, &memory), "vkAllocateMemory"));
    memory_ = memory;
    VKSEG_TRY(state.check(vk.BindBufferMemory(state.handle, handle, memory, 0), "vkBindBufferMemory"));
    if (descriptor)
        descriptor->hand_over();
    return {};
}

Status ImportedMemory::import_image(void* buffer, uint32_t width, uint32_t height)
{
    DeviceState& state = device_->state();
    const DeviceFunctions& vk = state.functions;
    VKSEG_TRY(state.check_alive());
    VKSEG_TRY(require_extension(*device_, "VK_ANDROID_external_memory_android_hardware_buffer"));
    if (buffer == nullptr || width == 0 || height == 0)
        return Status(StatusCode::invalid_argument, "import: expected an AHardwareBuffer and its size, got none");
    GetHardwareBufferProperties query = nullptr;
    VKSEG_TRY(find_function(state, "vkGetAndroidHardwareBufferPropertiesANDROID", query));
    HardwareBufferFormat format;
    HardwareBufferProperties properties;
    properties.next = &format;
    VKSEG_TRY(state.check(query(state.handle, buffer, &properties), "vkGetAndroidHardwareBufferPropertiesANDROID"));

    format_ = format.format;
    const bool is_external = format.format == VK_FORMAT_UNDEFINED;
    const bool is_planar = format.format >= VK_FORMAT_G8B8G8R8_422_UNORM;
    if (is_external || is_planar)
        conversion_ =
            YcbcrConversion{.model = uint32_t(format.model),
                            .range = uint32_t(format.range),
                            .components = {uint32_t(format.components.r), uint32_t(format.components.g),
                                           uint32_t(format.components.b), uint32_t(format.components.a)},
                            .chroma_offsets = {uint32_t(format.x_chroma_offset), uint32_t(format.y_chroma_offset)},
                            .external_format = is_external ? format.external_format : 0};
    ExternalFormatOfImage external_format = {.external_format = format.external_format};
    auto external =
        make_structure<VkExternalMemoryImageCreateInfo>(VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO);
    external.handleTypes = hardware_buffer_bit;
    if (is_external)
        external.pNext = &external_format;
    auto information = make_structure<VkImageCreateInfo>(VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO);
    information.pNext = &external;
    information.imageType = VK_IMAGE_TYPE_2D;
    information.format = format.format;
    information.extent = {width, height, 1};
    information.mipLevels = 1;
    information.arrayLayers = 1;
    information.samples = VK_SAMPLE_COUNT_1_BIT;
    information.usage = VK_IMAGE_USAGE_SAMPLED_BIT;
    VkImage handle = VK_NULL_HANDLE;
    VKSEG_TRY(state.check(vk.CreateImage(state.handle, &information, nullptr, &handle), "vkCreateImage"));
    image_ = handle;

    auto dedicated = make_structure<VkMemoryDedicatedAllocateInfo>(VK_STRUCTURE_TYPE_MEMORY_DEDICATED_ALLOCATE_INFO);
    dedicated.image = handle;
    ImportHardwareBuffer import = {.next = &dedicated, .buffer = buffer};
    auto allocation = make_structure<VkMemoryAllocateInfo>(VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO);
    allocation.pNext = &import;
    allocation.allocationSize = properties.allocation_bytes;
    allocation.memoryTypeIndex = uint32_t(std::countr_zero(properties.memory_types));
    VkDeviceMemory memory = VK_NULL_HANDLE;
    VKSEG_TRY(state.check(vk.AllocateMemory(state.handle, &allocation, nullptr, &memory), "vkAllocateMemory"));
    memory_ = memory;
    return state.check(vk.BindImageMemory(state.handle, handle, memory, 0), "vkBindImageMemory");
}

ImportedMemory::~ImportedMemory()
{
    DeviceState& state = device_->state();
    state.functions.DestroyBuffer(state.handle, buffer_, nullptr);
    state.functions.DestroyImage(state.handle, image_, nullptr);
    state.functions.FreeMemory(state.handle, memory_, nullptr);
}

} // namespace vkseg::vk
