#pragma once

#include "ops/plan.hpp"

#include <cstdint>
#include <span>

namespace vkseg {

/// SPIR-V of the kernel for tensors of this storage; empty if there is no such build. The library holds its modules
/// compressed, several in a pack: the first call for one of them unpacks all of it, and the words stay until the
/// process ends. Any thread may call.
std::span<const uint32_t> spirv_of(Shader shader, Storage storage);

/// Whether this build of the library has the kernel for tensors of this storage: see VKSEG_SHADERS_FOR in docs/size.md.
bool is_built(Shader shader, Storage storage);

} // namespace vkseg
