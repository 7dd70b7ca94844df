#include "commands.hpp"
#include "device_text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace vkseg::cli {
namespace {

using Json = nlohmann::ordered_json;

std::string version_text(const DeviceDescription& device)
{
    return fmt::format("{}.{}.{}", device.api_version[0], device.api_version[1], device.api_version[2]);
}

std::string features_text(const DeviceDescription& device)
{
    std::string text;
    const auto add = [&](bool has, const char* what)
    {
        if (has)
            text += fmt::format("{}{}", text.empty() ? "" : ", ", what);
    };
    add(device.has_storage_f16, "f16 storage");
    add(device.has_arithmetic_f16, "f16 arithmetic");
    add(device.has_cooperative_matrix, "cooperative matrices");
    add(device.has_timestamps, "timestamps");
    add(device.subgroup_size > 0, "subgroups");
    return text.empty() ? "nothing beyond Vulkan 1.1" : text;
}

} // namespace

Json device_json(const DeviceDescription& device)
{
    Json json = {{"name", device.name},
                 {"driver", device.driver},
                 {"type", device.type},
                 {"api_version", version_text(device)},
                 {"vendor_id", device.vendor_id},
                 {"device_id", device.device_id},
                 {"device_memory_bytes", device.device_memory_bytes},
                 {"max_binding_bytes", device.max_binding_bytes},
                 {"max_workgroup_invocations", device.max_workgroup_invocations},
                 {"max_shared_memory_bytes", device.max_shared_memory_bytes},
                 {"subgroup_size", device.subgroup_size},
                 {"has_storage_f16", device.has_storage_f16},
                 {"has_arithmetic_f16", device.has_arithmetic_f16},
                 {"has_cooperative_matrix", device.has_cooperative_matrix},
                 {"has_timestamps", device.has_timestamps},
                 {"is_usable", device.unusable_because.empty()}};
    if (!device.unusable_because.empty())
        json["unusable_because"] = device.unusable_because;
    return json;
}

std::string device_text(const DeviceDescription& device)
{
    std::string text =
        fmt::format("   driver   {}\n   type     {}, Vulkan {}\n", device.driver, device.type, version_text(device));
    if (!device.unusable_because.empty())
        return text + fmt::format("   unusable because {}\n", device.unusable_because);
    text += fmt::format("   memory   {}, at most {} a binding\n   groups   {} invocations, {} shared memory",
                        bytes_text(device.device_memory_bytes), bytes_text(device.max_binding_bytes),
                        device.max_workgroup_invocations, bytes_text(device.max_shared_memory_bytes));
    if (device.subgroup_size > 0)
        text += fmt::format(", subgroups of {}", device.subgroup_size);
    return text + fmt::format("\n   uses     {}\n", features_text(device));
}

void run_devices(const DevicesOptions& options)
{
    const std::vector<DeviceDescription> devices = take(list_devices());
    Json list = Json::array();
    for (size_t i = 0; i < devices.size(); ++i)
    {
        if (options.as_json)
        {
            Json json = {{"index", i}};
            json.update(device_json(devices[i]));
            list.push_back(std::move(json));
        }
        else
            fmt::print("{}: {}\n{}", i, devices[i].name, device_text(devices[i]));
    }
    if (options.as_json)
        fmt::print("{}\n", list.dump(2, ' ', false, Json::error_handler_t::replace));
    if (std::none_of(devices.begin(), devices.end(),
                     [](const DeviceDescription& device) { return device.unusable_because.empty(); }))
        throw Failure(no_usable_device, devices.empty() ? "no Vulkan device was found" : "no Vulkan device is usable");
}

} // namespace vkseg::cli
