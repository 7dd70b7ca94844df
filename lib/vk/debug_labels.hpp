#pragma once

#include "vk/functions.hpp"

#include <cstdint>
#include <string>

namespace vkseg::vk {

class Instance;

/// Names of objects and regions of commands for tools such as RenderDoc (VK_EXT_debug_utils).
class DebugLabels
{
public:
    DebugLabels() = default; ///< off
    /// For an instance with the extension.
    explicit DebugLabels(const Instance& instance);

    bool is_on() const { return set_name_ != nullptr; }

    /// Names an object; nothing if labels are off.
    template <class Handle>
    void name(VkDevice device, VkObjectType type, Handle handle, const std::string& text) const
    {
        set_name(device, type, uint64_t(handle), text);
    }

    /// Regions do not nest, and begin and end in one command buffer.
    void begin(VkCommandBuffer commands, const std::string& text) const;
    void end(VkCommandBuffer commands) const;

private:
    void set_name(VkDevice device, VkObjectType type, uint64_t handle, const std::string& text) const;

    PFN_vkSetDebugUtilsObjectNameEXT set_name_ = nullptr;
    PFN_vkCmdBeginDebugUtilsLabelEXT begin_ = nullptr;
    PFN_vkCmdEndDebugUtilsLabelEXT end_ = nullptr;
};

/// True if the value of the environment variable VKSEG_DEBUG_LABELS asks for labels: not empty and not 0.
bool asks_for_labels(const char* value);

} // namespace vkseg::vk
