#include "vk/instance.hpp"

#include <algorithm>
#include <cstring>

#include "base/log.hpp"
#include "base/try.hpp"
#include "vk/outcome.hpp"

// Introduced in 2020, so older headers lack it.
#ifndef VK_KHR_PORTABILITY_ENUMERATION_EXTENSION_NAME
#define VK_KHR_PORTABILITY_ENUMERATION_EXTENSION_NAME "VK_KHR_portability_enumeration"
#define VK_INSTANCE_CREATE_ENUMERATE_PORTABILITY_BIT_KHR VkInstanceCreateFlagBits(1)
#endif

namespace vkseg::vk {
namespace {

constexpr size_t max_kept_messages = 100;
constexpr const char* validation_layer = "VK_LAYER_KHRONOS_validation";

VKAPI_ATTR VkBool32 VKAPI_CALL add_message(VkDebugUtilsMessageSeverityFlagBitsEXT severity,
                                           VkDebugUtilsMessageTypeFlagsEXT,
                                           const VkDebugUtilsMessengerCallbackDataEXT* data, void* log)
{
    const char* const message = data->pMessage != nullptr ? data->pMessage : "";
    static_cast<ValidationLog*>(log)->add(message);
    const bool is_error = (severity & VK_DEBUG_UTILS_MESSAGE_SEVERITY_ERROR_BIT_EXT) != 0;
    const LogLevel level = is_error ? LogLevel::error : LogLevel::warning;
    if (is_logged(level))
        write_log(level, std::string("validation layer: ") + message);
    return VK_FALSE;
}

Result<bool> has_extension(const Loader& loader, const char* layer, const char* extension)
{
    std::vector<VkExtensionProperties> extensions;
    VkResult result = VK_INCOMPLETE;
    while (result == VK_INCOMPLETE)
    {
        uint32_t count = 0;
        VKSEG_TRY(to_status(loader.EnumerateInstanceExtensionProperties(layer, &count, nullptr),
                            "vkEnumerateInstanceExtensionProperties"));
        extensions.resize(count);
        result = loader.EnumerateInstanceExtensionProperties(layer, &count, extensions.data());
        extensions.resize(count);
    }
    VKSEG_TRY(to_status(result, "vkEnumerateInstanceExtensionProperties"));
    return std::any_of(extensions.begin(), extensions.end(),
                       [&](const VkExtensionProperties& properties)
                       { return std::strcmp(properties.extensionName, extension) == 0; });
}

Result<bool> has_layer(const Loader& loader, const char* layer)
{
    std::vector<VkLayerProperties> layers;
    VkResult result = VK_INCOMPLETE;
    while (result == VK_INCOMPLETE)
    {
        uint32_t count = 0;
        VKSEG_TRY(
            to_status(loader.EnumerateInstanceLayerProperties(&count, nullptr), "vkEnumerateInstanceLayerProperties"));
        layers.resize(count);
        result = loader.EnumerateInstanceLayerProperties(&count, layers.data());
        layers.resize(count);
    }
    VKSEG_TRY(to_status(result, "vkEnumerateInstanceLayerProperties"));
    return std::any_of(layers.begin(), layers.end(),
                       [&](const VkLayerProperties& properties)
                       { return std::strcmp(properties.layerName, layer) == 0; });
}

Status require_validation(const Loader& loader)
{
    VKSEG_ASSIGN(const bool is_installed, has_layer(loader, validation_layer));
    if (!is_installed)
        return Status(StatusCode::no_device, std::string("Vulkan: validation was requested, but the layer ") +
                                                 validation_layer +
                                                 " is not installed (Debian: apt install vulkan-validationlayers)");
    for (const char* extension : {VK_EXT_DEBUG_UTILS_EXTENSION_NAME, VK_EXT_VALIDATION_FEATURES_EXTENSION_NAME})
    {
        VKSEG_ASSIGN(const bool in_layer, has_extension(loader, validation_layer, extension));
        VKSEG_ASSIGN(const bool in_loader, has_extension(loader, nullptr, extension));
        if (!in_layer && !in_loader)
            return Status(StatusCode::no_device,
                          std::string("Vulkan: validation was requested, but the installed layer lacks ") + extension);
    }
    return {};
}

} // namespace

void ValidationLog::add(std::string message)
{
    const std::lock_guard lock(mutex_);
    count_++;
    if (messages_.size() < max_kept_messages)
        messages_.push_back(std::move(message));
}

std::vector<std::string> ValidationLog::messages() const
{
    const std::lock_guard lock(mutex_);
    return messages_;
}

size_t ValidationLog::count() const
{
    const std::lock_guard lock(mutex_);
    return count_;
}

Result<std::unique_ptr<Instance>> Instance::create(const LoaderOptions& options, bool validate, bool wants_labels)
{
    std::unique_ptr<Instance> instance(new Instance());
    VKSEG_TRY(instance->initialize(options, validate, wants_labels));
    return instance;
}

Result<std::unique_ptr<Instance>> Instance::use(const LoaderOptions& options, VkInstance handle)
{
    std::unique_ptr<Instance> instance(new Instance());
    instance->is_own_ = false;
    VKSEG_ASSIGN(instance->loader_, open_loader(options));
    instance->handle_ = handle;
    VKSEG_ASSIGN(instance->functions_, load_instance_functions(instance->loader_, handle));
    return instance;
}

Status Instance::initialize(const LoaderOptions& options, bool validate, bool wants_labels)
{
    VKSEG_ASSIGN(loader_, open_loader(options));

    uint32_t loader_version = VK_API_VERSION_1_0;
    if (loader_.EnumerateInstanceVersion != nullptr)
        VKSEG_TRY(to_status(loader_.EnumerateInstanceVersion(&loader_version), "vkEnumerateInstanceVersion"));
    if (loader_version < VK_API_VERSION_1_1)
        return Status(StatusCode::no_device, "Vulkan: expected a loader of Vulkan 1.1 or later, got 1.0");

    auto application = make_structure<VkApplicationInfo>(VK_STRUCTURE_TYPE_APPLICATION_INFO);
    application.pEngineName = "vkseg";
    application.apiVersion = wanted_api_version;

    auto information = make_structure<VkInstanceCreateInfo>(VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO);
    information.pApplicationInfo = &application;
    std::vector<const char*> extensions;

    auto messenger =
        make_structure<VkDebugUtilsMessengerCreateInfoEXT>(VK_STRUCTURE_TYPE_DEBUG_UTILS_MESSENGER_CREATE_INFO_EXT);
    messenger.messageSeverity =
        VK_DEBUG_UTILS_MESSAGE_SEVERITY_WARNING_BIT_EXT | VK_DEBUG_UTILS_MESSAGE_SEVERITY_ERROR_BIT_EXT;
    messenger.messageType = VK_DEBUG_UTILS_MESSAGE_TYPE_VALIDATION_BIT_EXT;
    messenger.pfnUserCallback = add_message;
    messenger.pUserData = &log_;

    const VkValidationFeatureEnableEXT enabled = VK_VALIDATION_FEATURE_ENABLE_SYNCHRONIZATION_VALIDATION_EXT;
    auto features = make_structure<VkValidationFeaturesEXT>(VK_STRUCTURE_TYPE_VALIDATION_FEATURES_EXT);
    features.enabledValidationFeatureCount = 1;
    features.pEnabledValidationFeatures = &enabled;
    if (validate)
    {
        VKSEG_TRY(require_validation(loader_));
        information.enabledLayerCount = 1;
        information.ppEnabledLayerNames = &validation_layer;
        extensions.push_back(VK_EXT_DEBUG_UTILS_EXTENSION_NAME);
        extensions.push_back(VK_EXT_VALIDATION_FEATURES_EXTENSION_NAME);
        features.pNext = &messenger; // also receives messages about the instance itself
        information.pNext = &features;
    }

    has_debug_labels_ = validate;
    if (wants_labels && !validate)
    {
        VKSEG_ASSIGN(has_debug_labels_, has_extension(loader_, nullptr, VK_EXT_DEBUG_UTILS_EXTENSION_NAME));
        if (has_debug_labels_)
            extensions.push_back(VK_EXT_DEBUG_UTILS_EXTENSION_NAME);
        else if (is_logged(LogLevel::warning))
            write_log(LogLevel::warning, "Vulkan: no debug labels, as the loader lacks VK_EXT_debug_utils");
    }

    // Loaders hide devices that are not fully conformant (MoltenVK) from programs that do not ask for them.
    VKSEG_ASSIGN(const bool has_portability,
                 has_extension(loader_, nullptr, VK_KHR_PORTABILITY_ENUMERATION_EXTENSION_NAME));
    if (has_portability)
    {
        extensions.push_back(VK_KHR_PORTABILITY_ENUMERATION_EXTENSION_NAME);
        information.flags |= VK_INSTANCE_CREATE_ENUMERATE_PORTABILITY_BIT_KHR;
    }
    information.enabledExtensionCount = uint32_t(extensions.size());
    information.ppEnabledExtensionNames = extensions.data();

    const VkResult result = loader_.CreateInstance(&information, nullptr, &handle_);
    if (result != VK_SUCCESS)
        handle_ = VK_NULL_HANDLE;
    if (result == VK_ERROR_INCOMPATIBLE_DRIVER)
        return Status(StatusCode::no_device, "Vulkan: the loader found no usable Vulkan driver on this system; install "
                                             "one (Debian: apt install mesa-vulkan-drivers)");
    VKSEG_TRY(to_status(result, "vkCreateInstance"));
    // Loaded separately first: without it the destructor could not destroy the instance if another function is missing.
    functions_.DestroyInstance =
        reinterpret_cast<PFN_vkDestroyInstance>(loader_.GetInstanceProcAddr(handle_, "vkDestroyInstance"));
    VKSEG_ASSIGN(functions_, load_instance_functions(loader_, handle_));
    return validate ? create_messenger(messenger) : Status();
}

Status Instance::create_messenger(const VkDebugUtilsMessengerCreateInfoEXT& information)
{
    const auto create = reinterpret_cast<PFN_vkCreateDebugUtilsMessengerEXT>(
        loader_.GetInstanceProcAddr(handle_, "vkCreateDebugUtilsMessengerEXT"));
    if (create == nullptr)
        return Status(StatusCode::no_device, "Vulkan: the loader lacks the function vkCreateDebugUtilsMessengerEXT");
    const VkResult result = create(handle_, &information, nullptr, &messenger_);
    if (result != VK_SUCCESS)
        messenger_ = VK_NULL_HANDLE;
    return to_status(result, "vkCreateDebugUtilsMessengerEXT");
}

Instance::~Instance()
{
    if (handle_ == VK_NULL_HANDLE || !is_own_)
        return;
    if (messenger_ != VK_NULL_HANDLE)
    {
        const auto destroy = reinterpret_cast<PFN_vkDestroyDebugUtilsMessengerEXT>(
            loader_.GetInstanceProcAddr(handle_, "vkDestroyDebugUtilsMessengerEXT"));
        if (destroy != nullptr)
            destroy(handle_, messenger_, nullptr);
    }
    if (functions_.DestroyInstance != nullptr)
        functions_.DestroyInstance(handle_, nullptr);
}

} // namespace vkseg::vk
