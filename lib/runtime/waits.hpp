#pragma once

#include "runtime/program.hpp"

#include <map>

/// Finds launches that may run concurrently. Plain data: no device is needed.
namespace vkseg {

/// Memory that a launch only reads, or that it writes and may read.
struct MemoryAccess
{
    MemoryReference memory;
    bool is_write = false;
};

/// Results of written_bindings(), by the address of the kernel's first word, so that each kernel is parsed once.
using WrittenBindings = std::map<const uint32_t*, uint32_t>;

/// Accesses of a launch to each of its bindings, as its kernel declares them.
std::vector<MemoryAccess> accesses_of(const Launch& launch, WrittenBindings& known);

/// For each launch, true if it must wait for all launches before it: a launch since the last wait wrote memory that
/// this launch reads or writes, or read memory that it writes. Compares byte ranges, so that aliasing tensors are
/// detected.
std::vector<bool> find_waits(std::span<const std::vector<MemoryAccess>> launches);

/// Bit i is set if a kernel may write binding i, that is, does not declare it readonly.
uint32_t written_bindings(std::span<const uint32_t> spirv);

} // namespace vkseg
