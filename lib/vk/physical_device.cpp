#include "vk/physical_device.hpp"

#include <algorithm>
#include <charconv>

#include "base/try.hpp"
#include "vk/instance.hpp"
#include "vk/physical_device_query.hpp"

namespace vkseg::vk {
namespace {

char to_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c;
}

bool contains_ignoring_case(std::string_view text, std::string_view part)
{
    return std::search(text.begin(), text.end(), part.begin(), part.end(),
                       [](char a, char b) { return to_lower(a) == to_lower(b); }) != text.end();
}

/// True if the digits stand alone as a number in the text: "1080" in "GTX 1080 Ti", but neither 5 nor 6 in the version
/// "15.0.6".
bool contains_number(std::string_view text, std::string_view digits)
{
    const auto belongs = [&](size_t place)
    { return place < text.size() && (text[place] == '.' || (text[place] >= '0' && text[place] <= '9')); };
    for (size_t at = text.find(digits); at != std::string_view::npos; at = text.find(digits, at + 1))
    {
        if ((at == 0 || !belongs(at - 1)) && !belongs(at + digits.size()))
            return true;
    }
    return false;
}

std::string list_to_string(std::span<const PhysicalDeviceDescription> devices)
{
    if (devices.empty())
        return "there is no Vulkan device";
    std::string text = "there are";
    for (size_t i = 0; i < devices.size(); i++)
    {
        text += (i == 0 ? " " : ", ") + std::to_string(i) + ": " + devices[i].name;
        if (!devices[i].is_usable())
            text += " (cannot be used: " + devices[i].unusable_because + ")";
    }
    return text;
}

Result<size_t> require_usable(std::span<const PhysicalDeviceDescription> devices, size_t index)
{
    if (devices[index].is_usable())
        return index;
    return Status(StatusCode::no_device,
                  "device selection: '" + devices[index].name + "' cannot be used: " + devices[index].unusable_because);
}

} // namespace

std::string_view to_string(DeviceType type)
{
    switch (type)
    {
    case DeviceType::discrete:
        return "discrete";
    case DeviceType::integrated:
        return "integrated";
    case DeviceType::virtual_gpu:
        return "virtual";
    case DeviceType::software:
        return "software";
    case DeviceType::other:
        break;
    }
    return "other";
}

std::string to_string(const PhysicalDeviceDescription& device)
{
    std::string text = device.name + " (" + std::string(to_string(device.type));
    if (!device.driver_name.empty())
        text += ", " + device.driver_name;
    text += " " + device.driver_version + ", Vulkan " + std::to_string(device.api_version[0]) + "." +
            std::to_string(device.api_version[1]) + "." + std::to_string(device.api_version[2]) + ")";
    return text;
}

Result<std::vector<PhysicalDeviceDescription>> list_devices(const LoaderOptions& loader)
{
    VKSEG_ASSIGN(const std::unique_ptr<Instance> instance, Instance::create(loader, false));
    VKSEG_ASSIGN(std::vector<PhysicalDevice> devices, query_physical_devices(*instance));
    std::vector<PhysicalDeviceDescription> descriptions;
    for (PhysicalDevice& device : devices)
        descriptions.push_back(std::move(device.description));
    return descriptions;
}

Result<size_t> select_device(std::span<const PhysicalDeviceDescription> devices, std::string_view wanted)
{
    if (wanted.empty())
    {
        for (size_t i = 0; i < devices.size(); i++)
        {
            if (devices[i].is_usable())
                return i;
        }
        return Status(StatusCode::no_device,
                      "device selection: expected a usable Vulkan device, but " + list_to_string(devices));
    }

    // Digits that are not an index may still be a number in a name, as in "GTX 1080".
    size_t index = 0;
    const auto [end, error] = std::from_chars(wanted.data(), wanted.data() + wanted.size(), index);
    const bool is_number = end == wanted.data() + wanted.size();
    if (is_number && error == std::errc() && index < devices.size())
        return require_usable(devices, index);

    const size_t none = devices.size();
    size_t match = none;
    for (size_t i = devices.size(); i-- > 0;)
    {
        if (is_number ? contains_number(devices[i].name, wanted) : contains_ignoring_case(devices[i].name, wanted))
            match = i; // first in the list, so a usable device if there is any
    }
    if (match != none)
        return require_usable(devices, match);
    return Status(StatusCode::no_device,
                  "device selection: expected the index or a part of the name of a device, got '" +
                      std::string(wanted) + "'; " + list_to_string(devices));
}

} // namespace vkseg::vk
