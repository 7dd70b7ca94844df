#include "vk/sampled_image.hpp"

#include <algorithm>

#include "base/try.hpp"
#include "vk/device_state.hpp"

namespace vkseg::vk {
namespace {

/// VkExternalFormatANDROID, which the headers have for Android only.
struct ExternalFormat
{
    VkStructureType type = VkStructureType(1000129005); // VK_STRUCTURE_TYPE_EXTERNAL_FORMAT_ANDROID
    void* next = nullptr;
    uint64_t format = 0;
};

Status check_format(const DeviceState& state, const SampledImageDescription& description)
{
    if (description.format == VK_FORMAT_UNDEFINED)
        return {}; // an external format, of which only the app knows the features
    VkFormatProperties properties = {};
    state.instance->functions().GetPhysicalDeviceFormatProperties(state.physical.handle, VkFormat(description.format),
                                                                  &properties);
    const VkFormatFeatureFlags features = properties.optimalTilingFeatures | properties.linearTilingFeatures;
    const std::string who = "device '" + state.physical.description.name + "': images of VkFormat " +
                            std::to_string(description.format) + " ";
    if ((features & VK_FORMAT_FEATURE_SAMPLED_IMAGE_BIT) == 0)
        return Status(StatusCode::unsupported, who + "cannot be sampled");
    const auto lacks = [&](uint32_t offset)
    {
        const VkFormatFeatureFlags wanted = offset == VK_CHROMA_LOCATION_MIDPOINT
                                                ? VK_FORMAT_FEATURE_MIDPOINT_CHROMA_SAMPLES_BIT
                                                : VK_FORMAT_FEATURE_COSITED_CHROMA_SAMPLES_BIT;
        return (features & wanted) == 0;
    };
    if (description.conversion && std::ranges::any_of(description.conversion->chroma_offsets, lacks))
        return Status(StatusCode::unsupported, who + "have no conversion with these chroma offsets");
    return {};
}

} // namespace

Result<SamplerStore::Entry> SamplerStore::find(DeviceState& state, uint32_t format,
                                               const std::optional<Conversion>& conversion)
{
    const std::lock_guard lock(mutex_);
    const Key key = {conversion ? format : 0, conversion}; // without conversion one sampler does for all formats
    if (const auto known = entries_.find(key); known != entries_.end())
        return known->second;

    const DeviceFunctions& vk = state.functions;
    Entry entry;
    auto use = make_structure<VkSamplerYcbcrConversionInfo>(VK_STRUCTURE_TYPE_SAMPLER_YCBCR_CONVERSION_INFO);
    if (conversion)
    {
        auto information =
            make_structure<VkSamplerYcbcrConversionCreateInfo>(VK_STRUCTURE_TYPE_SAMPLER_YCBCR_CONVERSION_CREATE_INFO);
        ExternalFormat external = {.format = conversion->external_format};
        if (conversion->external_format != 0)
            information.pNext = &external;
        information.format = VkFormat(format);
        information.ycbcrModel = VkSamplerYcbcrModelConversion(conversion->model);
        information.ycbcrRange = VkSamplerYcbcrRange(conversion->range);
        information.components = {
            VkComponentSwizzle(conversion->components[0]), VkComponentSwizzle(conversion->components[1]),
            VkComponentSwizzle(conversion->components[2]), VkComponentSwizzle(conversion->components[3])};
        information.xChromaOffset = VkChromaLocation(conversion->chroma_offsets[0]);
        information.yChromaOffset = VkChromaLocation(conversion->chroma_offsets[1]);
        information.chromaFilter = VK_FILTER_NEAREST;
        VKSEG_TRY(state.check(vk.CreateSamplerYcbcrConversion(state.handle, &information, nullptr, &entry.conversion),
                              "vkCreateSamplerYcbcrConversion"));
        use.conversion = entry.conversion;
    }
    auto information = make_structure<VkSamplerCreateInfo>(VK_STRUCTURE_TYPE_SAMPLER_CREATE_INFO);
    information.pNext = conversion ? &use : nullptr;
    information.magFilter = VK_FILTER_NEAREST;
    information.minFilter = VK_FILTER_NEAREST;
    information.mipmapMode = VK_SAMPLER_MIPMAP_MODE_NEAREST;
    information.addressModeU = VK_SAMPLER_ADDRESS_MODE_CLAMP_TO_EDGE;
    information.addressModeV = VK_SAMPLER_ADDRESS_MODE_CLAMP_TO_EDGE;
    information.addressModeW = VK_SAMPLER_ADDRESS_MODE_CLAMP_TO_EDGE;
    const VkResult result = vk.CreateSampler(state.handle, &information, nullptr, &entry.sampler);
    if (result != VK_SUCCESS)
        vk.DestroySamplerYcbcrConversion(state.handle, entry.conversion, nullptr);
    VKSEG_TRY(state.check(result, "vkCreateSampler"));
    entries_.emplace(key, entry);
    return entry;
}

void SamplerStore::destroy(DeviceState& state)
{
    for (const auto& [key, entry] : entries_)
    {
        state.functions.DestroySampler(state.handle, entry.sampler, nullptr);
        state.functions.DestroySamplerYcbcrConversion(state.handle, entry.conversion, nullptr);
    }
    entries_.clear();
}

Result<std::unique_ptr<SampledImage>> SampledImage::create(const std::shared_ptr<Device>& device,
                                                           const SampledImageDescription& description)
{
    DeviceState& state = device->state();
    VKSEG_TRY(state.check_alive());
    VKSEG_TRY(check_format(state, description));
    std::unique_ptr<SampledImage> image(new SampledImage(device));
    VKSEG_ASSIGN(const SamplerStore::Entry entry,
                 state.samplers.find(state, description.format, description.conversion));
    image->sampler_ = entry.sampler;
    image->layout_ = description.layout;

    auto use = make_structure<VkSamplerYcbcrConversionInfo>(VK_STRUCTURE_TYPE_SAMPLER_YCBCR_CONVERSION_INFO);
    use.conversion = entry.conversion;
    auto usage = make_structure<VkImageViewUsageCreateInfo>(VK_STRUCTURE_TYPE_IMAGE_VIEW_USAGE_CREATE_INFO);
    usage.usage = VK_IMAGE_USAGE_SAMPLED_BIT; // less than the image may have: an sRGB view cannot be stored to
    usage.pNext = entry.conversion != VK_NULL_HANDLE ? &use : nullptr;
    auto information = make_structure<VkImageViewCreateInfo>(VK_STRUCTURE_TYPE_IMAGE_VIEW_CREATE_INFO);
    information.pNext = &usage;
    information.image = description.image;
    information.viewType = VK_IMAGE_VIEW_TYPE_2D;
    information.format = VkFormat(description.format);
    if (description.is_grey)
        information.components = {VK_COMPONENT_SWIZZLE_R, VK_COMPONENT_SWIZZLE_R, VK_COMPONENT_SWIZZLE_R,
                                  VK_COMPONENT_SWIZZLE_ONE};
    information.subresourceRange = {.aspectMask = VK_IMAGE_ASPECT_COLOR_BIT,
                                    .baseMipLevel = 0,
                                    .levelCount = 1,
                                    .baseArrayLayer = description.array_layer,
                                    .layerCount = 1};
    VkImageView view = VK_NULL_HANDLE;
    VKSEG_TRY(
        state.check(state.functions.CreateImageView(state.handle, &information, nullptr, &view), "vkCreateImageView"));
    image->view_ = view;
    return image;
}

SampledImage::~SampledImage()
{
    DeviceState& state = device_->state();
    state.functions.DestroyImageView(state.handle, view_, nullptr);
}

} // namespace vkseg::vk
