#include "runtime/waits.hpp"

#include "runtime/shader_modules.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace vkseg {
namespace {

/// Touched bytes of each piece of memory, as ranges that neither overlap nor touch: there may be many thousand
/// launches.
class TouchedBytes
{
public:
    bool overlap(const MemoryReference& memory) const
    {
        const auto piece = pieces_.find({memory.kind, memory.index});
        if (piece == pieces_.end() || memory.size_bytes == 0)
            return false;
        const auto after = piece->second.lower_bound(memory.offset_bytes + memory.size_bytes);
        return after != piece->second.begin() && std::prev(after)->second > memory.offset_bytes;
    }

    void add(const MemoryReference& memory)
    {
        if (memory.size_bytes == 0)
            return;
        std::map<size_t, size_t>& ends = pieces_[{memory.kind, memory.index}];
        size_t begin = memory.offset_bytes;
        size_t end = begin + memory.size_bytes;
        auto next = ends.upper_bound(begin);
        if (next != ends.begin() && std::prev(next)->second >= begin)
            begin = (--next)->first;
        while (next != ends.end() && next->first <= end)
        {
            end = std::max(end, next->second);
            next = ends.erase(next);
        }
        ends.emplace(begin, end);
    }

    void clear() { pieces_.clear(); }

private:
    std::map<std::pair<MemoryReference::Kind, uint32_t>, std::map<size_t, size_t>> pieces_; // ends by begin
};

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

std::vector<MemoryAccess> accesses_of(const Launch& launch, WrittenBindings& known)
{
    const Dispatch& dispatch = launch.dispatch;
    const std::span<const uint32_t> spirv = spirv_of(dispatch.shader, dispatch.variant);
    const auto [entry, is_new] = known.try_emplace(spirv.data(), 0u);
    if (is_new)
        entry->second = written_bindings(spirv);
    const uint32_t written = entry->second;
    std::vector<MemoryAccess> accesses;
    for (size_t i = 0; i < launch.memory.size(); ++i)
        accesses.push_back({.memory = launch.memory[i], .is_write = (written >> i & 1) != 0});
    if (launch.group_count)
        accesses.push_back({.memory = *launch.group_count, .is_write = false});
    return accesses;
}

std::vector<bool> find_waits(std::span<const std::vector<MemoryAccess>> launches)
{
    std::vector<bool> waits;
    TouchedBytes written; // since the last wait
    TouchedBytes touched; // written or read since the last wait
    for (const std::vector<MemoryAccess>& accesses : launches)
    {
        const bool must_wait = std::any_of(accesses.begin(), accesses.end(),
                                           [&](const MemoryAccess& access)
                                           { return (access.is_write ? touched : written).overlap(access.memory); });
        if (must_wait)
        {
            written.clear();
            touched.clear();
        }
        waits.push_back(must_wait);
        for (const MemoryAccess& access : accesses)
        {
            touched.add(access.memory);
            if (access.is_write)
                written.add(access.memory);
        }
    }
    return waits;
}

uint32_t written_bindings(std::span<const uint32_t> spirv)
{
    std::map<uint32_t, uint32_t> binding_of; // by variable
    std::map<uint32_t, uint32_t> pointee_of; // by pointer type
    std::set<uint32_t> read_only;            // variables, and structs whose only member is read-only
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
        case op_function: // all declarations come before
            return written;
        default:
            break;
        }
    }
    return written;
}

} // namespace vkseg
