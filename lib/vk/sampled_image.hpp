#pragma once

#include <array>
#include <memory>
#include <optional>
#include <tuple>

#include "vk/device.hpp"
#include "vkseg/vulkan_handles.hpp"

namespace vkseg::vk {

/// Parameters of VkSamplerYcbcrConversionCreateInfo besides the format.
struct Conversion
{
    uint32_t model = 0;
    uint32_t range = 0;
    std::array<uint32_t, 4> components = {};
    std::array<uint32_t, 2> chroma_offsets = {};
    uint64_t external_format = 0; ///< on Android

    friend bool operator==(const Conversion&, const Conversion&) = default;
    // Not by default: libc++ compares arrays in three ways from LLVM 17 on only.
    friend bool operator<(const Conversion& a, const Conversion& b)
    {
        return std::tie(a.model, a.range, a.components, a.chroma_offsets, a.external_format) <
               std::tie(b.model, b.range, b.components, b.chroma_offsets, b.external_format);
    }
};

struct SampledImageDescription
{
    VkImage image = {};
    uint32_t format = 0;
    uint32_t array_layer = 0;
    uint32_t layout = 0; ///< VkImageLayout when it is sampled
    std::optional<Conversion> conversion = {};
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
