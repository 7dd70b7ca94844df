#include "app.hpp"

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace hello_vulkan {
namespace {

template <class Structure>
Structure structure(VkStructureType type)
{
    Structure made = {};
    made.sType = type;
    return made;
}

VKAPI_ATTR VkBool32 VKAPI_CALL keep_message(VkDebugUtilsMessageSeverityFlagBitsEXT, VkDebugUtilsMessageTypeFlagsEXT,
                                            const VkDebugUtilsMessengerCallbackDataEXT* data, void* messages)
{
    static_cast<std::vector<std::string>*>(messages)->emplace_back(data->pMessage);
    return VK_FALSE;
}

} // namespace

void check(VkResult result, const char* function)
{
    if (result == VK_SUCCESS)
        return;
    std::fprintf(stderr, "%s: VkResult %d\n", function, int(result));
    std::exit(1);
}

App::App(const AppOptions& options)
    : extensions_(options.extensions), features_(options.features), api_version_(options.api_version)
{
    create_instance(options);
    choose_device(options.device);
    create_device(options);
}

void App::create_instance(const AppOptions& options)
{
    auto application = structure<VkApplicationInfo>(VK_STRUCTURE_TYPE_APPLICATION_INFO);
    application.pApplicationName = "hello_vulkan";
    application.apiVersion = options.api_version;
    auto messenger =
        structure<VkDebugUtilsMessengerCreateInfoEXT>(VK_STRUCTURE_TYPE_DEBUG_UTILS_MESSENGER_CREATE_INFO_EXT);
    messenger.messageSeverity =
        VK_DEBUG_UTILS_MESSAGE_SEVERITY_WARNING_BIT_EXT | VK_DEBUG_UTILS_MESSAGE_SEVERITY_ERROR_BIT_EXT;
    messenger.messageType = VK_DEBUG_UTILS_MESSAGE_TYPE_VALIDATION_BIT_EXT;
    messenger.pfnUserCallback = keep_message;
    messenger.pUserData = &messages;
    const VkValidationFeatureEnableEXT synchronization = VK_VALIDATION_FEATURE_ENABLE_SYNCHRONIZATION_VALIDATION_EXT;
    auto features = structure<VkValidationFeaturesEXT>(VK_STRUCTURE_TYPE_VALIDATION_FEATURES_EXT);
    features.enabledValidationFeatureCount = 1;
    features.pEnabledValidationFeatures = &synchronization;

    const char* const layer = "VK_LAYER_KHRONOS_validation";
    const char* const extensions[] = {VK_EXT_DEBUG_UTILS_EXTENSION_NAME, VK_EXT_VALIDATION_FEATURES_EXTENSION_NAME};
    auto information = structure<VkInstanceCreateInfo>(VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO);
    information.pApplicationInfo = &application;
    if (options.validates)
    {
        information.pNext = &features;
        information.enabledLayerCount = 1;
        information.ppEnabledLayerNames = &layer;
        information.enabledExtensionCount = 2;
        information.ppEnabledExtensionNames = extensions;
    }
    check(vkCreateInstance(&information, nullptr, &instance), "vkCreateInstance");
    if (!options.validates)
        return;
    const auto create = reinterpret_cast<PFN_vkCreateDebugUtilsMessengerEXT>(
        vkGetInstanceProcAddr(instance, "vkCreateDebugUtilsMessengerEXT"));
    check(create(instance, &messenger, nullptr, &messenger_), "vkCreateDebugUtilsMessengerEXT");
}

void App::choose_device(const std::string& name)
{
    uint32_t count = 0;
    check(vkEnumeratePhysicalDevices(instance, &count, nullptr), "vkEnumeratePhysicalDevices");
    std::vector<VkPhysicalDevice> devices(count);
    check(vkEnumeratePhysicalDevices(instance, &count, devices.data()), "vkEnumeratePhysicalDevices");
    for (VkPhysicalDevice candidate : devices)
    {
        VkPhysicalDeviceProperties properties = {};
        vkGetPhysicalDeviceProperties(candidate, &properties);
        if (std::strstr(properties.deviceName, name.c_str()) == nullptr)
            continue;
        uint32_t families = 0;
        vkGetPhysicalDeviceQueueFamilyProperties(candidate, &families, nullptr);
        std::vector<VkQueueFamilyProperties> of_device(families);
        vkGetPhysicalDeviceQueueFamilyProperties(candidate, &families, of_device.data());
        constexpr VkQueueFlags wanted = VK_QUEUE_GRAPHICS_BIT | VK_QUEUE_COMPUTE_BIT;
        for (uint32_t family = 0; family < families; ++family)
        {
            if ((of_device[family].queueFlags & wanted) != wanted)
                continue;
            physical = candidate;
            queue_family = family;
            device_name = properties.deviceName;
            return;
        }
    }
    std::fprintf(stderr, "there is no Vulkan device named '%s' that draws and computes\n", name.c_str());
    std::exit(1);
}

void App::create_device(const AppOptions& options)
{
    const float priority = 1;
    auto queues = structure<VkDeviceQueueCreateInfo>(VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO);
    queues.queueFamilyIndex = queue_family;
    queues.queueCount = 1;
    queues.pQueuePriorities = &priority;
    auto information = structure<VkDeviceCreateInfo>(VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO);
    information.pNext = options.features;
    information.queueCreateInfoCount = 1;
    information.pQueueCreateInfos = &queues;
    information.enabledExtensionCount = uint32_t(options.extensions.size());
    information.ppEnabledExtensionNames = options.extensions.data();
    check(vkCreateDevice(physical, &information, nullptr, &device), "vkCreateDevice");
    vkGetDeviceQueue(device, queue_family, 0, &queue);
    auto pool = structure<VkCommandPoolCreateInfo>(VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO);
    pool.queueFamilyIndex = queue_family;
    check(vkCreateCommandPool(device, &pool, nullptr, &pool_), "vkCreateCommandPool");
}

App::~App()
{
    vkDestroyCommandPool(device, pool_, nullptr);
    vkDestroyDevice(device, nullptr);
    if (messenger_ != VK_NULL_HANDLE)
        reinterpret_cast<PFN_vkDestroyDebugUtilsMessengerEXT>(
            vkGetInstanceProcAddr(instance, "vkDestroyDebugUtilsMessengerEXT"))(instance, messenger_, nullptr);
    vkDestroyInstance(instance, nullptr);
}

vkseg::VulkanDevice App::description()
{
    return {.instance = instance,
            .physical_device = physical,
            .device = device,
            .queue = queue,
            .queue_family = queue_family,
            .api_version = api_version_,
            .extensions = extensions_,
            .features = features_,
            .get_instance_proc_addr = reinterpret_cast<void*>(&vkGetInstanceProcAddr),
            .lock_queue = [](void* app) { static_cast<App*>(app)->queue_mutex.lock(); },
            .unlock_queue = [](void* app) { static_cast<App*>(app)->queue_mutex.unlock(); },
            .lock_user = this};
}

VkDeviceMemory App::allocate(const VkMemoryRequirements& requirements, VkMemoryPropertyFlags flags, const void* next,
                             uint32_t* memory_type)
{
    VkPhysicalDeviceMemoryProperties properties = {};
    vkGetPhysicalDeviceMemoryProperties(physical, &properties);
    auto information = structure<VkMemoryAllocateInfo>(VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO);
    information.pNext = next;
    information.allocationSize = requirements.size;
    for (uint32_t type = 0; type < properties.memoryTypeCount; ++type)
    {
        const bool is_usable = (requirements.memoryTypeBits & (1u << type)) != 0 &&
                               (properties.memoryTypes[type].propertyFlags & flags) == flags;
        if (!is_usable)
            continue;
        information.memoryTypeIndex = type;
        if (memory_type != nullptr)
            *memory_type = type;
        VkDeviceMemory memory = VK_NULL_HANDLE;
        check(vkAllocateMemory(device, &information, nullptr, &memory), "vkAllocateMemory");
        return memory;
    }
    check(VK_ERROR_OUT_OF_DEVICE_MEMORY, "no memory type");
    return VK_NULL_HANDLE;
}

Image App::create_image(VkFormat format, uint32_t width, uint32_t height, VkImageUsageFlags usage)
{
    Image image = {.format = format, .width = width, .height = height};
    auto information = structure<VkImageCreateInfo>(VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO);
    information.imageType = VK_IMAGE_TYPE_2D;
    information.format = format;
    information.extent = {width, height, 1};
    information.mipLevels = 1;
    information.arrayLayers = 1;
    information.samples = VK_SAMPLE_COUNT_1_BIT;
    information.usage = usage;
    check(vkCreateImage(device, &information, nullptr, &image.handle), "vkCreateImage");
    VkMemoryRequirements requirements = {};
    vkGetImageMemoryRequirements(device, image.handle, &requirements);
    image.memory = allocate(requirements, 0);
    check(vkBindImageMemory(device, image.handle, image.memory, 0), "vkBindImageMemory");
    constexpr VkImageUsageFlags viewed = VK_IMAGE_USAGE_SAMPLED_BIT | VK_IMAGE_USAGE_STORAGE_BIT;
    const bool is_planar = format >= VK_FORMAT_G8B8G8R8_422_UNORM;
    if ((usage & viewed) == 0 || is_planar) // views of several planes need a conversion
        return image;
    auto view = structure<VkImageViewCreateInfo>(VK_STRUCTURE_TYPE_IMAGE_VIEW_CREATE_INFO);
    view.image = image.handle;
    view.viewType = VK_IMAGE_VIEW_TYPE_2D;
    view.format = format;
    view.subresourceRange = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, 1};
    check(vkCreateImageView(device, &view, nullptr, &image.view), "vkCreateImageView");
    return image;
}

