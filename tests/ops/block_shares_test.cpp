#include "ops/block_shares.hpp"

#include <doctest/doctest.h>

namespace vkseg::test::block_shares_test {
namespace {

/// A tensor in the middle of a larger buffer, as a slice of a concatenation is.
Operand slice(const Shape& shape, Storage storage)
{
    Operand operand = {.shape = shape, .storage = storage, .is_present = true};
    operand.view = packed_view(shape, Layout::blocked);
    operand.view.offset = 3 * operand.view.block_pitch;
    operand.view.batch_pitch += 5 * operand.view.block_pitch;
    operand.buffer_bytes = size_t(operand.view.batch_pitch) * size_t(shape[0]) * element_bytes(storage);
    return operand;
}

} // namespace

TEST_CASE("block_shares: what fits a binding is launched at once")
{
    const Operand x = slice({2, 9, 4, 5}, Storage::f32);
    const Operand* const operands[] = {&x};
    const auto shares = share_blocks(operands, {});
    REQUIRE(shares.is_ok());
    REQUIRE(shares->size() == 1);
    CHECK(shares->front().batches == 2);
    CHECK(shares->front().blocks == 3);
    CHECK(bind_share(input(0), x, shares->front(), {}).binding.size_bytes == 0);
}

TEST_CASE("block_shares: windows of large tensors hold every block where its view says")
{
    const Operand x = slice({2, 21, 7, 5}, Storage::f16);
    const Operand y = slice({2, 21, 14, 10}, Storage::f32);
    const Limits limits = {.max_storage_buffer_range_bytes = 3 * 140 * 16, .storage_buffer_alignment_bytes = 256};
    const Operand* const operands[] = {&y, &x};
    const auto shares = share_blocks(operands, limits);
    REQUIRE(shares.is_ok());
    int covered = 0;
    for (const BlockShare& share : *shares)
    {
        covered += share.batches * share.blocks;
        for (const Operand* operand : operands)
        {
            const BlockWindow window = bind_share(input(0), *operand, share, limits);
            const size_t element = element_bytes(operand->storage);
            CHECK(window.binding.offset_bytes % limits.storage_buffer_alignment_bytes == 0);
            CHECK(window.binding.size_bytes <= limits.max_storage_buffer_range_bytes);
            const int first = operand->view.offset + share.first_batch * operand->view.batch_pitch +
                              share.first_block * operand->view.block_pitch;
            CHECK(window.binding.offset_bytes + size_t(window.view.offset) * element == size_t(first) * element);
            const size_t end = size_t(window.view.offset + share.blocks * operand->view.block_pitch) * element;
            CHECK((window.binding.size_bytes == 0 || end <= window.binding.size_bytes));
        }
    }
    CHECK(covered == 2 * 6);
}

TEST_CASE("block_shares: a block that fits no binding is refused with its size")
{
    const Operand x = slice({1, 4, 64, 64}, Storage::f32);
    const Operand* const operands[] = {&x};
    const auto shares = share_blocks(operands, {.max_storage_buffer_range_bytes = 16384});
    CHECK(shares.status().code() == StatusCode::out_of_memory);
    CHECK(shares.status().message().find("1x4x64x64") != std::string::npos);
}

TEST_CASE("block_shares: blocks are dealt out so that few invocations have idle ones")
{
    const int expected[] = {1, 2, 3, 4, 3, 3, 4, 4, 3, 4, 4, 4};
    for (int blocks = 1; blocks <= 12; ++blocks)
    {
        CAPTURE(blocks);
        CHECK(blocks_per_invocation(blocks) == expected[blocks - 1]);
    }
}

} // namespace vkseg::test::block_shares_test
