#pragma once

#include "ops/plan.hpp"
#include "vkseg/status.hpp"

#include <filesystem>
#include <set>
#include <utility>

/// Kernels that a network needs, for a library with only these kernels (VKSEG_SHADERS_FOR).
namespace vkseg {

using Kernels = std::set<std::pair<Shader, Storage>>;

/// Plans the network of a model file for devices of every vendor that lib/vk/quirks.cpp knows, from the minimum that
/// Vulkan guarantees to the limits of desktops, in f32 and f16: on its own and, if it has a description, for pictures
/// of several sizes. The list does not depend on the machine that makes it. `gpus_only` excludes devices on the
/// processor. Fails if the model cannot be read, or planned in any of these ways.
Result<Kernels> list_kernels(const std::filesystem::path& model, bool gpus_only);

} // namespace vkseg