Buffer App::create_buffer(size_t bytes, VkBufferUsageFlags usage, uint32_t* memory_type)
{
    Buffer buffer = {.size = bytes};
    auto information = structure<VkBufferCreateInfo>(VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO);
    auto external = structure<VkExternalMemoryBufferCreateInfo>(VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_BUFFER_CREATE_INFO);
    external.handleTypes = VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT;
    auto exported = structure<VkExportMemoryAllocateInfo>(VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO);
    exported.handleTypes = VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT;
    const bool exports = memory_type != nullptr;
    information.pNext = exports ? &external : nullptr;
    information.size = bytes;
    information.usage = usage;
    check(vkCreateBuffer(device, &information, nullptr, &buffer.handle), "vkCreateBuffer");
    VkMemoryRequirements requirements = {};
    vkGetBufferMemoryRequirements(device, buffer.handle, &requirements);
    buffer.memory = allocate(requirements, VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT,
                             exports ? &exported : nullptr, memory_type);
    check(vkBindBufferMemory(device, buffer.handle, buffer.memory, 0), "vkBindBufferMemory");
    void* mapped = nullptr;
    check(vkMapMemory(device, buffer.memory, 0, VK_WHOLE_SIZE, 0, &mapped), "vkMapMemory");
    buffer.bytes = static_cast<std::byte*>(mapped);
    return buffer;
}

