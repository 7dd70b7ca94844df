#pragma once

#include <memory>
#include <optional>

#include "vk/device.hpp"
#include "vkseg/vulkan_types.hpp"

namespace vkseg::vk {

struct SampledImageDescription
{
    VkImage image = {};
    uint32_t format = 0;
    uint32_t array_layer = 0;
    uint32_t layout = 0; ///< VkImageLayout when it is sampled
    std::optional<YcbcrConversion> conversion = {};
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
    uint32_t layout() const { return layout_; }

private:
    explicit SampledImage(std::shared_ptr<Device> device) : device_(std::move(device)) {}

    std::shared_ptr<Device> device_; // shared: see Device
    VkImageView view_ = {};
    VkSampler sampler_ = {};
    uint32_t layout_ = 0;
};

} // namespace vkseg::vk
