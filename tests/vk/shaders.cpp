#include "vk/fixture.hpp"

namespace vkseg::vk {
namespace {

// clang-format off
constexpr uint32_t spirv_divide[] = {
#include "spirv_divide.inc"
};
constexpr uint32_t spirv_scale[] = {
#include "spirv_scale.inc"
};
constexpr uint32_t spirv_sum_texels[] = {
#include "spirv_sum_texels.inc"
};
// clang-format on

} // namespace

const std::span<const uint32_t> divide_spirv = spirv_divide;
const std::span<const uint32_t> scale_spirv = spirv_scale;
const std::span<const uint32_t> sum_texels_spirv = spirv_sum_texels;

} // namespace vkseg::vk