VkSemaphore App::create_semaphore(VkSemaphoreType type)
{
    auto timeline = structure<VkSemaphoreTypeCreateInfo>(VK_STRUCTURE_TYPE_SEMAPHORE_TYPE_CREATE_INFO);
    timeline.semaphoreType = type;
    auto information = structure<VkSemaphoreCreateInfo>(VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO);
    if (type == VK_SEMAPHORE_TYPE_TIMELINE)
        information.pNext = &timeline;
    VkSemaphore semaphore = VK_NULL_HANDLE;
    check(vkCreateSemaphore(device, &information, nullptr, &semaphore), "vkCreateSemaphore");
    return semaphore;
}

uint64_t App::timeline_value(VkSemaphore semaphore)
{
    uint64_t value = 0;
    check(vkGetSemaphoreCounterValue(device, semaphore, &value), "vkGetSemaphoreCounterValue");
    return value;
}

bool App::reaches(VkSemaphore semaphore, uint64_t value)
{
    auto information = structure<VkSemaphoreWaitInfo>(VK_STRUCTURE_TYPE_SEMAPHORE_WAIT_INFO);
    information.semaphoreCount = 1;
    information.pSemaphores = &semaphore;
    information.pValues = &value;
    constexpr uint64_t ten_seconds = 10'000'000'000;
    const VkResult result = vkWaitSemaphores(device, &information, ten_seconds);
    if (result != VK_TIMEOUT)
        check(result, "vkWaitSemaphores");
    return result == VK_SUCCESS;
}

void App::signal(VkSemaphore semaphore, uint64_t value)
{
    auto information = structure<VkSemaphoreSignalInfo>(VK_STRUCTURE_TYPE_SEMAPHORE_SIGNAL_INFO);
    information.semaphore = semaphore;
    information.value = value;
    check(vkSignalSemaphore(device, &information), "vkSignalSemaphore");
}

