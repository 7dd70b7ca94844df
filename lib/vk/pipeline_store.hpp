#pragma once

#include <condition_variable>
#include <cstddef>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "vk/functions.hpp"
#include "vk/pipeline.hpp"
#include "vk/pipeline_cache_file.hpp"
#include "vkseg/status.hpp"

namespace vkseg::vk {

struct DeviceState;

class Pipeline
{
public:
    std::string_view shader;
    VkPipeline handle = VK_NULL_HANDLE;
    VkPipelineLayout layout = VK_NULL_HANDLE;
    VkDescriptorSetLayout set_layout = VK_NULL_HANDLE;
    uint32_t binding_count = 0;
    uint32_t texel_buffer_mask = 0;
    uint32_t texture_mask = 0;
};

/// All pipelines of a device, and the driver's cache of them on disk. Safe for use by several threads.
class PipelineStore
{
public:
    /// Fails only if the driver cannot make an empty cache; an unreadable file counts as an empty cache.
    Status initialize(DeviceState& state, bool use_cache_file, const std::filesystem::path& directory);
    /// Empty if nothing is kept on disk.
    const std::filesystem::path& cache_path() const { return cache_path_; }
    Result<std::vector<const Pipeline*>> create(DeviceState& state, std::span<const PipelineKey> keys);
    Result<PipelineDescription> describe(DeviceState& state, const PipelineKey& key);
    void destroy(DeviceState& state);

private:
    using BindingKinds = std::tuple<uint32_t, uint32_t, uint32_t, VkSampler>; // of a PipelineKey
    using Identity = std::tuple<const uint32_t*, size_t, Specialization, BindingKinds, bool>;
    struct Layout
    {
        VkDescriptorSetLayout set = VK_NULL_HANDLE;
        VkPipelineLayout pipeline = VK_NULL_HANDLE;
    };
    struct Entry
    {
        Pipeline pipeline;
        Status status;
        bool is_done = false; ///< Until then one thread compiles the pipeline, and others wait.
    };

    Status compile(DeviceState& state, const PipelineKey& key, VkPipelineCache cache, VkPipelineCreateFlags flags,
                   Pipeline& pipeline);
    static BindingKinds kinds_of(const PipelineKey& key);
    Result<Layout> find_layout(DeviceState& state, const PipelineKey& key);
    void save(DeviceState& state);

    std::mutex mutex_;
    std::condition_variable entry_done_;
    std::map<Identity, std::shared_ptr<Entry>>
        entries_; // shared: a waiting thread may outlive a failed entry in the map
    std::map<BindingKinds, Layout> layouts_;
    VkPipelineCache cache_ = VK_NULL_HANDLE;

    std::mutex save_mutex_;
    PipelineCacheOwner owner_;
    std::filesystem::path cache_path_; // empty: not kept on disk
    size_t saved_bytes_ = 0;
};

} // namespace vkseg::vk
