#include "runtime/weight_store.hpp"

#include "base/div_ceil.hpp"
#include "base/try.hpp"
#include "runtime/specialize.hpp"
#include "vk/commands.hpp"

#include <algorithm>
#include <cstring>
#include <set>

namespace vkseg {
namespace {

constexpr size_t batch_bytes = size_t(32) << 20; // small tensors share buffers of about this size
constexpr size_t staging_bytes = size_t(16) << 20;

/// FNV-1a over words of eight bytes.
uint64_t hash(std::span<const std::byte> bytes, uint64_t seed)
{
    uint64_t value = seed ^ bytes.size();
    size_t i = 0;
    for (; i + 8 <= bytes.size(); i += 8)
    {
        uint64_t word;
        std::memcpy(&word, bytes.data() + i, 8);
        value = (value ^ word) * 0x100000001b3u;
        value ^= value >> 29;
    }
    for (; i < bytes.size(); ++i)
        value = (value ^ uint64_t(bytes[i])) * 0x100000001b3u;
    return value;
}

/// The values from which weights are made.
std::vector<ValueId> sources_of(const Program& program, const Weights& weights)
{
    if (weights.key.kind != WeightKey::Kind::packed)
        return {weights.value};
    return program.graph.nodes[weights.node].inputs;
}

/// Drops a graph's constants after their last reader is done.
class ConstantReaders
{
public:
    explicit ConstantReaders(Graph& graph) : graph_(graph), readers_(graph.values.size())
    {
        for (const ValueId id : graph.outputs)
            ++readers_[id]; // never dropped
    }

    void add(std::span<const ValueId> ids)
    {
        for (const ValueId id : ids)
        {
            if (id != no_value)
                ++readers_[id];
        }
    }

    void finish(std::span<const ValueId> ids)
    {
        for (const ValueId id : ids)
        {
            if (id != no_value && --readers_[id] == 0)
                graph_.values[id].constant.reset();
        }
    }

    /// Drops constants that have no readers left, or never had any.
    void drop_rest()
    {
        for (size_t id = 0; id < readers_.size(); ++id)
        {
            if (readers_[id] == 0)
                graph_.values[id].constant.reset();
        }
    }

private:
    Graph& graph_;
    std::vector<int> readers_;
};

uint64_t content_of(const Program& program, const Weights& weights)
{
    uint64_t content = 0xcbf29ce484222325u;
    const auto add_shape = [&](const Shape& shape)
    { content = hash(std::as_bytes(std::span(shape.begin(), shape.end())), content); };
    for (const ValueId id : sources_of(program, weights))
    {
        if (id == no_value || !program.graph.values[id].constant)
            continue;
        content = hash(program.graph.values[id].constant->bytes(), content);
        add_shape(program.graph.values[id].shape);
    }
    if (weights.key.kind == WeightKey::Kind::packed)
    {
        const Node& node = program.graph.nodes[weights.node];
        const Signature facts = signature(node.op);
        // The shape of the output stands for attributes that follow the shapes, such as the sizes of a Resize.
        for (const std::vector<ValueId>* ids : {&node.inputs, &node.outputs})
        {
            for (const ValueId id : *ids)
            {
                if (id != no_value && !program.graph.values[id].constant)
                    add_shape(packed_shape(facts, program.graph.values[id].shape));
            }
        }
    }
    return content;
}

} // namespace

/// Copies through staging buffers, for memory that is not host-visible.
Status WeightStore::copy(std::span<const std::byte> bytes, const vk::BufferRange& to)
{
    VKSEG_ASSIGN(const vk::Buffer staging, vk::Buffer::create(device_, {.bytes = std::min(staging_bytes, bytes.size()),
                                                                        .use = vk::BufferUse::upload,
                                                                        .purpose = vk::MemoryPurpose::staging}));
    for (size_t offset = 0; offset < bytes.size(); offset += staging_bytes)
    {
        const size_t count = std::min(staging_bytes, bytes.size() - offset);
        std::memcpy(staging.mapped(), bytes.data() + offset, count);
        vk::CommandList commands(device_);
        commands.copy({.buffer = &staging, .offset_bytes = 0, .size_bytes = count},
                      {.buffer = to.buffer, .offset_bytes = to.offset_bytes + offset, .size_bytes = count});
        VKSEG_TRY(commands.finish());
        VKSEG_TRY(device_->run(commands));
    }
    return {};
}

/// Uploads the whole batch to one new buffer.
Status WeightStore::upload(std::span<const Pending> batch)
{
    if (batch.empty())
        return {};
    size_t size = 0;
    for (const Pending& pending : batch)
        size += round_up(pending.packing.bytes, weight_alignment);
    VKSEG_ASSIGN(vk::Buffer created,
                 vk::Buffer::create(
                     device_, {.bytes = size, .use = vk::BufferUse::device, .purpose = vk::MemoryPurpose::weights}));
    const vk::Buffer& buffer = buffers_.emplace_back(std::move(created));
    auto* const mapped = static_cast<std::byte*>(buffer.mapped());
    size_t offset = 0;
    for (const Pending& pending : batch)
    {
        const Packing& packing = pending.packing;
        const vk::BufferRange range = {&buffer, offset, round_up(packing.bytes, weight_alignment)};
        if (mapped != nullptr)
            packing.write({mapped + offset, packing.bytes});
        else
        {
            std::vector<std::byte> bytes(packing.bytes);
            packing.write(bytes);
            VKSEG_TRY(copy(bytes, range));
        }
        places_.emplace(pending.key, range);
        offset += range.size_bytes;
    }
    return {};
}

Result<std::vector<vk::BufferRange>> WeightStore::place(Program& program, const std::function<void(double)>& progress)
{
    ConstantReaders readers(program.graph);
    for (const Weights& weights : program.weights)
        readers.add(sources_of(program, weights));
    readers.drop_rest();

    // Each constant is read, for its key and for packing, shortly before it is dropped: reading a mapped file through
    // beforehand would keep all of its pages in memory.
    std::vector<Key> keys;
    std::vector<Pending> batch;
    std::set<Key> batch_keys;
    size_t batched = 0;
    size_t first = 0; // index of the first weights whose constants are still there
    for (Weights& weights : program.weights)
    {
        if (!weights.content)
            weights.content = content_of(program, weights);
        keys.push_back({.weights = weights.key, .content = *weights.content});
        if (!places_.contains(keys.back()) && batch_keys.insert(keys.back()).second)
        {
            batch.push_back({keys.back(), pack_weights(program, weights)});
            batched += batch.back().packing.bytes;
        }
        if (batched < batch_bytes && keys.size() < program.weights.size())
            continue;
        VKSEG_TRY(upload(batch));
        batch.clear();
        batch_keys.clear();
        batched = 0;
        for (; first < keys.size(); ++first)
            readers.finish(sources_of(program, program.weights[first]));
        progress(double(keys.size()) / double(program.weights.size()));
    }
    std::vector<vk::BufferRange> ranges;
    for (const Key& key : keys)
        ranges.push_back(places_.at(key));
    return ranges;
}

size_t WeightStore::size_bytes() const
{
    size_t bytes = 0;
    for (const vk::Buffer& buffer : buffers_)
        bytes += buffer.size_bytes();
    return bytes;
}

} // namespace vkseg