void App::destroy(const Image& image)
{
    vkDestroyImageView(device, image.view, nullptr);
    vkDestroyImage(device, image.handle, nullptr);
    vkFreeMemory(device, image.memory, nullptr);
}

void App::destroy(const Buffer& buffer)
{
    vkDestroyBuffer(device, buffer.handle, nullptr);
    vkFreeMemory(device, buffer.memory, nullptr);
}

void App::destroy(VkSemaphore semaphore)
{
    vkDestroySemaphore(device, semaphore, nullptr);
}

VkCommandBuffer App::begin()
{
    auto information = structure<VkCommandBufferAllocateInfo>(VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO);
    information.commandPool = pool_;
    information.level = VK_COMMAND_BUFFER_LEVEL_PRIMARY;
    information.commandBufferCount = 1;
    VkCommandBuffer commands = VK_NULL_HANDLE;
    check(vkAllocateCommandBuffers(device, &information, &commands), "vkAllocateCommandBuffers");
    const auto begin = structure<VkCommandBufferBeginInfo>(VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO);
    check(vkBeginCommandBuffer(commands, &begin), "vkBeginCommandBuffer");
    return commands;
}

void App::submit(VkCommandBuffer commands, std::vector<VkSemaphore> waits, std::vector<VkSemaphore> signals)
{
    check(vkEndCommandBuffer(commands), "vkEndCommandBuffer");
    const std::vector<VkPipelineStageFlags> stages(waits.size(), VK_PIPELINE_STAGE_ALL_COMMANDS_BIT);
    auto information = structure<VkSubmitInfo>(VK_STRUCTURE_TYPE_SUBMIT_INFO);
    information.waitSemaphoreCount = uint32_t(waits.size());
    information.pWaitSemaphores = waits.data();
    information.pWaitDstStageMask = stages.data();
    information.commandBufferCount = 1;
    information.pCommandBuffers = &commands;
    information.signalSemaphoreCount = uint32_t(signals.size());
    information.pSignalSemaphores = signals.data();
    const auto fence_information = structure<VkFenceCreateInfo>(VK_STRUCTURE_TYPE_FENCE_CREATE_INFO);
    VkFence fence = VK_NULL_HANDLE;
    check(vkCreateFence(device, &fence_information, nullptr, &fence), "vkCreateFence");
    {
        const std::lock_guard lock(queue_mutex);
        check(vkQueueSubmit(queue, 1, &information, fence), "vkQueueSubmit");
    }
    check(vkWaitForFences(device, 1, &fence, VK_TRUE, UINT64_MAX), "vkWaitForFences");
    vkDestroyFence(device, fence, nullptr);
    vkFreeCommandBuffers(device, pool_, 1, &commands);
}

void App::change_layout(VkCommandBuffer commands, const Image& image, VkImageLayout from, VkImageLayout to)
{
    auto barrier = structure<VkImageMemoryBarrier>(VK_STRUCTURE_TYPE_IMAGE_MEMORY_BARRIER);
    barrier.srcAccessMask = VK_ACCESS_MEMORY_WRITE_BIT;
    barrier.dstAccessMask = VK_ACCESS_MEMORY_READ_BIT | VK_ACCESS_MEMORY_WRITE_BIT;
    barrier.oldLayout = from;
    barrier.newLayout = to;
    barrier.srcQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED;
    barrier.dstQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED;
    barrier.image = image.handle;
    barrier.subresourceRange = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, 1};
    vkCmdPipelineBarrier(commands, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, 0, 0,
                         nullptr, 0, nullptr, 1, &barrier);
}

namespace {

VkBufferImageCopy whole_image(const Image& image)
{
    VkBufferImageCopy region = {};
    region.imageSubresource = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 0, 1};
    region.imageExtent = {image.width, image.height, 1};
    return region;
}

} // namespace

void App::upload(const Image& image, const std::vector<uint8_t>& texels, size_t texel_bytes, VkImageLayout layout)
{
    const size_t bytes = size_t(image.width) * image.height * texel_bytes;
    const Buffer staging = create_buffer(bytes, VK_BUFFER_USAGE_TRANSFER_SRC_BIT);
    std::memcpy(staging.bytes, texels.data(), bytes);
    VkCommandBuffer commands = begin();
    change_layout(commands, image, VK_IMAGE_LAYOUT_UNDEFINED, VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL);
    const VkBufferImageCopy region = whole_image(image);
    vkCmdCopyBufferToImage(commands, staging.handle, image.handle, VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL, 1, &region);
    change_layout(commands, image, VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL, layout);
    submit(commands);
    destroy(staging);
}

