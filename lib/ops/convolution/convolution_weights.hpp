#pragma once

#include "convolution/conv.h"
#include "ops/convolution/convolution.hpp"
#include "ops/float_values.hpp"

/// Conversion of convolution weights from the file's order to the kernels' order.
namespace vkseg {

/// Location of the weights of a pass in the file: values[group · group_pitch + output · output_pitch + input ·
/// input_pitch + taps[tap]], outputs and inputs counted within their group.
struct WeightSource
{
    static constexpr size_t no_tap = SIZE_MAX; ///< the weight is 0; by Winograd
    std::span<const float> values;
    size_t group_pitch = 0;
    size_t output_pitch = 0;
    size_t input_pitch = 0;
    std::vector<size_t> taps = {};
    /// If more than 1, the outputs are this many taps of each of `spread_outputs` channels, whose taps are contiguous
    /// in `values`: a block of channels for one tap, then the same block for the next tap.
    int spread_taps = 1;
    int spread_outputs = 0;

    int spread_channel(int output) const { return output / 4 / spread_taps * 4 + output % 4; }
};

size_t packed_bytes(const WeightOrder& order, Storage storage);
/// Fills `to` in the given order. `bias` is empty or has a value for each output.
void write_weights(const WeightOrder& order, std::span<const float> bias, const WeightSource& source, Storage storage,
                   std::span<std::byte> to);

/// The words before the weights of a block of four channels (shaders/convolution/bytes.glsl).
using ByteHead = std::array<uint32_t, contract::byte_head>;
/// Fills `to` with bytes in the given order; the values of `source` are integers of 8 bits. One head for each block of
/// outputs.
void write_byte_weights(const WeightOrder& order, std::span<const ByteHead> heads, const WeightSource& source,
                        std::span<std::byte> to);

/// Number of elements of transformed weights of 3 × 3 taps: for each position of a tile, the weights in the order of a
/// pointwise convolution without bias; then the bias. The number is even, as some kernels load two elements at a time.
int64_t packed_winograd_elements(const ConvolutionChannels& channels, const WeightLayout& layout);
size_t packed_winograd_bytes(const ConvolutionChannels& channels, const WeightLayout& layout, Storage storage);
void write_winograd_weights(const ConvolutionChannels& channels, const WeightLayout& layout,
                            std::span<const float> bias, const WeightSource& source, Storage storage,
                            std::span<std::byte> to);

} // namespace vkseg
