#pragma once

#include "runtime/program.hpp"

#include <map>

/// Which launches may run side by side. Values only: no device is needed.
namespace vkseg {

/// Memory that a launch reads, or writes whether it reads it or not.
struct MemoryAccess
{
    MemoryReference memory;
    bool is_write = false;
};

/// written_bindings() by the kernel's first word, so that each kernel is looked through once.
using WrittenBindings = std::map<const uint32_t*, uint32_t>;

/// What a launch does to each of its bindings, as its kernel declares it.
std::vector<MemoryAccess> accesses_of(const Launch& launch, WrittenBindings& known);

/// For each launch whether it must wait for all before it: since the last that did, one of them wrote what it reads or
/// writes, or read what it writes. Told by ranges of bytes, so that tensors which take turns in one place are seen.
std::vector<bool> find_waits(std::span<const std::vector<MemoryAccess>> launches);

/// Bit i: a kernel may write binding i, which it does not declare readonly.
uint32_t written_bindings(std::span<const uint32_t> spirv);

} // namespace vkseg
