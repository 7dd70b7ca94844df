#include "vk/fixture.hpp"

namespace vkseg::vk {
namespace {

#include "spirv_divide.inc"
#include "spirv_scale.inc"
#include "spirv_sum_texels.inc"

} // namespace

const std::span<const uint32_t> divide_spirv = spirv_divide;
const std::span<const uint32_t> scale_spirv = spirv_scale;
const std::span<const uint32_t> sum_texels_spirv = spirv_sum_texels;

} // namespace vkseg::vk
