#include "vk/debug_labels.hpp"

#include "vk/instance.hpp"

#include <string_view>

namespace vkseg::vk {

DebugLabels::DebugLabels(const Instance& instance)
{
    const auto set_name =
        reinterpret_cast<PFN_vkSetDebugUtilsObjectNameEXT>(instance.find_function("vkSetDebugUtilsObjectNameEXT"));
    const auto begin =
        reinterpret_cast<PFN_vkCmdBeginDebugUtilsLabelEXT>(instance.find_function("vkCmdBeginDebugUtilsLabelEXT"));
    const auto end =
        reinterpret_cast<PFN_vkCmdEndDebugUtilsLabelEXT>(instance.find_function("vkCmdEndDebugUtilsLabelEXT"));
    if (set_name == nullptr || begin == nullptr || end == nullptr)
        return;
    set_name_ = set_name;
    begin_ = begin;
    end_ = end;
}

void DebugLabels::set_name(VkDevice device, VkObjectType type, uint64_t handle, const std::string& text) const
{
    if (!is_on())
        return;
    auto information =
        make_structure<VkDebugUtilsObjectNameInfoEXT>(VK_STRUCTURE_TYPE_DEBUG_UTILS_OBJECT_NAME_INFO_EXT);
    information.objectType = type;
    information.objectHandle = handle;
    information.pObjectName = text.c_str();
    (void)set_name_(device, &information); // a name that is missing does no harm
}

void DebugLabels::begin(VkCommandBuffer commands, const std::string& text) const
{
    if (!is_on())
        return;
    auto label = make_structure<VkDebugUtilsLabelEXT>(VK_STRUCTURE_TYPE_DEBUG_UTILS_LABEL_EXT);
    label.pLabelName = text.c_str();
    begin_(commands, &label);
}

void DebugLabels::end(VkCommandBuffer commands) const
{
    if (is_on())
        end_(commands);
}

bool asks_for_labels(const char* value)
{
    return value != nullptr && *value != '\0' && std::string_view(value) != "0";
}

} // namespace vkseg::vk
