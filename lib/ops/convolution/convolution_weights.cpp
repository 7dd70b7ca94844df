#include "ops/convolution/convolution_weights.hpp"
#include "base/div_ceil.hpp"

#include "base/half.hpp"
#include "base/parallel.hpp"
#include "ops/convolution/winograd.hpp"

#include <algorithm>

namespace vkseg {
namespace {

/// Minimum number of values for threads; fewer are packed faster than a thread starts.
constexpr int64_t worth_threads = 1 << 16;

/// A value as it is stored: a float, or the bits of a half.
template <class Word>
Word stored(float value)
{
    if constexpr (sizeof(Word) == sizeof(uint16_t))
        return to_stored_half(value).bits;
    else
        return value;
}

template <class Pack>
void for_each_tile(const WeightOrder& order, const Pack& pack)
{
    if (order.elements() * 4 >= worth_threads)
        parallel_for(order.tiles(), [&](int64_t tile) { pack(int(tile)); });
    else
    {
        for (int tile = 0; tile < order.tiles(); ++tile)
            pack(tile);
    }
}

/// The taps from one input to one output, both counted over all groups; null if they are not connected.
const float* find_taps(const ConvolutionChannels& channels, const WeightSource& source, int output, int input)
{
    if (output >= channels.outputs || input >= channels.inputs)
        return nullptr;
    if (source.spread_taps > 1)
    {
        const int channel = source.spread_channel(output);
        if (channel >= source.spread_outputs)
            return nullptr;
        return source.values.data() + size_t(channel) * source.output_pitch + size_t(input) * source.input_pitch +
               output / 4 % source.spread_taps;
    }
    const int group = output / channels.group_outputs();
    const int in_group = input - group * channels.group_inputs();
    if (in_group < 0 || in_group >= channels.group_inputs())
        return nullptr;
    return source.values.data() + size_t(group) * source.group_pitch +
           size_t(output - group * channels.group_outputs()) * source.output_pitch +
           size_t(in_group) * source.input_pitch;
}

/// The taps between the four channels of an input block and those of an output block, in the order that kernels read:
/// by input, then by output.
std::array<const float*, 16> find_block_taps(const ConvolutionChannels& channels, const WeightSource& source,
                                             int out_block, int in_block)
{
    std::array<const float*, 16> taps;
    for (int i = 0; i < 16; ++i)
        taps[size_t(i)] = find_taps(channels, source, out_block * 4 + i % 4, in_block * 4 + i / 4);
    return taps;
}

template <class Word>
void pack_tile(const WeightOrder& order, int tile, std::span<const float> bias, const WeightSource& source, Word* to)
{
    const ConvolutionChannels& channels = order.channels;
    Word* const end = to + order.tile_pitch() * 4;
    const int first_block = tile * order.tile_blocks();
    const int end_block = first_block + order.tile_blocks();
    for (int output = first_block * 4; output < end_block * 4; ++output)
        *to++ = stored<Word>(output < channels.outputs && !bias.empty() ? bias[size_t(output)] : 0.0f);
    if (order.blocks == 0)
    {
        for (const size_t tap : source.taps)
        {
            for (int output = first_block * 4; output < end_block * 4; ++output)
            {
                const float* const taps = find_taps(channels, source, output, output);
                *to++ = stored<Word>(taps == nullptr ? 0.0f : taps[tap]);
            }
        }
        return;
    }
    std::vector<std::array<const float*, 16>> taps(size_t(order.tile_blocks()));
    const WeightOrder::Blocks blocks = order.input_blocks(tile);
    for (int block = blocks.first; block < blocks.end; ++block)
    {
        for (int i = 0; i < order.tile_blocks(); ++i)
            taps[size_t(i)] = find_block_taps(channels, source, first_block + i, block);
        for (const size_t tap : source.taps)
        {
            for (const std::array<const float*, 16>& square : taps)
            {
                for (const float* const from : square)
                    *to++ = stored<Word>(from == nullptr ? 0.0f : from[tap]);
            }
        }
    }
    std::fill(to, end, Word(0)); // groups at the end may have fewer inputs
}

uint32_t word_of(const std::array<const float*, 4>& taps, size_t tap)
{
    uint32_t word = 0;
    for (size_t lane = 0; lane < 4; ++lane)
        word |= uint32_t(uint8_t(int8_t(taps[lane] == nullptr ? 0.0f : taps[lane][tap]))) << (8 * lane);
    return word;
}

void pack_byte_tile(const WeightOrder& order, int tile, std::span<const ByteHead> heads, const WeightSource& source,
                    uint32_t* to)
{
    uint32_t* const end = to + order.tile_pitch();
    const int first_block = tile * order.tile_blocks();
    for (int block = first_block; block < first_block + order.tile_blocks(); ++block)
    {
        const ByteHead head = size_t(block) < heads.size() ? heads[size_t(block)] : ByteHead{};
        to = std::copy(head.begin(), head.end(), to);
    }
    const auto taps_to = [&](int output, int first_input, int input_step)
    {
        std::array<const float*, 4> taps;
        for (int lane = 0; lane < 4; ++lane)
            taps[size_t(lane)] =
                find_taps(order.channels, source, output + lane * (1 - input_step), first_input + lane);
        return taps;
    };
    if (order.blocks == 0)
    {
        for (const size_t tap : source.taps)
            *to++ = word_of(taps_to(first_block * 4, first_block * 4, 0), tap);
        return;
    }
    const WeightOrder::Blocks blocks = order.input_blocks(tile);
    for (int block = blocks.first; block < blocks.end; ++block)
    {
        for (const size_t tap : source.taps)
        {
            for (int output = first_block * 4; output < (first_block + order.tile_blocks()) * 4; ++output)
                *to++ = word_of(taps_to(output, block * 4, 1), tap);
        }
    }
    std::fill(to, end, 0u); // groups at the end may have fewer inputs
}

template <class Word>
void pack_words(const WeightOrder& order, std::span<const float> bias, const WeightSource& source,
                std::span<std::byte> to)
{
    Word* const words = reinterpret_cast<Word*>(to.data());
    for_each_tile(order,
                  [&](int tile) { pack_tile(order, tile, bias, source, words + order.tile_pitch() * 4 * tile); });
}

/// Computes G g Gᵀ for sixteen windows g at once; row r of G is rows_[r].
class WinogradTransform
{
public:
    using Lanes = std::array<float, 16>;

