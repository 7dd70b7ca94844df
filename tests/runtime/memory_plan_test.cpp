#include "runtime/memory_plan.hpp"

#include <doctest/doctest.h>

#include <random>

namespace vkseg::memory_plan_test {
namespace {

bool overlap(const Lifetime& a, const Lifetime& b)
{
    return a.first_step <= b.last_step && b.first_step <= a.last_step;
}

TEST_CASE("memory plan: tensors that are alive together never share bytes")
{
    std::minstd_rand generator(7);
    for (int round = 0; round < 50; ++round)
    {
        std::vector<Lifetime> lifetimes;
        for (int i = 0; i < 60; ++i)
        {
            const int first = int(generator() % 40);
            lifetimes.push_back(
                {.bytes = 1 + generator() % 5000, .first_step = first, .last_step = first + int(generator() % 8)});
        }
        const MemoryPlan plan = plan_memory(lifetimes, {.alignment_bytes = 256, .max_arena_bytes = 20000});
        for (size_t i = 0; i < lifetimes.size(); ++i)
        {
            const ArenaPlace& a = plan.placements[i];
            CHECK(a.offset_bytes % 256 == 0);
            CHECK(a.offset_bytes + lifetimes[i].bytes <= plan.arena_bytes[a.arena]);
            for (size_t k = 0; k < i; ++k)
            {
                const ArenaPlace& b = plan.placements[k];
                if (a.arena != b.arena || !overlap(lifetimes[i], lifetimes[k]))
                    continue;
                const bool is_apart = a.offset_bytes + lifetimes[i].bytes <= b.offset_bytes ||
                                      b.offset_bytes + lifetimes[k].bytes <= a.offset_bytes;
                CHECK(is_apart);
            }
        }
    }
}

TEST_CASE("memory plan: a chain of equal tensors needs two places")
{
    std::vector<Lifetime> chain;
    for (int i = 0; i < 10; ++i)
        chain.push_back({.bytes = 1024, .first_step = i, .last_step = i + 1});
    const MemoryPlan plan = plan_memory(chain, {});
    REQUIRE(plan.arena_bytes.size() == 1);
    CHECK(plan.arena_bytes[0] == 2048);
    CHECK(plan.live_bytes == 2048);
}

TEST_CASE("memory plan: without reuse every tensor has a place of its own")
{
    const std::vector<Lifetime> lifetimes(5, {.bytes = 100, .first_step = 0, .last_step = 0});
    std::vector<Lifetime> chain = lifetimes;
    for (int i = 0; i < 5; ++i)
        chain[size_t(i)].first_step = chain[size_t(i)].last_step = i;
    const MemoryPlan plan = plan_memory(chain, {.reuse = false});
    CHECK(plan.arena_bytes[0] == 5 * 256);
    CHECK(plan.live_bytes == 256);
}

TEST_CASE("memory plan: a tensor larger than an arena may be gets one to itself")
{
    const std::vector<Lifetime> lifetimes = {{.bytes = 5000, .first_step = 0, .last_step = 1},
                                             {.bytes = 600, .first_step = 0, .last_step = 1}};
    const MemoryPlan plan = plan_memory(lifetimes, {.max_arena_bytes = 1024});
    CHECK(plan.arena_bytes.size() == 2);
    CHECK(plan.arena_bytes[0] == 5120);
}

} // namespace
} // namespace vkseg::memory_plan_test
