#include "runtime/waits.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace vkseg {
namespace {

bool overlap(const MemoryReference& a, const MemoryReference& b)
{
    return a.kind == b.kind && a.index == b.index && a.offset_bytes < b.offset_bytes + b.size_bytes &&
           b.offset_bytes < a.offset_bytes + a.size_bytes;
}

bool collide(const MemoryAccess& a, const MemoryAccess& b)
{
    return (a.is_write || b.is_write) && overlap(a.memory, b.memory);
}

// The SPIR-V specification, sections 2.3 (physical layout), 3.7, 3.20 and 3.32.
constexpr size_t header_words = 5;
constexpr uint32_t op_type_pointer = 32;
constexpr uint32_t op_function = 54;
constexpr uint32_t op_variable = 59;
constexpr uint32_t op_decorate = 71;
constexpr uint32_t op_member_decorate = 72;
constexpr uint32_t decoration_non_writable = 24;
constexpr uint32_t decoration_binding = 33;
constexpr uint32_t storage_class_storage_buffer = 12;

} // namespace

std::vector<MemoryAccess> accesses_of(const Launch& launch)
{
    const Dispatch& dispatch = launch.dispatch;
    const uint32_t written = written_bindings(shader_code(dispatch.shader).spirv[size_t(dispatch.variant)]);
    std::vector<MemoryAccess> accesses;
    for (size_t i = 0; i < launch.memory.size(); ++i)
        accesses.push_back({.memory = launch.memory[i], .is_write = (written >> i & 1) != 0});
    return accesses;
}

std::vector<bool> find_waits(std::span<const std::vector<MemoryAccess>> launches)
{
    std::vector<bool> waits;
    std::vector<MemoryAccess> since_wait;
    for (const std::vector<MemoryAccess>& accesses : launches)
    {
        const bool must_wait =
            std::any_of(accesses.begin(), accesses.end(),
                        [&](const MemoryAccess& access)
                        {
                            return std::any_of(since_wait.begin(), since_wait.end(),
                                               [&](const MemoryAccess& earlier) { return collide(access, earlier); });
                        });
        if (must_wait)
            since_wait.clear();
        waits.push_back(must_wait);
        since_wait.insert(since_wait.end(), accesses.begin(), accesses.end());
    }
    return waits;
}

uint32_t written_bindings(std::span<const uint32_t> spirv)
{
    std::map<uint32_t, uint32_t> binding_of; // by variable
    std::map<uint32_t, uint32_t> pointee_of; // by type of pointer
    std::set<uint32_t> read_only;            // variables, and structs with a member of that kind: they have just one
    uint32_t written = 0;
    for (size_t i = header_words; i < spirv.size(); i += spirv[i] >> 16)
    {
        const uint32_t* const operands = &spirv[i + 1];
        switch (spirv[i] & 0xffff)
        {
        case op_decorate: // target, decoration, literal
            if (operands[1] == decoration_binding)
                binding_of[operands[0]] = operands[2];
            if (operands[1] == decoration_non_writable)
                read_only.insert(operands[0]);
            break;
        case op_member_decorate: // struct, member, decoration
            if (operands[2] == decoration_non_writable)
                read_only.insert(operands[0]);
            break;
        case op_type_pointer: // result, storage class, type
            pointee_of[operands[0]] = operands[2];
            break;
        case op_variable: { // type, result, storage class
            const auto [type, variable, storage_class] = std::array{operands[0], operands[1], operands[2]};
            if (storage_class == storage_class_storage_buffer && !read_only.contains(variable) &&
                !read_only.contains(pointee_of[type]))
                written |= 1u << binding_of[variable];
            break;
        }
        case op_function: // all declarations stand before
            return written;
        default:
            break;
        }
    }
    return written;
}

} // namespace vkseg
