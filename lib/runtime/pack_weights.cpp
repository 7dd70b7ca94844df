#include "base/half.hpp"
#include "runtime/program.hpp"
#include "runtime/specialize.hpp"

#include <algorithm>
#include <cstring>

namespace vkseg {
namespace {

/// A constant's words in this layout.
template <class Word>
std::vector<Word> lay_out(const std::vector<Word>& values, const Shape& shape, Layout layout)
{
    std::vector<Word> laid_out(size_t(elements4(shape, layout)) * 4);
    if (layout == Layout::linear)
    {
        std::copy(values.begin(), values.end(), laid_out.begin());
        return laid_out;
    }
    const Operand operand = {.shape = shape};
    const size_t plane = size_t(operand.rows()) * size_t(operand.width());
    const size_t channels = size_t(operand.channels());
    const size_t blocks = size_t(operand.blocks());
    for (size_t batch = 0; batch < size_t(operand.batch()); ++batch)
    {
        for (size_t channel = 0; channel < channels; ++channel)
        {
            const Word* from = values.data() + (batch * channels + channel) * plane;
            Word* to = laid_out.data() + (batch * blocks + channel / 4) * plane * 4 + channel % 4;
            for (size_t pixel = 0; pixel < plane; ++pixel)
                to[pixel * 4] = from[pixel];
        }
    }
    return laid_out;
}

template <class Word>
void copy(const std::vector<Word>& words, std::span<std::byte> to)
{
    assert(words.size() * sizeof(Word) == to.size());
    std::memcpy(to.data(), words.data(), to.size());
}

void write_constant(const Tensor& tensor, Layout layout, Storage storage, std::span<std::byte> to)
{
    if (storage == Storage::i32)
    {
        std::vector<int32_t> words;
        for (const int64_t value : tensor.to_integers())
            words.push_back(int32_t(value)); // in range, as checked by check_integers()
        copy(lay_out(words, tensor.shape(), layout), to);
        return;
    }
    const std::vector<float> values = lay_out(tensor.to_floats(), tensor.shape(), layout);
    if (storage == Storage::f32)
    {
        copy(values, to);
        return;
    }
    std::vector<uint16_t> halves;
    halves.reserve(values.size());
    for (const float value : values)
        halves.push_back(to_stored_half(value).bits);
    copy(halves, to);
}

} // namespace

Packing pack_weights(const Program& program, const Weights& weights)
{
    if (weights.key.kind == WeightKey::Kind::packed)
    {
        const Node& node = program.graph.nodes[weights.node];
        return pack(node.op, infos_of(program.graph, node), weights.key.layout, weights.key.storage);
    }
    const Layout layout = weights.key.kind == WeightKey::Kind::blocked ? Layout::blocked : Layout::linear;
    const Tensor& tensor = *program.graph.values[weights.value].constant;
    return {.bytes = size_t(elements4(tensor.shape(), layout)) * element_bytes(weights.key.storage),
            .write = [&tensor, layout, storage = weights.key.storage](std::span<std::byte> to)
            { write_constant(tensor, layout, storage, to); }};
}

} // namespace vkseg
