#include "support/devices.hpp"

#include <cstdio>
#include <cstdlib>
#include <map>

namespace vkseg::test {
namespace {

std::map<std::string, int>& checks()
{
    static std::map<std::string, int> counts;
    return counts;
}

void add(std::vector<TestDevice>& found, const std::string& name, const DeviceOptions& options)
{
    const char* wanted = std::getenv("VKSEG_TEST_DEVICES");
    if (wanted != nullptr && name.find(wanted) == std::string::npos)
        return;
    Result<Device> device = Device::create(options);
    if (device.is_ok())
        found.push_back({name, *device});
    else
        std::fprintf(stderr, "device '%s' is left out: %s\n", name.c_str(), device.status().message().c_str());
}

std::vector<TestDevice> find_devices(size_t max_binding_bytes)
{
    std::vector<TestDevice> found;
    const Result<std::vector<DeviceDescription>> descriptions = list_devices();
    if (!descriptions.is_ok())
        return found;
    const char* validate = std::getenv("VKSEG_TEST_VALIDATE");
    for (size_t i = 0; i < descriptions->size(); ++i)
    {
        const DeviceDescription& description = (*descriptions)[i];
        if (!description.unusable_because.empty())
            continue;
        DeviceOptions options = {.select = std::to_string(i)};
        options.validate = validate != nullptr && std::string(validate) == "1";
        options.poison_memory = true;
        options.use_pipeline_cache = false;
        options.max_binding_bytes = max_binding_bytes;
        add(found, description.name, options);
        if (i == 0)
        {
            options.use_minimum_limits = true;
            add(found, description.name + ", minimum limits", options);
        }
    }
    return found;
}

/// Devices with lower limits, by the size of their bindings.
std::map<size_t, std::vector<TestDevice>>& limited_devices()
{
    (void)devices(); // loads the drivers, which must outlive what is in the map
    static std::map<size_t, std::vector<TestDevice>> found;
    return found;
}

} // namespace

const std::vector<TestDevice>& devices()
{
    static const std::vector<TestDevice> found = find_devices(0);
    return found;
}

const std::vector<TestDevice>& devices_that_bind(size_t max_binding_bytes)
{
    const auto [known, is_new] = limited_devices().try_emplace(max_binding_bytes);
    if (is_new)
        known->second = find_devices(max_binding_bytes);
    return known->second;
}

bool runs_all()
{
    const char* all = std::getenv("VKSEG_TEST_ALL");
    return all != nullptr && std::string(all) == "1";
}

std::vector<std::string> validation_messages()
{
    std::vector<std::string> messages;
    const auto add = [&](const std::vector<TestDevice>& found)
    {
        for (const TestDevice& device : found)
        {
            for (const std::string& message : device.device.validation_messages())
                messages.push_back(device.name + ": " + message);
        }
    };
    add(devices());
    for (const auto& [max_binding_bytes, found] : limited_devices())
        add(found);
    return messages;
}

void count_check(const std::string& device)
{
    ++checks()[device];
}

void print_summary()
{
    for (const auto& [device, count] : checks())
        std::printf("%6d device checks on %s\n", count, device.c_str());
}

} // namespace vkseg::test
