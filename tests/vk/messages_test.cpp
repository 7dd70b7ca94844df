#include <algorithm>
#include <filesystem>
#include <fstream>
#include <mutex>

#include <dlfcn.h>

#include "vk/failing_driver.hpp"
#include "vk/fixture.hpp"
#include "vkseg/log.hpp"

// What a device logs: events that the app would not learn of otherwise.
namespace vkseg::vk::messages_test {
namespace {

namespace fs = std::filesystem;

class Log
{
public:
    Log()
    {
        set_log(
            [](LogLevel level, const char* message, void* user) {
                static_cast<Log*>(user)->lines_.push_back({level, message});
            },
            this, LogLevel::debug);
    }
    ~Log() { set_log(nullptr); }

    size_t count(LogLevel level, const std::string& part) const
    {
        return size_t(
            std::ranges::count_if(lines_, [&](const Line& line)
                                  { return line.level == level && line.text.find(part) != std::string::npos; }));
    }
    size_t count(LogLevel level) const { return count(level, ""); }

private:
    struct Line
    {
        LogLevel level;
        std::string text;
    };
    std::vector<Line> lines_;
};

class Folder
{
public:
    Folder() : path_(fs::temp_directory_path() / ("vkseg-messages-test-" + std::to_string(uintptr_t(this))))
    {
        fs::remove_all(path_);
        fs::create_directories(path_);
    }
    ~Folder() { fs::remove_all(path_); }