    explicit WinogradTransform(int outputs) : rows_(winograd_rows(outputs)), vertical_(rows_.size() * 3) {}

    /// Calls store(position, lanes) for each position of a tile, row-major. The nine values of a window lie at the
    /// offsets `taps`.
    template <class Store>
    void run(const std::array<const float*, 16>& windows, std::span<const size_t> taps, const Store& store)
    {
        std::array<Lanes, 9> g;
        for (size_t tap = 0; tap < 9; ++tap)
        {
            for (size_t lane = 0; lane < 16; ++lane)
                g[tap][lane] =
                    windows[lane] == nullptr || taps[tap] == WeightSource::no_tap ? 0.0f : windows[lane][taps[tap]];
        }
        for (size_t row = 0; row < rows_.size(); ++row)
        {
            for (size_t column = 0; column < 3; ++column)
                vertical_[row * 3 + column] = combine(rows_[row], g[column], g[3 + column], g[6 + column]);
        }
        for (size_t row = 0; row < rows_.size(); ++row)
        {
            for (size_t column = 0; column < rows_.size(); ++column)
                store(row * rows_.size() + column,
                      combine(rows_[column], vertical_[row * 3], vertical_[row * 3 + 1], vertical_[row * 3 + 2]));
        }
    }

private:
    static Lanes combine(const std::array<float, 3>& weights, const Lanes& a, const Lanes& b, const Lanes& c)
    {
        Lanes sum;
        for (size_t lane = 0; lane < 16; ++lane)
            sum[lane] = weights[0] * a[lane] + weights[1] * b[lane] + weights[2] * c[lane];
        return sum;
    }

