#include "vk/app_device.hpp"

namespace vkseg::vk {
namespace {

/// Sets `feature` if `structure`, of the given type, enables it.
template <class Structure>
void read_feature(const VkBaseInStructure& structure, VkStructureType type, VkBool32 Structure::*member, bool& feature)
{
    if (structure.sType == type)
        feature = feature || reinterpret_cast<const Structure&>(structure).*member == VK_TRUE;
}

} // namespace

Features enabled_features(const void* chain)
{
    Features features;
    for (const auto* next = static_cast<const VkBaseInStructure*>(chain); next != nullptr; next = next->pNext)
    {
        const VkBaseInStructure& structure = *next;
        read_feature(structure, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_1_FEATURES,
                     &VkPhysicalDeviceVulkan11Features::storageBuffer16BitAccess, features.storage_f16);
        read_feature(structure, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_16BIT_STORAGE_FEATURES,
                     &VkPhysicalDevice16BitStorageFeatures::storageBuffer16BitAccess, features.storage_f16);
        read_feature(structure, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES,
                     &VkPhysicalDeviceVulkan12Features::shaderFloat16, features.arithmetic_f16);
        read_feature(structure, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SHADER_FLOAT16_INT8_FEATURES,
                     &VkPhysicalDeviceShaderFloat16Int8Features::shaderFloat16, features.arithmetic_f16);
        read_feature(structure, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES,
                     &VkPhysicalDeviceVulkan12Features::vulkanMemoryModel, features.memory_model);
        read_feature(structure, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_MEMORY_MODEL_FEATURES,
                     &VkPhysicalDeviceVulkanMemoryModelFeatures::vulkanMemoryModel, features.memory_model);
        read_feature(structure, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_SIZE_CONTROL_FEATURES,
                     &VkPhysicalDeviceSubgroupSizeControlFeatures::subgroupSizeControl, features.subgroup_size_control);
        read_feature(structure, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_SIZE_CONTROL_FEATURES,
                     &VkPhysicalDeviceSubgroupSizeControlFeatures::computeFullSubgroups, features.full_subgroups);
#ifdef VK_KHR_shader_integer_dot_product
        read_feature(structure, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SHADER_INTEGER_DOT_PRODUCT_FEATURES_KHR,
                     &VkPhysicalDeviceShaderIntegerDotProductFeaturesKHR::shaderIntegerDotProduct, features.packed_dot);
#endif
#ifdef VK_VERSION_1_3
        read_feature(structure, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_3_FEATURES,
                     &VkPhysicalDeviceVulkan13Features::shaderIntegerDotProduct, features.packed_dot);
        read_feature(structure, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_3_FEATURES,
                     &VkPhysicalDeviceVulkan13Features::subgroupSizeControl, features.subgroup_size_control);
        read_feature(structure, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_3_FEATURES,
                     &VkPhysicalDeviceVulkan13Features::computeFullSubgroups, features.full_subgroups);
#endif
#ifdef VK_KHR_cooperative_matrix
        read_feature(structure, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_COOPERATIVE_MATRIX_FEATURES_KHR,
                     &VkPhysicalDeviceCooperativeMatrixFeaturesKHR::cooperativeMatrix, features.khr_matrix);
#endif
        read_feature(structure, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_COOPERATIVE_MATRIX_FEATURES_NV,
                     &VkPhysicalDeviceCooperativeMatrixFeaturesNV::cooperativeMatrix, features.nv_matrix);
        read_feature(structure, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_1_FEATURES,
                     &VkPhysicalDeviceVulkan11Features::samplerYcbcrConversion, features.ycbcr_conversion);
        read_feature(structure, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SAMPLER_YCBCR_CONVERSION_FEATURES,
                     &VkPhysicalDeviceSamplerYcbcrConversionFeatures::samplerYcbcrConversion,
                     features.ycbcr_conversion);
    }
    return features;
}

std::vector<Wish> missed_features(const Features& offered, const Features& enabled)
{
    std::vector<Wish> wishes;
    const auto wish_feature = [&](bool Features::*feature, const char* extension, const char* name, const char* purpose)
    {
        if (offered.*feature && !(enabled.*feature))
            wishes.push_back({extension, name, purpose});
    };
    wish_feature(&Features::storage_f16, "", "VkPhysicalDevice16BitStorageFeatures::storageBuffer16BitAccess",
                 "storing values in f16");
    wish_feature(&Features::arithmetic_f16, VK_KHR_SHADER_FLOAT16_INT8_EXTENSION_NAME,
                 "VkPhysicalDeviceShaderFloat16Int8Features::shaderFloat16", "arithmetic in f16");
    wish_feature(&Features::packed_dot, "VK_KHR_shader_integer_dot_product",
                 "VkPhysicalDeviceShaderIntegerDotProductFeatures::shaderIntegerDotProduct",
                 "faster convolutions of quantized networks");
    wish_feature(&Features::subgroup_size_control, VK_EXT_SUBGROUP_SIZE_CONTROL_EXTENSION_NAME,
                 "VkPhysicalDeviceSubgroupSizeControlFeatures::subgroupSizeControl", "faster kernels with subgroups");
    wish_feature(&Features::khr_matrix, "VK_KHR_cooperative_matrix",
                 "VkPhysicalDeviceCooperativeMatrixFeaturesKHR::cooperativeMatrix", "cooperative matrices");
    wish_feature(&Features::nv_matrix, VK_NV_COOPERATIVE_MATRIX_EXTENSION_NAME,
                 "VkPhysicalDeviceCooperativeMatrixFeaturesNV::cooperativeMatrix", "cooperative matrices");
    wish_feature(&Features::ycbcr_conversion, "",
                 "VkPhysicalDeviceSamplerYcbcrConversionFeatures::samplerYcbcrConversion",
                 "pictures in images of several planes");
    if (offered.khr_matrix || offered.nv_matrix)
    {
        wish_feature(&Features::full_subgroups, VK_EXT_SUBGROUP_SIZE_CONTROL_EXTENSION_NAME,
                     "VkPhysicalDeviceSubgroupSizeControlFeatures::computeFullSubgroups", "cooperative matrices");
        wish_feature(&Features::memory_model, VK_KHR_VULKAN_MEMORY_MODEL_EXTENSION_NAME,
                     "VkPhysicalDeviceVulkanMemoryModelFeatures::vulkanMemoryModel", "cooperative matrices");
    }
    return wishes;
}

} // namespace vkseg::vk
