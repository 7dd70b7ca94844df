#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "vk/functions.hpp"
#include "vk/loader.hpp"
#include "vk/physical_device.hpp"
#include "vkseg/status.hpp"

namespace vkseg::vk {

/// Messages of the validation layer, which may come from any thread.
class ValidationLog
{
public:
    void add(std::string message);
    std::vector<std::string> messages() const;
    size_t count() const;

private:
    mutable std::mutex mutex_;
    std::vector<std::string> messages_;
    size_t count_ = 0;
};

/// The highest Vulkan version whose functions are used if a device has them; 1.1 is the minimum.
inline constexpr uint32_t wanted_api_version = VK_API_VERSION_1_2;

class Instance
{
public:
    static Result<std::unique_ptr<Instance>> create(const LoaderOptions& options, bool validate,
                                                    bool wants_labels = false);
    /// An instance of an app, which stays the app's.
    static Result<std::unique_ptr<Instance>> use(const LoaderOptions& options, VkInstance handle);
    ~Instance();
    Instance(const Instance&) = delete;
    Instance& operator=(const Instance&) = delete;

    VkInstance handle() const { return handle_; }
    const InstanceFunctions& functions() const { return functions_; }
    /// Function of an extension; null if there is none.
    PFN_vkVoidFunction find_function(const char* name) const { return loader_.GetInstanceProcAddr(handle_, name); }
    const ValidationLog& validation_log() const { return log_; }
    bool has_debug_labels() const { return has_debug_labels_; } ///< VK_EXT_debug_utils is enabled.

private:
    Instance() = default;
    Status initialize(const LoaderOptions& options, bool validate, bool wants_labels);
    Status create_messenger(const VkDebugUtilsMessengerCreateInfoEXT& information);

    Loader loader_;
    VkInstance handle_ = VK_NULL_HANDLE;
    bool is_own_ = true;
    InstanceFunctions functions_;
    VkDebugUtilsMessengerEXT messenger_ = VK_NULL_HANDLE;
    ValidationLog log_;
    bool has_debug_labels_ = false;
};

} // namespace vkseg::vk