    std::vector<std::array<float, 3>> rows_;
    std::vector<Lanes> vertical_;
};

template <class Word>
void pack_winograd_words(const WeightOrder& order, int outputs, std::span<const float> bias, const WeightSource& source,
                         std::span<std::byte> to)
{
    Word* const words = reinterpret_cast<Word*>(to.data());
    const size_t position_pitch = size_t(order.elements()) * 4;
    const size_t positions = size_t(winograd_edge(outputs)) * size_t(winograd_edge(outputs));
    const size_t bias_words = size_t(order.tile_blocks()) * 4;
    const auto pack = [&](int tile)
    {
        Word* const begin = words + size_t(order.tile_pitch()) * 4 * size_t(tile);
        for (size_t position = 0; position < positions; ++position)
            std::fill_n(begin + position * position_pitch, bias_words, Word(0));
        WinogradTransform transform(outputs);
        Word* square = begin + bias_words;
        const WeightOrder::Blocks blocks = order.input_blocks(tile);
        for (int block = blocks.first; block < blocks.end; ++block)
        {
            for (int i = 0; i < order.tile_blocks(); ++i, square += 16)
            {
                const int out_block = tile * order.tile_blocks() + i;
                transform.run(
                    find_block_taps(order.channels, source, out_block, block), source.taps,
                    [&](size_t position, const WinogradTransform::Lanes& lanes)
                    { std::transform(lanes.begin(), lanes.end(), square + position * position_pitch, stored<Word>); });
            }
        }
    };
    for_each_tile(order, pack);
    Word* const end = words + to.size() / sizeof(Word);
    std::fill(std::transform(bias.begin(), bias.end(), words + position_pitch * positions, stored<Word>), end, Word(0));
}

} // namespace

size_t packed_bytes(const WeightOrder& order, Storage storage)
{
    return size_t(order.elements()) * element_bytes(storage);
}

void write_weights(const WeightOrder& order, std::span<const float> bias, const WeightSource& source, Storage storage,
                   std::span<std::byte> to)
{
    assert(to.size() == packed_bytes(order, storage) && source.taps.size() == size_t(order.taps));
    if (storage == Storage::f16)
        pack_words<uint16_t>(order, bias, source, to);
    else
        pack_words<float>(order, bias, source, to);
}

void write_byte_weights(const WeightOrder& order, std::span<const ByteHead> heads, const WeightSource& source,
                        std::span<std::byte> to)
{
    assert(to.size() == packed_bytes(order, Storage::i8) && source.taps.size() == size_t(order.taps));
    uint32_t* const words = reinterpret_cast<uint32_t*>(to.data());
    for_each_tile(order,
                  [&](int tile) { pack_byte_tile(order, tile, heads, source, words + order.tile_pitch() * tile); });
}

int64_t packed_winograd_elements(const ConvolutionChannels& channels, const WeightLayout& layout)
{
    const WeightOrder order = {.channels = channels, .taps = 1, .blocks = layout.blocks};
    const int edge = winograd_edge(layout.winograd);
    const int64_t elements = order.elements() * edge * edge + div_ceil(channels.outputs, 4);
    return elements + elements % 2;
}

size_t packed_winograd_bytes(const ConvolutionChannels& channels, const WeightLayout& layout, Storage storage)
{
    return size_t(packed_winograd_elements(channels, layout)) * element_bytes(storage);
}

void write_winograd_weights(const ConvolutionChannels& channels, const WeightLayout& layout,
                            std::span<const float> bias, const WeightSource& source, Storage storage,
                            std::span<std::byte> to)
{
    assert(to.size() == packed_winograd_bytes(channels, layout, storage) && source.taps.size() == 9);
    const WeightOrder order = {.channels = channels, .taps = 1, .blocks = layout.blocks};
    if (storage == Storage::f16)
        pack_winograd_words<uint16_t>(order, layout.winograd, bias, source, to);
    else
        pack_winograd_words<float>(order, layout.winograd, bias, source, to);
}

} // namespace vkseg
