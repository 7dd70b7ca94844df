#pragma once

#include "ops/plan.hpp"

#include <cstdint>
#include <span>

namespace vkseg {

/// SPIR-V of the kernel for tensors of this storage; empty if there is no such build. The library stores its modules in
/// compressed packs: the first call for a module unpacks the whole pack, and the words stay until the process ends.
/// Thread-safe.
std::span<const uint32_t> spirv_of(Shader shader, Storage storage);

/// True if this build of the library has the kernel for tensors of this storage: see VKSEG_SHADERS_FOR in docs/size.md.
bool is_built(Shader shader, Storage storage);

/// Name of a storage that kernels are built for, as the shaders' lines have it: "f32", "f16" or "i32".
const char* build_name(Storage storage);

} // namespace vkseg
