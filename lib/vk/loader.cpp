#include "vk/loader.hpp"

#include "base/try.hpp"
#include "vk/open_library.hpp"

namespace vkseg::vk {
namespace {

#if defined(_WIN32)
constexpr const char* library_names[] = {"vulkan-1.dll"};
#elif defined(__APPLE__)
constexpr const char* library_names[] = {"libvulkan.dylib", "libvulkan.1.dylib", "libMoltenVK.dylib"};
#else
constexpr const char* library_names[] = {"libvulkan.so.1", "libvulkan.so"};
#endif

PFN_vkGetInstanceProcAddr open_library(const char* name)
{
    return reinterpret_cast<PFN_vkGetInstanceProcAddr>(find_in_library(name, "vkGetInstanceProcAddr"));
}

struct EntryPoint
{
    PFN_vkGetInstanceProcAddr function = nullptr;
};

Result<EntryPoint> find_entry_point(const LoaderOptions& options)
{
    if (options.get_instance_proc_addr != nullptr)
        return EntryPoint{reinterpret_cast<PFN_vkGetInstanceProcAddr>(options.get_instance_proc_addr)};
    if (!can_open_libraries())
        return Status(
            StatusCode::no_device,
            "Vulkan: expected a program that can open Vulkan drivers, but this one is statically linked; use a "
            "dynamically linked build");
    if (!options.library.empty())
    {
        if (PFN_vkGetInstanceProcAddr function = open_library(options.library.c_str()))
            return EntryPoint{function};
        return Status(StatusCode::no_device,
                      "Vulkan: expected a Vulkan loader in '" + options.library + "', but it could not be opened");
    }
    for (const char* name : library_names)
    {
        if (PFN_vkGetInstanceProcAddr function = open_library(name))
            return EntryPoint{function};
    }
    return Status(StatusCode::no_device, std::string("Vulkan: there is no Vulkan loader on this system (") +
                                             library_names[0] +
                                             " could not be opened); install one (Debian: apt install libvulkan1)");
}

Status missing_function(const char* name)
{
    return Status(StatusCode::no_device, std::string("Vulkan: the loader or driver lacks the function vk") + name);
}

} // namespace

Result<Loader> open_loader(const LoaderOptions& options)
{
    Loader loader;
    VKSEG_ASSIGN(const EntryPoint entry_point, find_entry_point(options));
    loader.GetInstanceProcAddr = entry_point.function;

#define VKSEG_LOAD(name) loader.name = reinterpret_cast<PFN_vk##name>(loader.GetInstanceProcAddr(nullptr, "vk" #name))
    VKSEG_LOAD(CreateInstance);
    VKSEG_LOAD(EnumerateInstanceExtensionProperties);
    VKSEG_LOAD(EnumerateInstanceLayerProperties);
    VKSEG_LOAD(EnumerateInstanceVersion);
#undef VKSEG_LOAD

    if (loader.CreateInstance == nullptr)
        return missing_function("CreateInstance");
    if (loader.EnumerateInstanceExtensionProperties == nullptr)
        return missing_function("EnumerateInstanceExtensionProperties");
    if (loader.EnumerateInstanceLayerProperties == nullptr)
        return missing_function("EnumerateInstanceLayerProperties");
    return loader;
}

Result<InstanceFunctions> load_instance_functions(const Loader& loader, VkInstance instance)
{
    InstanceFunctions functions;
#define VKSEG_LOAD(name)                                                                                               \
    functions.name = reinterpret_cast<PFN_vk##name>(loader.GetInstanceProcAddr(instance, "vk" #name));                 \
    if (functions.name == nullptr)                                                                                     \
        return missing_function(#name);
    VKSEG_INSTANCE_FUNCTIONS(VKSEG_LOAD)
#undef VKSEG_LOAD
    return functions;
}

Result<DeviceFunctions> load_device_functions(const InstanceFunctions& instance_functions, VkDevice device)
{
    DeviceFunctions functions;
#define VKSEG_LOAD(name)                                                                                               \
    functions.name = reinterpret_cast<PFN_vk##name>(instance_functions.GetDeviceProcAddr(device, "vk" #name));         \
    if (functions.name == nullptr)                                                                                     \
        return missing_function(#name);
    VKSEG_DEVICE_FUNCTIONS(VKSEG_LOAD)
#undef VKSEG_LOAD
    return functions;
}

} // namespace vkseg::vk
