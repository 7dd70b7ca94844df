#include "base/mapped_file.hpp"

namespace vkseg {

FileBytes FileBytes::part(size_t offset, size_t size) const
{
    constexpr size_t worth_releasing = size_t(1) << 16;
    const std::span<const std::byte> some = bytes.subspan(offset, size);
    if (!is_mapped || size < worth_releasing)
        return {.bytes = some, .owner = owner, .is_mapped = is_mapped};
    std::shared_ptr<const void> part_owner(some.data(), [some, file = owner](const void*) { release_pages(some); });
    return {.bytes = some, .owner = std::move(part_owner), .is_mapped = true};
}

} // namespace vkseg
