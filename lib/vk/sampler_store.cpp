#include "vk/sampler_store.hpp"

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

} // namespace

Result<SamplerStore::Entry> SamplerStore::find(DeviceState& state, uint32_t format,
                                               const std::optional<YcbcrConversion>& conversion)
{
    const std::lock_guard lock(mutex_);
    Key key; // without conversion one sampler does for all formats
    if (conversion)
        key = {format,
               conversion->external_format,
               conversion->model,
               conversion->range,
               conversion->components,
               conversion->chroma_offsets};
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

} // namespace vkseg::vk
