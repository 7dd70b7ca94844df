#include "vk/failing_driver.hpp"

#include <atomic>
#include <cstring>
#include <limits>
#include <type_traits>

#include <dlfcn.h>

namespace vkseg::vk::failing_driver {
namespace {

constexpr size_t never = std::numeric_limits<size_t>::max();

std::atomic<size_t> calls = 0;
std::atomic<size_t> failing_call = never;
std::atomic<VkResult> failure = VK_SUCCESS;
std::atomic<const char*> hit = "";
std::atomic<const char*> always_failing = "";
std::atomic<ptrdiff_t> live = 0;

bool is_to_fail(const char* function)
{
    if (std::strcmp(always_failing, function) == 0)
        return true;
    if (calls++ != failing_call)
        return false;
    hit = function;
    return true;
}

bool starts_with(const char* text, const char* start)
{
    return std::strncmp(text, start, std::strlen(start)) == 0;
}

// Objects that are allocated from a pool go with it.
bool is_counted_creation(const char* name)
{
    return starts_with(name, "vkCreate") || std::strcmp(name, "vkAllocateMemory") == 0;
}

template <class Function>
struct Interceptor;

template <class... Arguments>
struct Interceptor<VkResult(VKAPI_PTR*)(Arguments...)>
{
    template <const char* name, auto& real>
    static VKAPI_ATTR VkResult VKAPI_CALL call(Arguments... arguments)
    {
        if (is_to_fail(name))
            return failure;
        const VkResult result = real(arguments...);
        if (result == VK_SUCCESS && is_counted_creation(name))
            live++;
        return result;
    }
};

template <class... Arguments>
struct Interceptor<void(VKAPI_PTR*)(Arguments...)>
{
    template <const char* name, auto& real>
    static VKAPI_ATTR void VKAPI_CALL call(Arguments... arguments)
    {
        if (starts_with(name, "vkDestroy") || std::strcmp(name, "vkFreeMemory") == 0)
            count_destruction(arguments...);
        real(arguments...);
    }

    // vkDestroyX(device, object, allocator), or vkDestroyDevice(device, allocator)
    template <class Handle, class Object>
    static void count_destruction(Handle, Object object, const VkAllocationCallbacks*)
    {
        live -= object != Object{} ? 1 : 0;
    }
    template <class Handle>
    static void count_destruction(Handle handle, const VkAllocationCallbacks*)
    {
        live -= handle != Handle{} ? 1 : 0;
    }
    template <class... Others>
    static void count_destruction(Others...)
    {}
};

PFN_vkGetInstanceProcAddr real_get_instance_proc_addr = nullptr;
PFN_vkGetDeviceProcAddr real_get_device_proc_addr = nullptr;

#define VKSEG_FUNCTIONS(X)                                                                                             \
    X(CreateInstance)                                                                                                  \
    X(EnumerateInstanceExtensionProperties)                                                                            \
    X(EnumerateInstanceLayerProperties)                                                                                \
    VKSEG_INTERCEPTED_INSTANCE_FUNCTIONS(X)                                                                            \
    VKSEG_DEVICE_FUNCTIONS(X)

// All but GetDeviceProcAddr, which is replaced by a function of our own.
#define VKSEG_INTERCEPTED_INSTANCE_FUNCTIONS(X)                                                                        \
    X(CreateDevice)                                                                                                    \
    X(DestroyInstance)                                                                                                 \
    X(EnumerateDeviceExtensionProperties)                                                                              \
    X(EnumeratePhysicalDevices)

#define VKSEG_DECLARE(function)                                                                                        \
    PFN_vk##function real_##function = nullptr;                                                                        \
    constexpr char name_##function[] = "vk" #function;
VKSEG_FUNCTIONS(VKSEG_DECLARE)
#undef VKSEG_DECLARE

// Remembers the real function and gives the one that stands before it.
PFN_vkVoidFunction intercept(const char* name, PFN_vkVoidFunction real)
{
    if (real == nullptr)
        return nullptr;
#define VKSEG_INTERCEPT(function)                                                                                      \
    if (std::strcmp(name, name_##function) == 0)                                                                       \
    {                                                                                                                  \
        real_##function = reinterpret_cast<PFN_vk##function>(real);                                                    \
        return reinterpret_cast<PFN_vkVoidFunction>(                                                                   \
            &Interceptor<PFN_vk##function>::call<name_##function, real_##function>);                                   \
    }
    VKSEG_FUNCTIONS(VKSEG_INTERCEPT)
#undef VKSEG_INTERCEPT
    return real;
}

VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL get_device_proc_addr(VkDevice device, const char* name)
{
    return intercept(name, real_get_device_proc_addr(device, name));
}

VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL get_instance_proc_addr(VkInstance instance, const char* name)
{
    const PFN_vkVoidFunction real = real_get_instance_proc_addr(instance, name);
    if (std::strcmp(name, "vkGetDeviceProcAddr") != 0)
        return intercept(name, real);
    real_get_device_proc_addr = reinterpret_cast<PFN_vkGetDeviceProcAddr>(real);
    return reinterpret_cast<PFN_vkVoidFunction>(get_device_proc_addr);
}

} // namespace

LoaderOptions install()
{
    calls = 0;
    failing_call = never;
    hit = "";
    always_failing = "";
    live = 0;
    void* library = dlopen("libvulkan.so.1", RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr)
        return {};
    real_get_instance_proc_addr = reinterpret_cast<PFN_vkGetInstanceProcAddr>(dlsym(library, "vkGetInstanceProcAddr"));
    return {.get_instance_proc_addr = reinterpret_cast<void*>(get_instance_proc_addr)};
}

void fail_after(size_t more_calls, VkResult result)
{
    failure = result;
    failing_call = calls + more_calls;
    hit = "";
}

void always_fail(const char* function, VkResult result)
{
    failure = result;
    always_failing = function;
}

size_t call_count()
{
    return calls;
}

const char* failed_function()
{
    return hit;
}

ptrdiff_t live_objects()
{
    return live;
}

} // namespace vkseg::vk::failing_driver
