#include "vk/fixture.hpp"
#include "vk/functions.hpp"

#include <algorithm>
#include <cstring>
#include <string_view>

#include <dlfcn.h>

// A driver such as MoltenVK, made of one that is conformant: it adds VK_KHR_portability_subset to the extensions of its
// devices, and remembers the flags and extensions that it is asked for. No emulation of the subset's limits.
namespace vkseg::vk::portability_test {
namespace {

constexpr const char* subset = "VK_KHR_portability_subset";

PFN_vkGetInstanceProcAddr real_get_instance_proc_addr = nullptr;
PFN_vkCreateInstance real_create_instance = nullptr;
PFN_vkCreateDevice real_create_device = nullptr;
PFN_vkEnumerateDeviceExtensionProperties real_enumerate = nullptr;
bool asked_for_portable_devices = false;
bool enabled_the_subset = false;

bool is_listed(const char* name, const char* const* names, uint32_t count)
{
    return std::any_of(names, names + count, [&](const char* other) { return std::strcmp(name, other) == 0; });
}

VKAPI_ATTR VkResult VKAPI_CALL create_instance(const VkInstanceCreateInfo* information,
                                               const VkAllocationCallbacks* allocator, VkInstance* instance)
{
    constexpr VkInstanceCreateFlags enumerate_portability = 1;
    asked_for_portable_devices = (information->flags & enumerate_portability) != 0 &&
                                 is_listed("VK_KHR_portability_enumeration", information->ppEnabledExtensionNames,
                                           information->enabledExtensionCount);
    return real_create_instance(information, allocator, instance);
}

VKAPI_ATTR VkResult VKAPI_CALL enumerate(VkPhysicalDevice device, const char* layer, uint32_t* count,
                                         VkExtensionProperties* properties)
{
    uint32_t known = 0;
    const VkResult result = real_enumerate(device, layer, &known, nullptr);
    if (result != VK_SUCCESS)
        return result;
    if (properties != nullptr)
    {
        if (*count <= known)
            return VK_INCOMPLETE;
        real_enumerate(device, layer, &known, properties);
        properties[known] = {};
        std::strcpy(properties[known].extensionName, subset);
    }
    *count = known + 1;
    return VK_SUCCESS;
}

VKAPI_ATTR VkResult VKAPI_CALL create_device(VkPhysicalDevice physical_device, const VkDeviceCreateInfo* information,
                                             const VkAllocationCallbacks* allocator, VkDevice* device)
{
    std::vector<const char*> names(information->ppEnabledExtensionNames,
                                   information->ppEnabledExtensionNames + information->enabledExtensionCount);
    enabled_the_subset =
        std::erase_if(names, [](const char* name) { return std::strcmp(name, subset) == 0; }) == 1; // unknown below
    VkDeviceCreateInfo changed = *information;
    changed.ppEnabledExtensionNames = names.data();
    changed.enabledExtensionCount = uint32_t(names.size());
    return real_create_device(physical_device, &changed, allocator, device);
}

template <class Function>
PFN_vkVoidFunction replace(PFN_vkVoidFunction real, Function& kept, Function ours)
{
    kept = reinterpret_cast<Function>(real);
    return reinterpret_cast<PFN_vkVoidFunction>(ours);
}

VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL get_instance_proc_addr(VkInstance instance, const char* name)
{
    const PFN_vkVoidFunction real = real_get_instance_proc_addr(instance, name);
    const std::string_view wanted = name;
    if (wanted == "vkCreateInstance")
        return replace(real, real_create_instance, create_instance);
    if (wanted == "vkCreateDevice")
        return replace(real, real_create_device, create_device);
    if (wanted == "vkEnumerateDeviceExtensionProperties")
        return replace(real, real_enumerate, enumerate);
    return real;
}

} // namespace

TEST_CASE("portability: devices that support only the portability subset are found, and the extension is enabled")
{
    void* const library = dlopen("libvulkan.so.1", RTLD_NOW | RTLD_LOCAL);
    REQUIRE(library != nullptr);
    real_get_instance_proc_addr = reinterpret_cast<PFN_vkGetInstanceProcAddr>(dlsym(library, "vkGetInstanceProcAddr"));
    const LoaderOptions loader = {.get_instance_proc_addr = reinterpret_cast<void*>(get_instance_proc_addr)};
    const auto device = Device::create({.loader = loader, .use_pipeline_cache = false});
    require_ok(device.status());
    CHECK(asked_for_portable_devices);
    CHECK(enabled_the_subset);
}

} // namespace vkseg::vk::portability_test
