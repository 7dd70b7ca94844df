#pragma once

#include "ops/plan.hpp"
#include "vkseg/segment.hpp"

#include <filesystem>
#include <optional>
#include <set>
#include <utility>

/// Kernels that a network needs, for a library with only these kernels (VKSEG_SHADERS_FOR).
namespace vkseg {

using Kernels = std::set<std::pair<Shader, Storage>>;

/// Plans a network for devices of every vendor that lib/vk/quirks.cpp knows, from the minimum that Vulkan guarantees to
/// the limits of desktops, in f32 and f16, with Winograd and without: on its own and, if it has a description, for
/// pictures of many sizes. The list does not depend on the machine that makes it. `gpus_only` excludes devices on the
/// processor. Fails if the network cannot be planned in any of these ways.
Result<Kernels> list_kernels(const Graph& graph, const std::optional<ModelDescription>& description, bool gpus_only);

/// Reads the network from a model file, with its description if it has one.
Result<Kernels> list_kernels(const std::filesystem::path& model, bool gpus_only);

} // namespace vkseg
