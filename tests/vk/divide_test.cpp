#include <algorithm>
#include <array>
#include <random>

#include "vk/fixture.hpp"

namespace vkseg::vk::divide_test {
namespace {

using Pair = std::array<int32_t, 2>;

/// Around multiples of the divisor, where a quotient is easily off by one, and anywhere.
std::vector<Pair> pairs_to_divide()
{
    constexpr int32_t largest = (1 << 30) - 1;
    std::mt19937 random(1);
    std::vector<int32_t> divisors = {1,      2, 3, 4, 5, 7, 16, 255, 256, 257, 65535, 65537, 1 << 24, (1 << 24) + 1,
                                     largest};
    for (int bits = 1; bits < 30; ++bits)
        divisors.push_back(int32_t(random() % (1u << bits)) + 1);
    std::vector<Pair> pairs;
    for (const int32_t divisor : divisors)
    {
        for (int i = 0; i < 64; ++i)
        {
            const int32_t multiple = int32_t(random() % uint32_t(largest / divisor + 1)) * divisor;
            for (const int32_t beside : {-1, 0, 1})
                pairs.push_back({std::clamp(multiple + beside, 0, largest), divisor});
            pairs.push_back({int32_t(random() % uint32_t(largest)), divisor});
        }
        pairs.push_back({0, divisor});
        pairs.push_back({largest, divisor});
    }
    return pairs;
}

} // namespace

TEST_CASE("divide: kernels find quotients and remainders to the bit")
{
    const std::vector<Pair> pairs = pairs_to_divide();
    for_each_device(
        [&](const std::shared_ptr<Device>& device)
        {
            const size_t bytes = pairs.size() * sizeof(Pair);
            const Buffer upload = make_buffer(device, bytes, BufferUse::upload);
            const Buffer source = make_buffer(device, bytes);
            const Buffer target = make_buffer(device, bytes);
            const Buffer download = make_buffer(device, bytes, BufferUse::download);
            std::memcpy(upload.mapped(), pairs.data(), bytes);

            const auto count = uint32_t(pairs.size());
            const Pipeline* pipeline = make_pipeline(*device, {.shader = "divide",
                                                               .spirv = divide_spirv,
                                                               .specialization = {{workgroup_size_id, 64}},
                                                               .binding_count = 2});
            const Binding bindings[] = {{{&target}}, {{&source}}};
            CommandList list(device, Timing::none);
            list.copy({&upload}, {&source});
            list.barrier();
            list.dispatch({.pipeline = pipeline,
                           .bindings = bindings,
                           .push_constants = std::as_bytes(std::span(&count, 1)),
                           .group_count = {(count + 63) / 64, 1, 1}});
            list.barrier();
            list.copy({&target}, {&download});
            require_ok(list.finish());
            require_ok(device->run(list));

            const auto* results = static_cast<const Pair*>(download.mapped());
            for (size_t i = 0; i < pairs.size(); ++i)
            {
                const int32_t n = pairs[i][0];
                const int32_t d = pairs[i][1];
                CAPTURE(n);
                CAPTURE(d);
                REQUIRE(results[i] == Pair{n / d, n % d});
            }
        });
}

} // namespace vkseg::vk::divide_test
