#pragma once

/// Weights on their way from the file's order to the kernels'.
#include "base/half.hpp"
#include "base/parallel.hpp"
#include "ops/winograd.hpp"

#include <cstring>
#include <span>
#include <vector>

namespace vkseg {

/// Writes values one after the other in the storage type.
class ValueWriter
{
public:
    ValueWriter(Storage real, std::byte* begin) : is_half_(real == Storage::f16), next_(begin) {}
    void add(float value)
    {
        if (is_half_)
            add_bytes(to_half(value).bits);
        else
            add_bytes(value);
    }

private:
    template <class T>
    void add_bytes(T value)
    {
        std::memcpy(next_, &value, sizeof(T));
        next_ += sizeof(T);
    }

    bool is_half_;
    std::byte* next_;
};

/// The values as floats, without a copy where they are stored so.
class FloatValues
{
public:
    explicit FloatValues(const Tensor& tensor)
        : copy_(tensor.type() == DType::f32 ? std::vector<float>() : tensor.to_floats())
        , values_(tensor.type() == DType::f32 ? tensor.floats() : std::span<const float>(copy_))
    {}
    FloatValues(const FloatValues&) = delete;
    FloatValues& operator=(const FloatValues&) = delete;
    std::span<const float> span() const { return values_; }

private:
    std::vector<float> copy_;
    std::span<const float> values_;
};

/// Weights of fewer values are packed faster than a thread starts.
constexpr int64_t worth_threads = 1 << 16;

/// One tile of the weights, into zeros.
template <class Weight>
void pack_tile(const WeightOrder& order, int tile, std::span<const float> bias, ValueWriter writer,
               const Weight& weight)
{
    const ConvolutionChannels& channels = order.channels;
    const int first_output = tile * order.tile_blocks() * 4;
    const int end_output = first_output + order.tile_blocks() * 4;
    for (int output = first_output; output < end_output; ++output)
        writer.add(output < channels.outputs && !bias.empty() ? bias[size_t(output)] : 0.0f);
    if (order.form == 0)
    {
        for (int tap = 0; tap < order.taps; ++tap)
        {
            for (int output = first_output; output < end_output; ++output)
                writer.add(output < channels.outputs ? weight(output, 0, tap) : 0.0f);
        }
        return;
    }
    const auto value = [&](int output, int input, int tap)
    {
        if (output >= channels.outputs || input >= channels.inputs)
            return 0.0f;
        const int in_group = input - output / channels.group_outputs() * channels.group_inputs();
        return in_group >= 0 && in_group < channels.group_inputs() ? weight(output, in_group, tap) : 0.0f;
    };
    const WeightOrder::Blocks blocks = order.input_blocks(tile);
    for (int block = blocks.first; block < blocks.end; ++block)
    {
        for (int tap = 0; tap < order.taps; ++tap)
        {
            for (int out_block = first_output; out_block < end_output; out_block += 4)
            {
                for (int input = block * 4; input < block * 4 + 4; ++input)
                {
                    for (int output = out_block; output < out_block + 4; ++output)
                        writer.add(value(output, input, tap));
                }
            }
        }
    }
}

/// Appends the weights in the given order. `weight(output, input, tap)` is called for connected channels only, from
/// several threads, the input counted within its group; `bias` is empty or has a value for each output.
template <class Weight>
void pack_weights(const WeightOrder& order, std::span<const float> bias, Storage real, std::vector<std::byte>& bytes,
                  const Weight& weight)
{
    const size_t begin = bytes.size();
    const size_t tile_bytes = size_t(order.tile_pitch()) * element_bytes(real);
    bytes.resize(begin + tile_bytes * size_t(order.tiles())); // zeros: pad lanes, and the ends of shorter tiles
    const auto pack = [&](int64_t tile)
    { pack_tile(order, int(tile), bias, ValueWriter(real, bytes.data() + begin + tile_bytes * size_t(tile)), weight); };
    if (order.elements() * 4 >= worth_threads)
        parallel_for(order.tiles(), pack);
    else
    {
        for (int tile = 0; tile < order.tiles(); ++tile)
            pack(tile);
    }
}

/// Appends weights of 3 × 3 taps in a Winograd form: for each position of a tile, their transforms in the order of a
/// pointwise convolution without bias; then the bias. `taps_of(output, input)` points to nine values.
template <class TapsOf>
void pack_winograd(const ConvolutionChannels& channels, uint32_t form, std::span<const float> bias, Storage real,
                   std::vector<std::byte>& bytes, const TapsOf& taps_of)
{
    const WeightOrder order = {.channels = channels, .taps = 1, .form = winograd_blocks(form)};
    const std::vector<WinogradPosition> positions = winograd_positions(winograd_outputs(form));
    bytes.reserve(bytes.size() + (size_t(order.elements()) * positions.size() + size_t(channels.outputs + 3) / 4) *
                                     element_bytes(real));
    for (const WinogradPosition& position : positions)
    {
        pack_weights(order, {}, real, bytes,
                     [&](int output, int input, int)
                     {
                         const float* taps = taps_of(output, input);
                         float sum = 0;
                         for (size_t tap = 0; tap < 9; ++tap)
                             sum += position.taps[tap] * taps[tap];
                         return sum;
                     });
    }
    const size_t begin = bytes.size();
    const size_t blocks = size_t(channels.outputs + 3) / 4;
    bytes.resize(begin + blocks * element_bytes(real));
    ValueWriter writer(real, bytes.data() + begin);
    for (const float value : bias)
        writer.add(value);
}

} // namespace vkseg
