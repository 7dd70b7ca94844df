#include "vk/sampled_image.hpp"

#include <algorithm>

#include "base/try.hpp"
#include "vk/device_state.hpp"

namespace vkseg::vk {
namespace {

Status check_format(const DeviceState& state, const SampledImageDescription& description)
{
    if (description.conversion && !state.has_ycbcr_conversion)
        return Status(StatusCode::unsupported,
                      "device '" + state.physical.description.name +
                          "': images of several planes need the feature samplerYcbcrConversion, which " +
                          (state.is_own ? "it does not offer" : "the app has not enabled"));
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