void App::upload_nv12(const Image& image, const std::vector<uint8_t>& luma, const std::array<uint8_t, 2>& chroma)
{
    const size_t pixels = size_t(image.width) * image.height;
    const Buffer staging = create_buffer(pixels * 3 / 2, VK_BUFFER_USAGE_TRANSFER_SRC_BIT);
    std::memcpy(staging.bytes, luma.data(), pixels);
    for (size_t i = 0; i < pixels / 2; ++i)
        staging.bytes[pixels + i] = std::byte(chroma[i % 2]);
    VkCommandBuffer commands = begin();
    change_layout(commands, image, VK_IMAGE_LAYOUT_UNDEFINED, VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL);
    std::array<VkBufferImageCopy, 2> planes = {whole_image(image), whole_image(image)};
    planes[0].imageSubresource.aspectMask = VK_IMAGE_ASPECT_PLANE_0_BIT;
    planes[1].imageSubresource.aspectMask = VK_IMAGE_ASPECT_PLANE_1_BIT;
    planes[1].bufferOffset = pixels;
    planes[1].imageExtent = {image.width / 2, image.height / 2, 1};
    vkCmdCopyBufferToImage(commands, staging.handle, image.handle, VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL, 2,
                           planes.data());
    change_layout(commands, image, VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL, VK_IMAGE_LAYOUT_SHADER_READ_ONLY_OPTIMAL);
    submit(commands);
    destroy(staging);
}

std::vector<uint8_t> App::download(const Image& image, size_t texel_bytes, VkImageLayout layout)
{
    const size_t bytes = size_t(image.width) * image.height * texel_bytes;
    const Buffer staging = create_buffer(bytes, VK_BUFFER_USAGE_TRANSFER_DST_BIT);
    VkCommandBuffer commands = begin();
    change_layout(commands, image, layout, VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL);
    const VkBufferImageCopy region = whole_image(image);
    vkCmdCopyImageToBuffer(commands, image.handle, VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL, staging.handle, 1, &region);
    change_layout(commands, image, VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL, layout);
    auto barrier = structure<VkMemoryBarrier>(VK_STRUCTURE_TYPE_MEMORY_BARRIER);
    barrier.srcAccessMask = VK_ACCESS_TRANSFER_WRITE_BIT;
    barrier.dstAccessMask = VK_ACCESS_HOST_READ_BIT;
    vkCmdPipelineBarrier(commands, VK_PIPELINE_STAGE_TRANSFER_BIT, VK_PIPELINE_STAGE_HOST_BIT, 0, 1, &barrier, 0,
                         nullptr, 0, nullptr);
    submit(commands);
    const auto* const first = reinterpret_cast<const uint8_t*>(staging.bytes);
    std::vector<uint8_t> texels(first, first + bytes);
    destroy(staging);
    return texels;
}

bool offers_extension(const std::string& device, const char* extension)
{
    const App app({.device = device});
    uint32_t count = 0;
    check(vkEnumerateDeviceExtensionProperties(app.physical, nullptr, &count, nullptr),
          "vkEnumerateDeviceExtensionProperties");
    std::vector<VkExtensionProperties> extensions(count);
    check(vkEnumerateDeviceExtensionProperties(app.physical, nullptr, &count, extensions.data()),
          "vkEnumerateDeviceExtensionProperties");
    for (const VkExtensionProperties& offered : extensions)
    {
        if (std::strcmp(offered.extensionName, extension) == 0)
            return true;
    }
    return false;
}

bool offers_ycbcr(const std::string& device)
{
    const App app({.device = device});
    auto features = structure<VkPhysicalDeviceFeatures2>(VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2);
    auto ycbcr = structure<VkPhysicalDeviceSamplerYcbcrConversionFeatures>(
        VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SAMPLER_YCBCR_CONVERSION_FEATURES);
    features.pNext = &ycbcr;
    vkGetPhysicalDeviceFeatures2(app.physical, &features);
    return ycbcr.samplerYcbcrConversion == VK_TRUE;
}

} // namespace hello_vulkan
