#pragma once

#include "ops/block_shares.hpp"
#include "ops/packing.hpp"

#include <functional>

/// Common parts of normalisations by channel: y = (x - mean) * scale + bias.
namespace vkseg {

/// Fails unless x is a float tensor with channels and inputs 1 to `count` are constant lists of one float per channel.
Status check_channel_parameters(Inputs inputs, size_t count, size_t min_rank);

/// Packs lists of one value per channel, interleaved by blocks of four channels and padded with zeros, as kernels read
/// them. `make_lists` is called when the packing is written and returns `list_count` lists.
Packing pack_channels(int64_t channels, size_t list_count,
                      std::function<std::vector<std::vector<double>>()> make_lists);

/// Appends the launches that normalise input 0 into output 0. `coefficients` has three vec4 of f32 for each block, and
/// `batch_pitch` vec4 from one batch entry to the next.
Status append_normalization(Plan& plan, const PlanRequest& request, Binding coefficients, int batch_pitch);

} // namespace vkseg
