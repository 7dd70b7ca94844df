#pragma once

#include <vector>

#include "base/limits.hpp"
#include "vk/functions.hpp"
#include "vk/instance.hpp"

namespace vkseg::vk {

/// Matrix shapes that a device's subgroups multiply in f16 with f32 accumulation. The extension must be offered.
std::vector<MatrixShape> query_khr_matrices(const Instance& instance, VkPhysicalDevice device);
std::vector<MatrixShape> query_nv_matrices(const Instance& instance, VkPhysicalDevice device);

} // namespace vkseg::vk
