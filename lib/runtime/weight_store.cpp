#include "runtime/weight_store.hpp"

#include "base/try.hpp"
#include "runtime/specialize.hpp"
#include "vk/commands.hpp"

#include <algorithm>
#include <cstring>

namespace vkseg {
namespace {

constexpr size_t weight_alignment = 256;         // the largest that the specification lets a device ask for
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

} // namespace

WeightStore::Key WeightStore::key_of(const Program& program, const Weights& weights)
{
    Key key = {.weights = weights.key, .content = 0xcbf29ce484222325u};
    const auto add = [&](ValueId id)
    {
        if (id != no_value && program.graph.values[id].constant)
            key.content = hash(program.graph.values[id].constant->bytes(), key.content);
    };
    if (weights.key.kind != WeightKey::Kind::packed)
        add(weights.value);
    else
    {
        const Node& node = program.graph.nodes[weights.node];
        std::for_each(node.inputs.begin(), node.inputs.end(), add);
        if (std::holds_alternative<Resize>(node.op)) // its table of taps follows from the shapes
        {
            for (const ValueId id : {node.inputs[0], node.outputs[0]})
            {
                const Shape& shape = program.graph.values[id].shape;
                key.content = hash(std::as_bytes(std::span(shape.begin(), shape.end())), key.content);
            }
        }
    }
    return key;
}

Status WeightStore::write(std::span<const std::byte> bytes, const vk::BufferRange& range)
{
    if (void* mapped = range.buffer->mapped())
    {
        std::memcpy(static_cast<std::byte*>(mapped) + range.offset_bytes, bytes.data(), bytes.size());
        return {};
    }
    VKSEG_ASSIGN(const vk::Buffer staging, vk::Buffer::create(device_, {.bytes = std::min(staging_bytes, bytes.size()),
                                                                        .use = vk::BufferUse::upload,
                                                                        .purpose = vk::MemoryPurpose::staging}));
    for (size_t offset = 0; offset < bytes.size(); offset += staging_bytes)
    {
        const size_t count = std::min(staging_bytes, bytes.size() - offset);
        std::memcpy(staging.mapped(), bytes.data() + offset, count);
        vk::CommandList commands(device_);
        commands.copy({.buffer = &staging, .offset_bytes = 0, .size_bytes = count},
                      {.buffer = range.buffer, .offset_bytes = range.offset_bytes + offset, .size_bytes = count});
        VKSEG_TRY(commands.finish());
        VKSEG_TRY(device_->run(commands));
    }
    return {};
}

/// One buffer for the whole batch, no larger than it is.
Status WeightStore::upload(std::vector<Packed>& batch)
{
    std::vector<std::byte> bytes;
    std::vector<size_t> offsets;
    for (Packed& packed : batch)
    {
        offsets.push_back(bytes.size());
        if (batch.size() == 1)
            bytes = std::move(packed.bytes);
        else
            bytes.insert(bytes.end(), packed.bytes.begin(), packed.bytes.end());
        bytes.resize((bytes.size() + weight_alignment - 1) / weight_alignment * weight_alignment);
    }
    if (batch.empty())
        return {};
    VKSEG_ASSIGN(vk::Buffer buffer, vk::Buffer::create(device_, {.bytes = bytes.size(),
                                                                 .use = vk::BufferUse::device,
                                                                 .purpose = vk::MemoryPurpose::weights}));
    buffers_.push_back(std::move(buffer));
    VKSEG_TRY(write(bytes, {.buffer = &buffers_.back(), .offset_bytes = 0, .size_bytes = bytes.size()}));
    for (size_t i = 0; i < batch.size(); ++i)
    {
        const size_t end = i + 1 < batch.size() ? offsets[i + 1] : bytes.size();
        places_.emplace(batch[i].key, vk::BufferRange{&buffers_.back(), offsets[i], end - offsets[i]});
    }
    batch.clear();
    return {};
}

Result<std::vector<vk::BufferRange>> WeightStore::place(const Program& program,
                                                        const std::function<void(double)>& progress)
{
    std::vector<Key> keys;
    std::vector<Packed> batch;
    size_t batched = 0;
    for (const Weights& weights : program.weights)
    {
        keys.push_back(key_of(program, weights));
        if (places_.contains(keys.back()))
            continue;
        batch.push_back({keys.back(), weight_bytes(program, weights)});
        batched += batch.back().bytes.size();
        if (batched >= batch_bytes)
        {
            VKSEG_TRY(upload(batch));
            batched = 0;
        }
        progress(double(keys.size()) / double(program.weights.size()));
    }
    VKSEG_TRY(upload(batch));
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