    const fs::path& path() const { return path_; }

private:
    fs::path path_;
};

void open_and_compile(const fs::path& cache, float scale)
{
    const auto device = take(Device::create({.cache_directory = cache.string()}));
    make_pipeline(*device, scale_key(scale));
}

/// Stands between the library and the driver: gives each memory type twice, and lets the first kind fail.
struct TwoKinds
{
    PFN_vkGetInstanceProcAddr get_instance_proc_addr = nullptr;
    PFN_vkGetDeviceProcAddr get_device_proc_addr = nullptr;
    PFN_vkGetPhysicalDeviceMemoryProperties memory_properties = nullptr;
    PFN_vkGetBufferMemoryRequirements requirements = nullptr;
    PFN_vkAllocateMemory allocate = nullptr;
    uint32_t types = 0;
};
TwoKinds two_kinds;

VKAPI_ATTR void VKAPI_CALL memory_properties(VkPhysicalDevice device, VkPhysicalDeviceMemoryProperties* properties)
{
    two_kinds.memory_properties(device, properties);
    two_kinds.types = properties->memoryTypeCount;
    for (uint32_t i = 0; i < two_kinds.types; ++i)
        properties->memoryTypes[two_kinds.types + i] = properties->memoryTypes[i];
    properties->memoryTypeCount *= 2;
}

VKAPI_ATTR void VKAPI_CALL requirements(VkDevice device, VkBuffer buffer, VkMemoryRequirements* requirements)
{
    two_kinds.requirements(device, buffer, requirements);
    requirements->memoryTypeBits |= requirements->memoryTypeBits << two_kinds.types;
}

VKAPI_ATTR VkResult VKAPI_CALL allocate(VkDevice device, const VkMemoryAllocateInfo* information,
                                        const VkAllocationCallbacks* callbacks, VkDeviceMemory* memory)
{
    VkMemoryAllocateInfo second = *information;
    if (second.memoryTypeIndex < two_kinds.types)
        return VK_ERROR_OUT_OF_DEVICE_MEMORY;
    second.memoryTypeIndex -= two_kinds.types;
    return two_kinds.allocate(device, &second, callbacks, memory);
}

template <class Function>
void replace(const char* name, const char* wanted, PFN_vkVoidFunction& given, Function& kept, Function own)
{
    if (given == nullptr || std::strcmp(name, wanted) != 0)
        return;
    kept = reinterpret_cast<Function>(given);
    given = reinterpret_cast<PFN_vkVoidFunction>(own);
}

VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL get_device_proc_addr(VkDevice device, const char* name)
{
    PFN_vkVoidFunction given = two_kinds.get_device_proc_addr(device, name);
    replace(name, "vkGetBufferMemoryRequirements", given, two_kinds.requirements, &requirements);
    replace(name, "vkAllocateMemory", given, two_kinds.allocate, &allocate);
    return given;
}

VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL get_instance_proc_addr(VkInstance instance, const char* name)
{
    PFN_vkVoidFunction given = two_kinds.get_instance_proc_addr(instance, name);
    replace(name, "vkGetPhysicalDeviceMemoryProperties", given, two_kinds.memory_properties, &memory_properties);
    replace(name, "vkGetDeviceProcAddr", given, two_kinds.get_device_proc_addr, &get_device_proc_addr);
    return given;
}

} // namespace

TEST_CASE("messages: the device that is used, and the reason why each other one is not")
{
    const size_t devices = take(list_devices()).size();
    const Log log;
    take(Device::create({.select = "0", .use_minimum_limits = true, .use_pipeline_cache = false}));
    CHECK(log.count(LogLevel::info, "device 0: using ") == 1);
    CHECK(log.count(LogLevel::info, ": not using ") == devices - 1);
    CHECK(log.count(LogLevel::info, "'0' was asked for") <= devices - 1);
    CHECK(log.count(LogLevel::info, "limited to what Vulkan guarantees") == 1);
    CHECK(log.count(LogLevel::debug, "quirks: ") == 1);
    CHECK(log.count(LogLevel::warning) == 0);
    CHECK(log.count(LogLevel::error) == 0);
}

TEST_CASE("messages: a cache of pipelines that is written, read, refused and not writable")
{
    const Folder folder;
    const fs::path cache = folder.path() / "cache";
    {
        const Log log;
        open_and_compile(cache, 1);
        CHECK(log.count(LogLevel::debug, "not read: ") == 1);
        CHECK(log.count(LogLevel::debug, "pipeline cache: wrote ") == 1);
    }
    {
        const Log log;
        open_and_compile(cache, 1);
        CHECK(log.count(LogLevel::debug, ": read, ") == 1);
        CHECK(log.count(LogLevel::warning) == 0);
    }
    for (const fs::directory_entry& entry : fs::directory_iterator(cache))
        std::ofstream(entry.path()) << "damaged";
    {
        const Log log;
        open_and_compile(cache, 1);
        CHECK(log.count(LogLevel::warning, "damaged or belongs to another driver") == 1);
    }
    const fs::path file = folder.path() / "file";
    std::ofstream(file) << "not a folder";
    const Log log;
    open_and_compile(file / "cache", 1);
    CHECK(log.count(LogLevel::warning, "could not be written") == 1);
}

TEST_CASE("messages: faults that the validation layer found are errors")
{
    const Log log;
    const auto device = take(Device::create({.validate = true, .use_pipeline_cache = false}));
    const Buffer buffer = make_buffer(device, 256);
    CommandList list(device);
    list.fill({&buffer}, 1);
    list.fill({&buffer}, 2);
    require_ok(list.finish());
    require_ok(device->run(list));
    CHECK(log.count(LogLevel::error, "validation layer: ") > 0);
}

TEST_CASE("messages: a lost device is told once")
{
    const Log log;
    const auto device = take(Device::create({.loader = failing_driver::install(), .use_pipeline_cache = false}));
    const Buffer buffer = make_buffer(device, 256);
    CommandList list(device);
    list.fill({&buffer}, 1);
    require_ok(list.finish());
    failing_driver::always_fail("vkQueueSubmit", VK_ERROR_DEVICE_LOST);
    for (int i = 0; i < 2; ++i)
        CHECK(device->run(list).code() == StatusCode::device_lost);
    failing_driver::always_fail("", VK_SUCCESS);
    CHECK(log.count(LogLevel::error, "lost, as vkQueueSubmit reported") == 1);
    CHECK(log.count(LogLevel::error) == 1);
}

TEST_CASE("messages: a buffer that is not in the best memory")
{
    two_kinds = {};
    void* const library = dlopen("libvulkan.so.1", RTLD_NOW | RTLD_LOCAL);
    REQUIRE(library != nullptr);
    two_kinds.get_instance_proc_addr =
        reinterpret_cast<PFN_vkGetInstanceProcAddr>(dlsym(library, "vkGetInstanceProcAddr"));
    const LoaderOptions loader = {.get_instance_proc_addr = reinterpret_cast<void*>(&get_instance_proc_addr)};
    const auto device = take(Device::create({.loader = loader, .use_pipeline_cache = false}));
    const Log log;
    make_buffer(device, 4096);
    CHECK(log.count(LogLevel::warning, "a buffer of 4.0 KiB for activations did not fit the best memory") == 1);
}

} // namespace vkseg::vk::messages_test
