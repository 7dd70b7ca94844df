#pragma once

#include <array>
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

    Result<Entry> find(DeviceState& state, uint32_t format, const std::optional<YcbcrConversion>& conversion);
    void destroy(DeviceState& state);

private:
    /// The format and the parameters of a conversion, or zeros.
    using Key = std::tuple<uint32_t, uint64_t, uint32_t, uint32_t, std::array<uint32_t, 4>, std::array<uint32_t, 2>>;
    std::mutex mutex_;
    std::map<Key, Entry> entries_;
};

} // namespace vkseg::vk
