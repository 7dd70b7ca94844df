#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <string_view>

#include "vk/debug_labels.hpp"
#include "vk/device.hpp"
#include "vk/device_clock.hpp"
#include "vk/functions.hpp"
#include "vk/instance.hpp"
#include "vk/physical_device_query.hpp"
#include "vk/pipeline_store.hpp"
#include "vk/sampler_store.hpp"

namespace vkseg::vk {

/// Lets one caller at a time use the queue, as Vulkan demands: a mutex, or the lock of an app that uses the queue, too.
class QueueLock
{
public:
    void use(void (*lock_function)(void*), void (*unlock_function)(void*), void* user)
    {
        lock_ = lock_function;
        unlock_ = unlock_function;
        user_ = user;
    }
    void lock()
    {
        if (lock_ != nullptr)
            lock_(user_);
        else
            mutex_.lock();
    }
    void unlock()
    {
        if (unlock_ != nullptr)
            unlock_(user_);
        else
            mutex_.unlock();
    }

private:
    std::mutex mutex_;
    void (*lock_)(void*) = nullptr;
    void (*unlock_)(void*) = nullptr;
    void* user_ = nullptr;
};

/// Internal state of a Device, shared by the files of this folder.
struct DeviceState
{
    ~DeviceState();

    /// ok for VK_SUCCESS, otherwise the matching status; records a lost device.
    Status check(VkResult result, std::string_view function);

    /// Records that the device was lost, as `function` reported.
    void lose(std::string_view function);

    /// Makes what the device wrote to mapped memory that is not coherent visible to the host.
    Status invalidate(VkDeviceMemory memory);

    /// Fails if the device was lost.
    Status check_alive() const;

    std::unique_ptr<Instance> instance;
    PhysicalDevice physical;
    std::vector<std::string> extensions; ///< the enabled ones
    Limits limits;
    bool poison_memory = false;
    uint32_t max_storage_buffers = 4;     ///< Per shader.
    bool has_pipeline_statistics = false; ///< VK_KHR_pipeline_executable_properties is enabled.
    bool requires_subgroup_size = false;  ///< Pipelines with subgroup operations ask for limits.subgroup_size.

    VkDevice handle = VK_NULL_HANDLE;
    bool has_ycbcr_conversion = false; ///< The feature samplerYcbcrConversion is enabled.
    bool is_own = true;                ///< Otherwise an app's, which destroys it.
    DeviceFunctions functions;
    DebugLabels labels;
    VkQueue queue = VK_NULL_HANDLE;
    QueueLock queue_lock;

    std::atomic<bool> is_lost = false;
    std::array<std::atomic<size_t>, memory_purpose_count> live_bytes = {};
    std::atomic<size_t> bytes_to_device = 0;
    std::atomic<size_t> bytes_to_host = 0;
    PipelineStore pipelines;
    SamplerStore samplers;
    DeviceClock clock;
};

} // namespace vkseg::vk
