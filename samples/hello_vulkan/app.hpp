#pragma once

#include <vkseg/vulkan.hpp>

#include <vulkan/vulkan.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

/// The Vulkan side of an app in a few functions: a device with one queue, images, buffers, command buffers. Failures of
/// Vulkan end the program with a message.
namespace hello_vulkan {

struct Image
{
    VkImage handle = VK_NULL_HANDLE;
    VkDeviceMemory memory = VK_NULL_HANDLE;
    VkImageView view = VK_NULL_HANDLE;
    VkFormat format = VK_FORMAT_UNDEFINED;
    uint32_t width = 0;
    uint32_t height = 0;
};

/// Memory that the host can see.
struct Buffer
{
    VkBuffer handle = VK_NULL_HANDLE;
    VkDeviceMemory memory = VK_NULL_HANDLE;
    std::byte* bytes = nullptr;
    size_t size = 0;
};

struct AppOptions
{
    std::string device = {}; ///< Part of the device's name; empty: the first device.
    bool validates = false;  ///< Runs under the validation layer, with synchronisation validation.
    uint32_t api_version = VK_API_VERSION_1_1;
    std::vector<const char*> extensions = {}; ///< Extensions of the device.
    const void* features = nullptr;           ///< VkDeviceCreateInfo::pNext
};

class App
{
public:
    explicit App(const AppOptions& options = {});
    ~App();
    App(const App&) = delete;
    App& operator=(const App&) = delete;

    /// The device for vkseg. vkseg's use of the queue is guarded by the app's mutex.
    vkseg::VulkanDevice description();

    Image create_image(VkFormat format, uint32_t width, uint32_t height, VkImageUsageFlags usage);
    /// With `memory_type` the memory can be exported as an opaque file descriptor, and its type is told.
    Buffer create_buffer(size_t bytes, VkBufferUsageFlags usage, uint32_t* memory_type = nullptr);
    VkSemaphore create_semaphore(VkSemaphoreType type = VK_SEMAPHORE_TYPE_BINARY);
    /// For timeline semaphores.
    uint64_t timeline_value(VkSemaphore semaphore);
    /// Waits for a value, ten seconds at most.
    bool reaches(VkSemaphore semaphore, uint64_t value);
    void signal(VkSemaphore semaphore, uint64_t value);
    void destroy(const Image& image);
    void destroy(const Buffer& buffer);
    void destroy(VkSemaphore semaphore);

    /// Begins a command buffer, which is freed by submit().
    VkCommandBuffer begin();
    /// Ends and submits a command buffer, and waits for it.
    void submit(VkCommandBuffer commands, std::vector<VkSemaphore> waits = {}, std::vector<VkSemaphore> signals = {});
    static void change_layout(VkCommandBuffer commands, const Image& image, VkImageLayout from, VkImageLayout to);

    /// Fills an image of `texel_bytes` bytes per texel, and leaves it in the layout.
    void upload(const Image& image, const std::vector<uint8_t>& texels, size_t texel_bytes, VkImageLayout layout);
    /// Fills an image of the format G8_B8R8_2PLANE_420: one chroma for the whole picture. It is then readable by
    /// shaders.
    void upload_nv12(const Image& image, const std::vector<uint8_t>& luma, const std::array<uint8_t, 2>& chroma);
    /// Reads an image that is in the layout, and leaves it there.
    std::vector<uint8_t> download(const Image& image, size_t texel_bytes, VkImageLayout layout);

    VkInstance instance = VK_NULL_HANDLE;
    VkPhysicalDevice physical = VK_NULL_HANDLE;
    VkDevice device = VK_NULL_HANDLE;
    VkQueue queue = VK_NULL_HANDLE;
    uint32_t queue_family = 0;
    std::string device_name;
    std::mutex queue_mutex;
    std::vector<std::string> messages; ///< Messages of the validation layer.

private:
    void create_instance(const AppOptions& options);
    void choose_device(const std::string& name);
    void create_device(const AppOptions& options);
    VkDeviceMemory allocate(const VkMemoryRequirements& requirements, VkMemoryPropertyFlags flags,
                            const void* next = nullptr, uint32_t* memory_type = nullptr);

    std::vector<const char*> extensions_;
    const void* features_ = nullptr;
    uint32_t api_version_ = 0;
    VkDebugUtilsMessengerEXT messenger_ = VK_NULL_HANDLE;
    VkCommandPool pool_ = VK_NULL_HANDLE;
};

/// True if the device of this name offers the extension, or the feature samplerYcbcrConversion.
bool offers_extension(const std::string& device, const char* extension);
bool offers_ycbcr(const std::string& device);

/// Ends the program, naming the function, unless the result is VK_SUCCESS.
void check(VkResult result, const char* function);

} // namespace hello_vulkan
