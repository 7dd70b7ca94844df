#include "ops/linear_shares.hpp"

#include <doctest/doctest.h>

#include <algorithm>

namespace vkseg::test::linear_shares_test {
namespace {

constexpr int64_t workgroup = 64;

Operand linear(const Shape& shape, Storage storage)
{
    Operand operand = {.shape = shape, .storage = storage, .layout = Layout::linear, .is_present = true};
    operand.buffer_bytes = size_t(operand.elements4()) * element_bytes(storage);
    return operand;
}

void check_window(const Operand& operand, const ElementShare& share, const Limits& limits)
{
    const int64_t first = share.first_element * 4;
    const LinearWindow window = bind_values(input(0), operand, first, share.elements * 4, limits);
    const size_t value = element_bytes(operand.storage) / 4;
    CHECK(window.offset % 4 == 0);
    CHECK(window.binding.offset_bytes % limits.storage_buffer_alignment_bytes == 0);
    CHECK(window.binding.size_bytes <= limits.max_storage_buffer_range_bytes);
    CHECK(window.binding.offset_bytes + size_t(window.offset) * value == size_t(first) * value);
    CHECK(window.binding.offset_bytes + window.binding.size_bytes <= operand.buffer_bytes);
    const size_t end = size_t(window.offset + share.elements * 4) * value;
    CHECK((window.binding.size_bytes == 0 || end <= window.binding.size_bytes));
}

/// Checks that each number of valid entries is written by the workgroups that are launched for it, as group_counts
/// rounds their number.
void check_valid_entries(const Operand& tensor, std::span<const ElementShare> shares)
{
    const int64_t entries = tensor.shape[0];
    const int64_t values = tensor.shape.elements() / entries;
    for (int64_t valid = 0; valid <= entries; ++valid)
    {
        int64_t written = 0; // elements from the first on
        for (const ElementShare& share : shares)
        {
            const int64_t groups = div_ceil(share.elements, workgroup);
            const int64_t launched = std::clamp<int64_t>(valid - share.first_entry, 0, share.entries);
            const int64_t elements = std::min(share.elements, div_ceil(groups * launched, share.entries) * workgroup);
            if (elements > 0 && share.first_element <= written)
                written = std::max(written, share.first_element + elements);
        }
        REQUIRE(written * 4 >= valid * values);
    }
}

} // namespace

TEST_CASE("linear_shares: what fits a binding is launched at once")
{
    const Operand x = linear({3, 5, 7}, Storage::f16);
    const Operand* const operands[] = {&x};
    const auto shares = share_elements("x", operands, {});
    REQUIRE(shares.is_ok());
    REQUIRE(shares->size() == 1);
    CHECK(shares->front().elements == 27);
    CHECK(shares->front().entries == 3);
    CHECK(bind_values(input(0), x, 0, 105, {}).binding.size_bytes == 0);
}

TEST_CASE("linear_shares: shares cover a tensor, fit bindings, and begin at entries")
{
    for (const size_t alignment : {16, 64, 256})
    {
        const Limits limits = {.max_storage_buffer_range_bytes = 4096, .storage_buffer_alignment_bytes = alignment};
        for (const Shape& shape : {Shape{5000}, Shape{7, 300}, Shape{9, 17, 13}, Shape{40, 127}, Shape{6, 249},
                                   Shape{3, 1001}, Shape{5, 3999}, Shape{2, 4096}, Shape{1, 5001}, Shape{700, 6},
                                   Shape{1031, 3}, Shape{11, 958}, Shape{4, 1, 509}})
        {
            for (const Storage storage : {Storage::f32, Storage::f16, Storage::i32, Storage::u8})
            {
                INFO(to_string(shape), ", alignment ", alignment);
                const Operand tensor = linear(shape, storage);
                const Operand words = linear(shape, Storage::f32);
                const Operand* const operands[] = {&tensor, &words};
                const auto shares = share_elements("x", operands, limits);
                REQUIRE(shares.is_ok());
                int64_t covered = 0;
                for (const ElementShare& share : *shares)
                {
                    CHECK(share.first_element <= covered);
                    covered = share.first_element + share.elements;
                    check_window(tensor, share, limits);
                    check_window(words, share, limits);
                }
                CHECK(covered == tensor.elements4());
                check_valid_entries(tensor, *shares);
            }
        }
    }
}

TEST_CASE("linear_shares: a share holds no more entries than are allowed")
{
    const Operand x = linear({30, 8}, Storage::f32);
    const Operand* const operands[] = {&x};
    const auto shares = share_elements("x", operands, {}, 7);
    REQUIRE(shares.is_ok());
    REQUIRE(shares->size() == 5);
    CHECK(shares->back().first_entry == 28);
    CHECK(shares->back().first_element == 56);
    CHECK(shares->back().elements == 4);
}

TEST_CASE("linear_shares: grids are folded so that 16 bits hold each of their counts, as limits to valid entries need")
{
    const Limits limits = {.max_workgroup_count = {uint32_t(1) << 31, 65535, 65535}};
    Dispatch dispatch;
    set_linear_grid(dispatch, int64_t(10'000'000), limits);
    set_linear_span(dispatch, 0, 100);
    const auto [x, y, z] = dispatch.workgroup_count;
    CHECK(x <= 0xffff);
    CHECK(int64_t(x) * y * workgroup >= 10'000'000);
    CHECK(dispatch.batch_span->axis == 1);
}

} // namespace vkseg::test::linear_shares_test
