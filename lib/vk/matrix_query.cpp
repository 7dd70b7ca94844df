#include "vk/matrix_query.hpp"

namespace vkseg::vk {
namespace {

// Properties that a query of either extension returns; empty if the query fails. Both extensions use the same field
// names.
template <class Properties, class Function>
std::vector<Properties> query(Function function, VkPhysicalDevice device, VkStructureType type)
{
    std::vector<Properties> properties;
    uint32_t count = 0;
    if (function == nullptr || function(device, &count, nullptr) != VK_SUCCESS)
        return properties;
    properties.resize(count, make_structure<Properties>(type));
    if (function(device, &count, properties.data()) != VK_SUCCESS)
        count = 0;
    properties.resize(count);
    return properties;
}

template <class Properties>
MatrixShape shape_of(const Properties& properties)
{
    return {.rows = properties.MSize, .columns = properties.NSize, .depth = properties.KSize};
}

} // namespace

// Vulkan headers before 1.3.255 lack the extension; compilers of that age build no shaders that need it.
#ifdef VK_KHR_cooperative_matrix
std::vector<MatrixShape> query_khr_matrices(const Instance& instance, VkPhysicalDevice device)
{
    const auto function = reinterpret_cast<PFN_vkGetPhysicalDeviceCooperativeMatrixPropertiesKHR>(
        instance.find_function("vkGetPhysicalDeviceCooperativeMatrixPropertiesKHR"));
    std::vector<MatrixShape> shapes;
    for (const auto& p :
         query<VkCooperativeMatrixPropertiesKHR>(function, device, VK_STRUCTURE_TYPE_COOPERATIVE_MATRIX_PROPERTIES_KHR))
    {
        if (p.AType == VK_COMPONENT_TYPE_FLOAT16_KHR && p.BType == VK_COMPONENT_TYPE_FLOAT16_KHR &&
            p.CType == VK_COMPONENT_TYPE_FLOAT32_KHR && p.ResultType == VK_COMPONENT_TYPE_FLOAT32_KHR &&
            p.saturatingAccumulation == VK_FALSE && p.scope == VK_SCOPE_SUBGROUP_KHR)
            shapes.push_back(shape_of(p));
    }
    return shapes;
}
#else
std::vector<MatrixShape> query_khr_matrices(const Instance&, VkPhysicalDevice)
{
    return {};
}
#endif

std::vector<MatrixShape> query_nv_matrices(const Instance& instance, VkPhysicalDevice device)
{
    const auto function = reinterpret_cast<PFN_vkGetPhysicalDeviceCooperativeMatrixPropertiesNV>(
        instance.find_function("vkGetPhysicalDeviceCooperativeMatrixPropertiesNV"));
    std::vector<MatrixShape> shapes;
    for (const auto& p :
         query<VkCooperativeMatrixPropertiesNV>(function, device, VK_STRUCTURE_TYPE_COOPERATIVE_MATRIX_PROPERTIES_NV))
    {
        if (p.AType == VK_COMPONENT_TYPE_FLOAT16_NV && p.BType == VK_COMPONENT_TYPE_FLOAT16_NV &&
            p.CType == VK_COMPONENT_TYPE_FLOAT32_NV && p.DType == VK_COMPONENT_TYPE_FLOAT32_NV &&
            p.scope == VK_SCOPE_SUBGROUP_NV)
            shapes.push_back(shape_of(p));
    }
    return shapes;
}

} // namespace vkseg::vk
