#include "ops/convolution/convolution.hpp"

#include "base/div_ceil.hpp"
#include "base/try.hpp"
#include "convolution/conv.h"
#include "convolution/epilogue.h"
#include "elementwise/unary_kind.h"
#include "ops/block_shares.hpp"
#include "ops/convolution/convolution_kernels.hpp"
#include "ops/convolution/depth_shares.hpp"
#include "ops/loop_turns.hpp"
#include "ops/operators.hpp"

#include <algorithm>
#include <cassert>
#include <limits>

namespace vkseg {
namespace {

int pair(Extent3 extent)
{
    return int(uint32_t(extent.height) << 16 | (uint32_t(extent.width) & 0xffffu));
}

/// Workgroup width: wide if there are many pixels; otherwise the narrow width that leaves fewer invocations idle.
uint32_t workgroup_width(int64_t pixels, int pixels_each, const Limits& limits)
{
    constexpr uint32_t wide = 64;
    if (limits.preferences.shares_pipelines || pixels >= int64_t(pixels_each) * wide * 8)
        return wide;
    const auto computed = [&](uint32_t width)
    {
        const int64_t group = int64_t(width) * pixels_each;
        return round_up(pixels, group);
    };
    const uint32_t lanes = limits.preferences.lanes;
    const uint32_t narrow = std::max(lanes, 16u);
    return computed(lanes) < computed(narrow) ? lanes : narrow;
}

size_t round_down(size_t value, size_t multiple)
{
    return value / multiple * multiple;
}

/// Division of a pass into launches, by tiles and batch entries.
struct Cut
{
    int tiles = 1;
    int batches = 1;
    bool windows_input = false; ///< one batch entry
    bool windows_weights = false;
    bool windows_output = false;
    bool windows_residual = false;
};

Result<Cut> cut_pass(const PlanRequest& request, const ConvolutionPlan& shared, const ConvolutionPass& pass,
                     const WeightOrder& order)
{
    const Limits& limits = request.limits;
    const Operand& y = request.outputs[0];
    const size_t element = element_bytes(shared.weights);
    const size_t weights_range = shared.reads_texels || shared.reads_weight_texels
                                     ? limits.max_texel_buffer_elements * element
                                     : limits.max_storage_buffer_range_bytes;
    Cut cut = {.batches = y.batch()};
    if (shared.reads_texels && !fits_texels(request.inputs[0], limits))
    {
        cut.windows_input = true;
        cut.batches = 1;
    }
    size_t tiles = size_t(order.tiles());
    if (size_t(shared.weights_elements) * element > weights_range)
    {
        cut.windows_weights = true;
        if (pass.weights_batch_pitch != 0)
            cut.batches = 1;
        const size_t tile_bytes = size_t(order.tile_pitch()) * element;
        const size_t usable = weights_range - std::min(weights_range, binding_alignment(limits));
        tiles = std::min(tiles, usable / tile_bytes);
        if (tiles == 0)
            return Status(StatusCode::out_of_memory, "the weights of " + std::to_string(order.tile_blocks() * 4) +
                                                         " channels take " + std::to_string(tile_bytes) +
                                                         " bytes, but the device binds at most " +
                                                         std::to_string(usable) + " at a time" +
                                                         (shared.weights == Storage::f32 ? "; use f16" : ""));
    }
    const auto window = [&](const Operand& operand)
    {
        cut.batches = 1; // a window of several batch entries would hold everything between them
        tiles = std::min(tiles, blocks_per_window(operand, limits) / size_t(order.tile_blocks()));
        return true;
    };
    if (y.buffer_bytes > limits.max_storage_buffer_range_bytes)
        cut.windows_output = window(y);
    if (shared.residual && !shared.reads_texels &&
        shared.residual->buffer_bytes > limits.max_storage_buffer_range_bytes)
        cut.windows_residual = window(*shared.residual);
    if (tiles == 0)
        return cut.windows_output ? check_binding("output", y, limits)
                                  : check_binding("residual", *shared.residual, limits);
    cut.tiles = int(std::min<size_t>({tiles, limits.max_workgroup_count[0], limits.max_workgroup_count[1]}));
    return cut;
}

/// The binding and view of `blocks` blocks of `batches` entries: the whole buffer, or a window of it.
BlockWindow bind_blocks(Binding whole, Operand operand, int batch, int first_block, int blocks, bool windows,
                        const Limits& limits)
{
    operand.view.offset += batch * operand.view.batch_pitch;
    if (!windows)
        return {.binding = whole, .view = operand.view};
    operand.shape[0] = 1;
    BlockWindow window =
        block_window(whole, operand, first_block, std::min(blocks, operand.blocks() - first_block), limits);
    window.view.offset -= first_block * operand.view.block_pitch; // kernels count blocks from the tensor's first
    return window;
}

/// Number of elements from one slice of a volume to the next.
int slice_pitch(const Operand& operand)
{
    return operand.height() * operand.view.row_pitch;
}

/// True if a pass computes each output from the input at the same position. The slices of a volume may then be stacked
/// into one plane.
bool is_flat(const ConvolutionPass& pass, const Operand& x)
{
    const Extent3 origin = {0, 0, 0};
    return pass.grid == Extent3{x.depth(), x.height(), x.width()} && pass.kernel.count() == 1 &&
           pass.stride.count() == 1 && pass.origin == origin && pass.out_begin == origin && pass.out_step == Extent3{};
}

Operand flatten(Operand operand)
{
    operand.shape = {operand.batch(), operand.channels(), operand.rows(), operand.width()};
    return operand;
}

/// Part of a batch that a launch computes. In a batch of planes: some entries. In a batch of volumes: some slices of
/// one entry, which the kernels treat as entries of one slice each.
struct Share
{
    int batch = 0; ///< the first entry
    int slice = 0; ///< the first slice of the grid
    int count = 1; ///< number of entries or slices
};

std::vector<Share> share_batches(int batches, int most)
{
    std::vector<Share> shares;
    for (int batch = 0; batch < batches; batch += most)
        shares.push_back({.batch = batch, .count = std::min(most, batches - batch)});
    return shares;
}

std::vector<Share> share_slices(int batches, int slices, int most)
{
    std::vector<Share> shares;
    for (int batch = 0; batch < batches; ++batch)
    {
        for (int slice = 0; slice < slices; slice += most)
            shares.push_back({.batch = batch, .slice = slice, .count = std::min(most, slices - slice)});
    }
    return shares;
}

} // namespace

size_t binding_alignment(const Limits& limits)
{
    return std::max(limits.storage_buffer_alignment_bytes, limits.texel_buffer_alignment_bytes);
}

WeightOrder::Blocks WeightOrder::input_blocks(int tile) const
{
    const int first = tile * tile_blocks() * 4;
    const int last = std::min(first + tile_blocks() * 4, channels.outputs) - 1;
    return {.first = first / channels.group_outputs() * channels.group_inputs() / 4,
            .end = div_ceil((last / channels.group_outputs() + 1) * channels.group_inputs(), 4)};
}

bool ConvolutionPass::sums_slices(int in_depth) const
{
    return grid.count() > 0 && kernel.count() > 0 &&
           (kernel.depth > 1 || origin.depth < 0 || origin.depth + int64_t(grid.depth - 1) * stride.depth >= in_depth);
}

Specialization epilogue_constants(int activation_kind, int residual_place)
{
    return {{contract::unary_kind_id, activation_kind}, {contract::residual_place_id, residual_place}};
}

Epilogue ConvolutionPlan::epilogue(UnaryKind fused, int column_step, bool is_shared) const
{
    const int activation_kind = int(fused);
    const int residual_place = residual == nullptr  ? contract::residual_none
                               : adds_residual_last ? contract::residual_last
                                                    : contract::residual_before_activation;
    const int finish = column_step | activation_kind << contract::finish_activation_shift |
                       residual_place << contract::finish_residual_shift;
    if (is_shared)
        return {.specialization = epilogue_constants(contract::at_run_time, contract::at_run_time), .finish = finish};
    return {.specialization = epilogue_constants(activation_kind, residual_place), .finish = finish};
}

int64_t WeightOrder::tile_pitch() const
{
    if (blocks == 0)
        return head + taps;
    int most = 0;
    const int different_tiles = channels.groups == 1 ? 1 : tiles();
    for (int tile = 0; tile < different_tiles; ++tile)
    {
        const Blocks read = input_blocks(tile);
        most = std::max(most, read.end - read.first);
    }
    return tile_blocks() * (head + int64_t(most) * taps * 4);
}

bool is_fused_by_convolutions(UnaryKind kind)
{
    switch (kind)
    {
    case UnaryKind::identity:
    case UnaryKind::relu:
    case UnaryKind::leaky_relu:
    case UnaryKind::hard_sigmoid:
    case UnaryKind::hard_swish:
    case UnaryKind::clip:
        return true;
    default:
        return false;
    }
}

bool is_fused_by_convolutions(UnaryKind kind, int64_t outputs)
{
    return is_fused_by_convolutions(kind) || (kind == UnaryKind::sigmoid && outputs <= 4);
}

WeightOrder ConvolutionPlan::order(int taps, int tile_blocks) const
{
    const int head = multiplies_bytes() ? contract::byte_head : 1;
    return {.channels = channels, .taps = taps, .blocks = tile_blocks, .head = head};
}

bool ConvolutionPlan::only_bounds() const
{
    const bool has_bounds = activation.kind == UnaryKind::relu ||
                            (activation.kind == UnaryKind::clip && activation.a <= 0 && activation.b >= 0);
    return residual == nullptr && (has_bounds || activation.kind == UnaryKind::identity || !fuses(activation.kind));
}

bool ConvolutionPlan::fuses(UnaryKind kind) const
{
    const bool is_narrow = !group_tile && (blocks == 1 || takes_phases); // FUSES_SIGMOID of conv.comp
    return is_fused_by_convolutions(kind, is_narrow ? channels.outputs : std::numeric_limits<int64_t>::max());
}

Status add_activation(Plan& plan, const PlanRequest& request, const Activation& activation)
{
    const Operand& y = request.outputs[0];
    const TensorInfo info = {.type = y.type, .shape = y.shape};
    const Unary op = {.kind = activation.kind, .a = activation.a, .b = activation.b};
    VKSEG_ASSIGN(Plan in_place, vkseg::plan(op, PlanRequest{.inputs = {&y, 1},
                                                            .outputs = request.outputs,
                                                            .infos = {&info, 1},
                                                            .limits = request.limits,
                                                            .real = request.real}));
    for (Dispatch& dispatch : in_place.dispatches)
    {
        for (Binding& binding : dispatch.bindings)
            binding.kind = Binding::Kind::output;
        plan.dispatches.push_back(std::move(dispatch));
    }
    return {};
}

Status add_pass(Plan& plan, const PlanRequest& request, const ConvolutionPlan& shared, const ConvolutionPass& pass)
{
    const Limits& limits = request.limits;
    const Operand& x = request.inputs[0];
    const Operand& y = request.outputs[0];
    if (x.depth() > 1 && is_flat(pass, x))
    {
        std::vector<Operand> inputs(request.inputs.begin(), request.inputs.end());
        inputs[0] = flatten(x);
        const Operand flat_y = flatten(y);
        ConvolutionPass flat_pass = pass;
        flat_pass.grid = {1, x.rows(), x.width()};
        return add_pass(
            plan,
            {.inputs = inputs, .outputs = {&flat_y, 1}, .infos = request.infos, .limits = limits, .real = request.real},
            shared, flat_pass);
    }
    const bool sums_slices = pass.sums_slices(x.depth());
    const bool has_slices = x.depth() > 1 || y.depth() > 1 || sums_slices;
    const ConvolutionChannels& channels = shared.channels;
    const WeightOrder order = shared.order(pass.kernel.count(), shared.blocks);
    if (shared.weights_elements > std::numeric_limits<int32_t>::max())
        return Status(StatusCode::unsupported, "the packed weights must have at most 2^33 values");
    VKSEG_ASSIGN(const Cut cut, cut_pass(request, shared, pass, order));
    const std::array<int64_t, 3> taps = {pass.kernel.depth, pass.kernel.height, pass.kernel.width};
    VKSEG_TRY(check_loop_turns(count_convolution_turns(div_ceil(channels.group_inputs(), 4), taps), limits));

    const ConvolutionShader kernel = find_shader(shared, pass, request);
    // Run all channel tiles of one pixel group consecutively, so that inputs stay in cache. If there are few inputs to
    // read, run the pixel groups of one tile consecutively instead, as they write next to each other.
    const bool is_tile_fastest = shared.blocks != 0 && channels.inputs > 4;
    const int64_t pixels = int64_t(pass.grid.height + kernel.tile.height - 1) / kernel.tile.height *
                           (div_ceil(pass.grid.width, kernel.tile.width));
    const std::array<uint32_t, 2> invocations = shared.group_tile
                                                    ? shared.group_tile->invocations
                                                    : std::array{workgroup_width(pixels, kernel.pixels, limits), 1u};
    const int64_t group_pixels =
        shared.group_tile ? shared.group_tile->pixels : int64_t(invocations[0]) * kernel.pixels;
    const int64_t groups = div_ceil(pixels, group_pixels);
    const int64_t groups_at_once = std::min<int64_t>(groups, limits.max_workgroup_count[is_tile_fastest ? 1 : 0]);
    const int64_t folds = div_ceil(groups, groups_at_once);
    const auto max_entries = int(limits.max_workgroup_count[2] / folds);
    if (has_slices)
        VKSEG_TRY(check_launches(y.batch() * div_ceil(int64_t(pass.grid.depth), max_entries)));
    const std::vector<Share> shares = has_slices ? share_slices(y.batch(), pass.grid.depth, max_entries)
                                                 : share_batches(y.batch(), std::min(cut.batches, max_entries));

    const Activation fused = shared.fuses(shared.activation.kind) ? shared.activation : Activation{};
    // Networks have few convolutions to at most four channels, and the kernels for these fuse more activations. The
    // phases kernel is an exception: it fits VideoCore's registers only with the run-time branches between its sums.
    const bool is_rare = shared.blocks == 1 && !shared.takes_phases;
    const bool shares_pipeline = limits.preferences.shares_pipelines && !is_rare;
    const Epilogue epilogue = shared.epilogue(fused.kind, pass.out_step.width, shares_pipeline);
    contract::Convolution constants = {.y = {},
                                       .x = x.view,
                                       .residual = {},
                                       .out_height = pass.grid.height,
                                       .out_width = pass.grid.width,
                                       .in_height = x.height(),
                                       .in_width = x.width(),
                                       .kernel = pass.kernel.depth > 0 ? pair(pass.kernel) : 0,
                                       .stride = pair(pass.stride),
                                       .dilation = pair(pass.dilation),
                                       .row_origin = pass.origin.height,
                                       .column_origin = pass.origin.width,
                                       .finish = epilogue.finish,
                                       .out_channels = channels.outputs,
                                       .group_inputs = channels.group_inputs(),
                                       .group_outputs = channels.group_outputs(),
                                       .first_tile = 0,
                                       .weights_offset = 0,
                                       .tile_pitch = int(order.tile_pitch()),
                                       .batch = 1,
                                       .weights_batch_pitch = int(pass.weights_batch_pitch),
                                       .a = fused.a,
                                       .b = fused.b};
    if (sums_slices)
        constants.in_depth = x.depth();
    if (shared.multiplies_bytes())
        constants.padding = shared.padding;
    const size_t element = element_bytes(shared.weights);
    for (const auto& [batch, slice, count] : shares)
    {
        constants.batch = count;
        for (int tile = 0; tile < order.tiles(); tile += cut.tiles)
        {
            const int tiles = std::min(cut.tiles, order.tiles() - tile);
            const int first_block = tile * order.tile_blocks();
            const int blocks = tiles * order.tile_blocks();

            const BlockWindow out = bind_blocks(output(), y, batch, first_block, blocks, cut.windows_output, limits);
            constants.y = out.view;
            constants.y.offset += pass.out_begin.height * y.view.row_pitch + pass.out_begin.width;
            constants.y.row_pitch *= pass.out_step.height;
            if (has_slices)
            {
                constants.y.offset += (pass.out_begin.depth + slice * pass.out_step.depth) * slice_pitch(y);
                constants.y.batch_pitch = pass.out_step.depth * slice_pitch(y);
            }

            Binding in = input(0);
            if (shared.reads_texels)
                in.texels = request.real;
            constants.x.offset = x.view.offset + batch * x.view.batch_pitch;
            if (cut.windows_input)
            {
                const size_t texel = element_bytes(request.real);
                const size_t begin = size_t(constants.x.offset) * texel;
                in.offset_bytes = round_down(begin, binding_alignment(limits));
                in.size_bytes = begin + size_t(x.view.batch_pitch) * texel - in.offset_bytes;
                constants.x.offset -= int(in.offset_bytes / texel);
            }
            const int first_in_slice = slice * pass.stride.depth + pass.origin.depth;
            if (sums_slices) // these kernels find the input slices themselves
                constants.x.batch_pitch = slice_pitch(x);
            else if (has_slices)
            {
                constants.x.offset += first_in_slice * slice_pitch(x);
                constants.x.batch_pitch = pass.stride.depth * slice_pitch(x);
            }

            BlockWindow added = {.binding = in, .view = {}}; // the kernels declare a residual, used or not
            if (shared.residual)
            {
                const uint32_t last = uint32_t(request.inputs.size() - 1);
                added = bind_blocks(input(last), *shared.residual, batch, first_block, blocks, cut.windows_residual,
                                    limits);
                added.binding.texels = in.texels;
            }
            constants.residual = added.view;
            if (shared.residual && has_slices)
            {
                constants.residual.offset += slice * slice_pitch(*shared.residual);
                constants.residual.batch_pitch = slice_pitch(*shared.residual);
            }

            Binding packed = shared.packed;
            if (shared.reads_texels || shared.reads_weight_texels)
                packed.texels = shared.weights;
            constants.weights_offset = int(pass.weights_begin + batch * pass.weights_batch_pitch);
            constants.first_tile = tile;
            // Weights of several blocks are loaded two elements at a time (conv.comp).
            assert(shared.blocks <= 1 || (constants.weights_offset % 2 == 0 && constants.tile_pitch % 2 == 0 &&
                                          pass.weights_batch_pitch % 2 == 0));
            if (cut.windows_weights)
            {
                const size_t begin =
                    size_t(pass.weights_begin + batch * pass.weights_batch_pitch + tile * order.tile_pitch()) * element;
                packed.offset_bytes = round_down(begin, binding_alignment(limits));
                packed.size_bytes = begin + size_t(tiles * order.tile_pitch()) * element - packed.offset_bytes;
                constants.weights_offset -= int(packed.offset_bytes / element);
            }

            Dispatch dispatch = {.shader = kernel.shader, .variant = request.real};
            dispatch.workgroup_size = {invocations[0], invocations[1], 1};
            dispatch.narrows_subgroups = kernel.narrows_subgroups;
            dispatch.specialization = epilogue.specialization;
            dispatch.specialization.set({contract::is_tile_fastest_id, is_tile_fastest});
            if (shared.multiplies_bytes())
                dispatch.specialization.set({contract::stores_bytes_id, y.storage == Storage::i8});
            if (sums_slices)
            {
                dispatch.specialization.set({contract::depth_taps_id, pass.kernel.depth});
                dispatch.specialization.set({contract::depth_stride_id, pass.stride.depth});
                dispatch.specialization.set({contract::depth_dilation_id, pass.dilation.depth});
                dispatch.specialization.set({contract::depth_origin_id, first_in_slice});
            }
            if (shared.group_tile && shared.group_tile->has_matrices())
            {
                const MatrixShape& shape = shared.group_tile->matrices;
                dispatch.specialization.set({contract::matrix_rows_id, shape.rows});
                dispatch.specialization.set({contract::matrix_columns_id, shape.columns});
                dispatch.specialization.set({contract::matrix_depth_id, shape.depth});
            }
            dispatch.push_constants = constants;
            dispatch.bindings = {out.binding, in, packed, added.binding};
            const auto across = uint32_t(groups_at_once);
            const auto deep = uint32_t(constants.batch * folds);
            dispatch.workgroup_count =
                is_tile_fastest ? std::array{uint32_t(tiles), across, deep} : std::array{across, uint32_t(tiles), deep};
            const double grid = double(pass.grid.height) * pass.grid.width * constants.batch;
            dispatch.operations =
                2.0 * grid * pass.kernel.count() * channels.group_inputs() * std::min(blocks * 4, channels.outputs);
            const DepthShares depth =
                folds > 1
                    ? DepthShares{}
                    : share_depth(shared.sharing, order, constants,
                                  {.first = first_block, .count = std::min(blocks, y.blocks() - first_block)}, limits);
            if (depth.count > 1)
                add_shares(plan, dispatch, constants, depth, limits);
            else
            {
                if (!has_slices && folds == 1)
                    dispatch.batch_span = {.first = batch, .count = count, .axis = 2};
                plan.dispatches.push_back(std::move(dispatch));
            }
        }
    }
    return {};
}

} // namespace vkseg
