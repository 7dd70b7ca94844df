#include "vkseg/vulkan_device.hpp"

#include "base/try.hpp"
#include "vk/app_device.hpp"
#include "vk/device.hpp"

namespace vkseg {

Result<Device> use_device(const VulkanDevice& device, const DeviceOptions& options)
{
    const auto refuse = [](const std::string& message)
    { return Status(StatusCode::invalid_argument, "use_device: " + message); };
    if (device.instance == nullptr || device.physical_device == nullptr || device.device == nullptr ||
        device.queue == nullptr)
        return refuse("expected an instance, a physical device, a device and a queue, but one is null");
    constexpr uint32_t version_1_1 = VK_API_VERSION_1_1;
    if (device.api_version < version_1_1)
        return refuse("expected the instance's apiVersion, VK_API_VERSION_1_1 or later, got " +
                      std::to_string(VK_API_VERSION_MAJOR(device.api_version)) + "." +
                      std::to_string(VK_API_VERSION_MINOR(device.api_version)));
    if ((device.lock_queue == nullptr) != (device.unlock_queue == nullptr))
        return refuse("expected lock_queue and unlock_queue, or neither");
    if (options.validate || options.pipeline_statistics || !options.select.empty())
        return refuse("the options select, validate and pipeline_statistics are for devices that vkseg creates");
    vk::AppDevice app = {.instance = device.instance,
                         .physical = device.physical_device,
                         .device = device.device,
                         .queue = device.queue,
                         .queue_family = device.queue_family,
                         .api_version = device.api_version,
                         .features = vk::enabled_features(device.features),
                         .lock_queue = device.lock_queue,
                         .unlock_queue = device.unlock_queue,
                         .lock_user = device.lock_user};
    for (const char* const extension : device.extensions)
        app.extensions.emplace_back(extension);
    VKSEG_ASSIGN(std::shared_ptr<vk::Device> used,
                 vk::Device::use(app, {.loader = {.get_instance_proc_addr = device.get_instance_proc_addr},
                                       .use_minimum_limits = options.use_minimum_limits,
                                       .max_storage_buffer_range_bytes = options.max_binding_bytes,
                                       .poison_memory = options.poison_memory,
                                       .use_pipeline_cache = options.use_pipeline_cache,
                                       .cache_directory = options.cache_directory,
                                       .debug_labels = options.debug_labels}));
    return Device(std::move(used));
}

std::vector<VulkanWish> missed_wishes(const Device& device)
{
    std::vector<VulkanWish> wishes;
    for (const vk::Wish& wish : device.vulkan()->missed_wishes())
        wishes.push_back({wish.extension, wish.feature, wish.purpose});
    return wishes;
}

} // namespace vkseg
