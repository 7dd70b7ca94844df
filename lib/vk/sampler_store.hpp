#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <tuple>

#include "vk/functions.hpp"
#include "vk/sampled_image.hpp"

namespace vkseg::vk {

struct DeviceState;

/// The samplers of a device, made as they are needed. Thread-safe.
class SamplerStore
{
public:
    struct Entry
    {
        VkSamplerYcbcrConversion conversion = VK_NULL_HANDLE;
        VkSampler sampler = VK_NULL_HANDLE; ///< takes the nearest texel
    };

    Result<Entry> find(DeviceState& state, uint32_t format, const std::optional<Conversion>& conversion);
    void destroy(DeviceState& state);

private:
    using Key = std::tuple<uint32_t, std::optional<Conversion>>;
    std::mutex mutex_;
    std::map<Key, Entry> entries_;
};

} // namespace vkseg::vk
