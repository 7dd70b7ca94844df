#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <tuple>

#include "vk/device.hpp"
#include "vk/functions.hpp"

namespace vkseg::vk {

/// Parameters of VkSamplerYcbcrConversionCreateInfo besides the format.
struct Conversion
{
    uint32_t model = 0;
    uint32_t range = 0;
    std::array<uint32_t, 4> components = {};
    std::array<uint32_t, 2> chroma_offsets = {};
    uint64_t external_format = 0; ///< of Android
    friend auto operator<=>(const Conversion&, const Conversion&) = default;
};

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

struct SampledImageDescription
{
    VkImage image = VK_NULL_HANDLE;
    uint32_t format = 0;
    uint32_t array_layer = 0;
    VkImageLayout layout = VK_IMAGE_LAYOUT_SHADER_READ_ONLY_OPTIMAL; ///< when it is sampled
    std::optional<Conversion> conversion = {};
    bool is_grey = false; ///< Its first channel is taken for all three.
};

/// An image of an app as shaders sample it: a view, which this object owns, and a sampler, which is the device's.
class SampledImage
{
public:
    static Result<std::unique_ptr<SampledImage>> create(const std::shared_ptr<Device>& device,
                                                        const SampledImageDescription& description);
    ~SampledImage();
    SampledImage(const SampledImage&) = delete;
    SampledImage& operator=(const SampledImage&) = delete;

    VkImageView view() const { return view_; }
    VkSampler sampler() const { return sampler_; }
    VkImageLayout layout() const { return layout_; }

private:
    explicit SampledImage(std::shared_ptr<Device> device) : device_(std::move(device)) {}

    std::shared_ptr<Device> device_; // shared: see Device
    VkImageView view_ = VK_NULL_HANDLE;
    VkSampler sampler_ = VK_NULL_HANDLE;
    VkImageLayout layout_ = VK_IMAGE_LAYOUT_UNDEFINED;
};

} // namespace vkseg::vk
