#pragma once

#include <vector>

#include "base/limits.hpp"
#include "vk/functions.hpp"
#include "vk/instance.hpp"

namespace vkseg::vk {

/// Shapes in which subgroups of a device multiply halves with sums in f32. The extension must be offered.
std::vector<MatrixShape> query_khr_matrices(const Instance& instance, VkPhysicalDevice device);
std::vector<MatrixShape> query_nv_matrices(const Instance& instance, VkPhysicalDevice device);

} // namespace vkseg::vk
