#include "runtime/waits.hpp"

#include "runtime/shader_modules.hpp"
#include "runtime/specialize.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>

namespace vkseg::waits_test {
namespace {

MemoryReference bytes(size_t begin, size_t end)
{
    return {.kind = MemoryReference::Kind::arena, .index = 0, .offset_bytes = begin, .size_bytes = end - begin};
}

std::vector<MemoryAccess> launch(const MemoryReference& from, const MemoryReference& to)
{
    return {{.memory = to, .is_write = true}, {.memory = from, .is_write = false}};
}

using Launches = std::vector<std::vector<MemoryAccess>>;
using Waits = std::vector<bool>;

TEST_CASE("waits: every launch of a chain waits for the one before it")
{
    const Launches chain = {launch(bytes(0, 100), bytes(100, 200)), launch(bytes(100, 200), bytes(200, 300)),
                            launch(bytes(200, 300), bytes(300, 400))};
    CHECK(find_waits(chain) == Waits{false, true, true});
}

TEST_CASE("waits: one serves all launches behind it that do not meet")
{
    const MemoryReference x = bytes(0, 100);
    const Launches branches = {launch(bytes(900, 1000), x), launch(x, bytes(100, 200)), launch(x, bytes(200, 300)),
                               launch(x, bytes(300, 400)), launch(bytes(100, 400), bytes(400, 500))};
    CHECK(find_waits(branches) == Waits{false, true, false, false, true});
}

TEST_CASE("waits: what was written before the last wait is there")
{
    const Launches launches = {launch(bytes(900, 1000), bytes(0, 100)), launch(bytes(0, 100), bytes(100, 200)),
                               launch(bytes(0, 100), bytes(200, 300))};
    CHECK(find_waits(launches) == Waits{false, true, false});
}

TEST_CASE("waits: memory that is read or written may not be overwritten meanwhile")
{
    CHECK(find_waits(Launches{launch(bytes(0, 100), bytes(100, 200)), launch(bytes(200, 300), bytes(99, 100))}) ==
          Waits{false, true});
    CHECK(find_waits(Launches{launch(bytes(0, 100), bytes(100, 200)), launch(bytes(200, 300), bytes(199, 300))}) ==
          Waits{false, true});
    CHECK(find_waits(Launches{launch(bytes(0, 100), bytes(100, 200)), launch(bytes(0, 100), bytes(200, 300))}) ==
          Waits{false, false});
}

/// The rule itself, by comparing every launch with all since the last that waits.
Waits compare_all(const Launches& launches)
{
    Waits waits;
    std::vector<MemoryAccess> since_wait;
    const auto collides = [&](const MemoryAccess& a)
    {
        return std::any_of(since_wait.begin(), since_wait.end(),
                           [&](const MemoryAccess& b)
                           {
                               const size_t a_end = a.memory.offset_bytes + a.memory.size_bytes;
                               const size_t b_end = b.memory.offset_bytes + b.memory.size_bytes;
                               return (a.is_write || b.is_write) && a.memory.index == b.memory.index &&
                                      a.memory.offset_bytes < b_end && b.memory.offset_bytes < a_end;
                           });
    };
    for (const std::vector<MemoryAccess>& accesses : launches)
    {
        waits.push_back(std::any_of(accesses.begin(), accesses.end(), collides));
        if (waits.back())
            since_wait.clear();
        since_wait.insert(since_wait.end(), accesses.begin(), accesses.end());
    }
    return waits;
}

TEST_CASE("waits: launches on random bytes wait as if each were compared with all")
{
    std::minstd_rand generator(3);
    for (int round = 0; round < 500; ++round)
    {
        Launches launches(40);
        for (std::vector<MemoryAccess>& accesses : launches)
        {
            for (int i = 0; i < 3; ++i)
            {
                const size_t begin = generator() % 300;
                MemoryReference memory = bytes(begin, begin + 1 + generator() % 12);
                memory.index = uint32_t(generator() % 2);
                accesses.push_back({.memory = memory, .is_write = i == 0});
            }
        }
        REQUIRE(find_waits(launches) == compare_all(launches));
    }
}

TEST_CASE("waits: the same offsets of other memory are other bytes")
{
    const MemoryReference here = bytes(0, 100);
    for (const MemoryReference& there :
         {MemoryReference{.kind = MemoryReference::Kind::arena, .index = 1, .size_bytes = 100},
          MemoryReference{.kind = MemoryReference::Kind::to_host, .size_bytes = 100}})
        CHECK(find_waits(Launches{launch(bytes(200, 300), here), launch(there, bytes(300, 400))}) ==
              Waits{false, false});
}

TEST_CASE("waits: kernels write their outputs and nothing else")
{
    for (size_t i = 0; i < shader_count; ++i)
    {
        const ShaderCode& code = shader_code(Shader(i));
        const bool has_three_outputs = Shader(i) == Shader::tensor_to_mask;
        const bool has_partial_results = std::string_view(code.name).starts_with("reduce") || // read by the next launch
                                         Shader(i) == Shader::picture_to_tensor;
        const bool has_state = Shader(i) == Shader::recurrent;
        const bool has_two_outputs = Shader(i) == Shader::lattice_vertices || Shader(i) == Shader::lattice_normalize ||
                                     Shader(i) == Shader::max_unpool_clear || Shader(i) == Shader::top_k ||
                                     Shader(i) == Shader::nms_candidates || Shader(i) == Shader::nms_result ||
                                     Shader(i) == Shader::non_zero_offsets;
        const uint32_t expected = has_three_outputs     ? 0b111
                                  : has_partial_results ? 0b101
                                  : has_state           ? 0b1001
                                  : has_two_outputs     ? 0b11
                                                        : 0b1;
        for (const Storage storage : {Storage::f32, Storage::f16, Storage::i32})
        {
            const std::span<const uint32_t> spirv = spirv_of(Shader(i), storage);
            if (!spirv.empty())
                CHECK_MESSAGE(written_bindings(spirv) == expected, std::string(code.name));
        }
    }
}

/// The waits of a network, in whose planning nothing stands in the way of texels or the like.
Waits waits_of(const Graph& graph, bool reuse_memory, const Limits& limits)
{
    Result<Graph> specialized = specialize(graph, {}, false); // launches that one could do in one stay apart
    REQUIRE(specialized.is_ok());
    const Result<Program> program = make_program(*std::move(specialized), {.share_memory = true}, limits, reuse_memory);
    REQUIRE_MESSAGE(program.is_ok(), program.status().message());
    Waits waits;
    for (const Launch& launch : program->launches)
        waits.push_back(launch.waits);
    return waits;
}

/// Four activations of one value, concatenated. The result goes to the host.
Graph branches(const Shape& shape)
{
    Graph graph;
    const ValueId x = graph.add_input("x", DType::f32, shape);
    std::vector<ValueId> parts;
    for (const UnaryKind kind : {UnaryKind::relu, UnaryKind::tanh, UnaryKind::sigmoid, UnaryKind::exp})
        parts.push_back(graph.add_node("part", Unary{.kind = kind}, {x}));
    graph.outputs = {graph.add_node("all", Concat{.axis = 1}, parts)};
    return graph;
}

TEST_CASE("waits: parts of a concatenation are computed side by side, where each lies in one piece")
{
    Limits limits;
    limits.storage_buffer_alignment_bytes = limits.texel_buffer_alignment_bytes = 16;
    const Waits side_by_side = {false, true, false, false, false, true}; // input, parts, output
    CHECK(waits_of(branches({1, 8, 3, 5}), true, limits) == side_by_side);
    const Waits in_turn = {false, true, true, true, true, true}; // parts of a batch lie between each other
    CHECK(waits_of(branches({2, 8, 3, 5}), true, limits) == in_turn);
}

TEST_CASE("waits: parts of a concatenation wait for each other where they cannot be bound apart")
{
    Limits limits; // 256 bytes, and a part takes 480
    const Waits in_turn = {false, true, true, true, true, true};
    CHECK(waits_of(branches({1, 8, 3, 5}), true, limits) == in_turn);
    const Waits side_by_side = {false, true, false, false, false, true};
    CHECK(waits_of(branches({1, 8, 4, 8}), true, limits) == side_by_side);
}

TEST_CASE("waits: values that take turns in one place wait for it")
{
    // Two chains; the second may begin where the first left its memory.
    Graph graph;
    const ValueId x = graph.add_input("x", DType::f32, {1, 4, 4, 4});
    for (const char* chain : {"a", "b"})
    {
        ValueId y = x;
        for (const UnaryKind kind : {UnaryKind::relu, UnaryKind::tanh})
            y = graph.add_node(chain, Unary{.kind = kind}, {y});
        graph.outputs.push_back(y);
    }
    const auto count = [&](bool reuse)
    {
        const Waits waits = waits_of(graph, reuse, {});
        return std::count(waits.begin(), waits.end(), true);
    };
    CHECK(count(false) < count(true));
}

} // namespace
} // namespace vkseg::waits_test
