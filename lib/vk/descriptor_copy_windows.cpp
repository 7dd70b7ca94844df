#include "vk/descriptor_copy.hpp"

/// Windows has no Vulkan extension that imports file descriptors.
namespace vkseg::vk {

DescriptorCopy::DescriptorCopy(int original) : original_(original), copy_(-1) {}
DescriptorCopy::~DescriptorCopy() = default;
void DescriptorCopy::hand_over() {}

} // namespace vkseg::vk
