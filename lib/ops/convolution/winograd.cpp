#include "ops/convolution/winograd.hpp"

#include "base/div_ceil.hpp"
#include "base/try.hpp"
#include "convolution/winograd.h"
#include "ops/convolution/convolution_weights.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace vkseg {
namespace {

constexpr int run_width = 8; ///< tiles in a row of the transformed tensor
/// The sums and differences of the transforms would lose too much precision in halves.
constexpr Storage transformed_storage = Storage::f32;

/// Number of tiles whose products a workgroup computes.
int group_tiles(const ConvolutionPlan& shared)
{
    if (shared.group_tile)
        return shared.group_tile->pixels;
    return shared.reads_texels ? 32 : 64;
}

/// Transformed weights take four times the memory of the file's weights for tiles of 4 × 4, and less than twice for
/// tiles of 2 × 2. Layers with many weights have few tiles, and gain little from the larger ones.
constexpr size_t max_large_tile_bytes = size_t(16) << 20;

/// Number of tiles for which a texel buffer holds one position, in all channels.
int texel_tiles(const ConvolutionChannels& channels, const Limits& limits)
{
    const size_t slack = binding_alignment(limits) / element_bytes(transformed_storage);
    const size_t elements = limits.max_texel_buffer_elements - std::min(limits.max_texel_buffer_elements, slack);
    return int(std::min<size_t>(elements / (size_t(channels.inputs + 3) / 4), std::numeric_limits<int>::max()));
}

/// The tiles of a plane, and the number that is processed at a time.
struct Tiling
{
    int row_units = 0;
    int column_units = 0;
    int dilation = 1;
    int run = 0; ///< tiles whose transforms are in memory at a time

    int tiles() const { return row_units * column_units; }
};

int units(int extent, int outputs, int dilation)
{
    const int phase = div_ceil(extent, dilation);
    return div_ceil(phase, outputs) * dilation;
}

Tiling cut_plane(const ConvolutionPlan& shared, const ConvolutionPass& pass, int outputs, const Limits& limits)
{
    Tiling tiling = {.row_units = units(pass.grid.height, outputs, pass.dilation.height),
                     .column_units = units(pass.grid.width, outputs, pass.dilation.height),
                     .dilation = pass.dilation.height};
    const size_t positions = size_t(winograd_edge(outputs) * winograd_edge(outputs));
    const size_t blocks = size_t(shared.channels.inputs + 3) / 4 + size_t(shared.channels.outputs + 3) / 4;
    const size_t tile_bytes = positions * blocks * element_bytes(transformed_storage);
    const int step = group_tiles(shared);
    int fitting =
        int(std::max<size_t>(limits.preferences.scratch_bytes_at_a_time / (tile_bytes * size_t(step)), 1)) * step;
    if (shared.reads_texels) // the products read the tiles of one position at a time
        fitting = std::min(fitting, texel_tiles(shared.channels, limits) / step * step);
    tiling.run = std::min(fitting, round_up(tiling.tiles(), run_width));
    return tiling;
}

/// Scratch tensor with one batch entry for each position of a tile; a row holds run_width tiles.
Operand transformed(int positions, int channels, int run)
{
    const int rows = div_ceil(run, run_width);
    const int blocks = div_ceil(channels, 4);
    Operand operand = {.shape = {positions, channels, rows, run_width},
                       .type = DType::f32,
                       .storage = transformed_storage,
                       .layout = Layout::blocked,
                       .view = {.offset = 0,
                                .batch_pitch = rows * blocks * run_width,
                                .block_pitch = run_width,
                                .row_pitch = blocks * run_width},
                       .is_present = true};
    operand.buffer_bytes = size_t(operand.elements4()) * element_bytes(transformed_storage);
    return operand;
}

constexpr int max_input_parts = 4;
constexpr int max_output_parts = 2;

/// Estimated registers of a transform.
struct TransformRegisters
{
    int values = 0; ///< four channels
    int addresses = 0;

    bool fit(int parts, const Limits& limits) const
    {
        return values / parts + addresses <= limits.preferences.unshared_registers();
    }
};

/// All inputs are held at a time.
TransformRegisters registers_of_inputs(int outputs)
{
    const int edge = winograd_edge(outputs);
    return {.values = 4 * edge * edge, .addresses = 12};
}

/// The products of the last column and the outputs of all other columns are held at a time.
TransformRegisters registers_of_outputs(int outputs)
{
    const int edge = winograd_edge(outputs);
    return {.values = 4 * (edge + (edge - 1) * outputs), .addresses = 4};
}

/// Number of parts into which the four channels of a block are cut, one per invocation: the fewest that fit the
/// registers, or `most` if none do. The kernels that read texels take whole blocks.
int count_parts(const TransformRegisters& registers, int most, const ConvolutionPlan& shared, const Limits& limits)
{
    int parts = 1;
    while (!shared.reads_texels && parts < most && !registers.fit(parts, limits))
        parts *= 2;
    return parts;
}

/// Plans the launches for each batch entry and run of tiles.
class RunPlanner
{
public:
    RunPlanner(const PlanRequest& request, const ConvolutionPlan& shared, const WinogradPasses& passes,
               const WeightLayout& layout)
        : request_(request)
        , shared_(shared)
        , window_(passes.window)
        , passes_(passes.passes)
        , layout_(layout)
        , outputs_(layout.winograd)
        , positions_(winograd_edge(outputs_) * winograd_edge(outputs_))
        , input_parts_(count_parts(registers_of_inputs(outputs_), max_input_parts, shared, request.limits))
        , output_parts_(count_parts(registers_of_outputs(outputs_), max_output_parts, shared, request.limits))
        , tiling_(cut_plane(shared, window_, outputs_, request.limits))
        , inputs_(transformed(positions_, shared.channels.inputs, tiling_.run))
        , products_(transformed(positions_, shared.channels.outputs, tiling_.run))
        , position_elements_(WeightOrder{.channels = shared.channels, .taps = 1, .blocks = shared.blocks}.elements())
    {}

    Result<Plan> run()
    {
        Plan plan;
        plan.weight_layouts = {layout_};
        plan.scratch_bytes = {inputs_.buffer_bytes, products_.buffer_bytes};
        for (int batch = 0; batch < request_.outputs[0].batch(); ++batch)
        {
            const size_t first_dispatch = plan.dispatches.size();
            for (int tile = 0; tile < tiling_.tiles(); tile += tiling_.run)
            {
                const contract::WinogradTiles tiles = {.first_tile = tile,
                                                       .count = std::min(tiling_.run, tiling_.tiles() - tile),
                                                       .column_units = tiling_.column_units,
                                                       .dilation = tiling_.dilation};
                plan.dispatches.push_back(transform_inputs(batch, tiles));
                int64_t weights_begin = 0;
                for (const ConvolutionPass& pass : passes_)
                {
                    VKSEG_TRY(multiply(plan, tiles.count, weights_begin));
                    plan.dispatches.push_back(transform_products(batch, tiles, pass, weights_begin));
                    weights_begin += packed_winograd_elements(shared_.channels, layout_);
                }
            }
            for (size_t i = first_dispatch; i < plan.dispatches.size(); ++i)
                plan.dispatches[i].batch_span = {.first = batch, .count = 1, .axis = 0};
        }
        return plan;
    }

private:
    Dispatch begin_transform(ShaderFamily family, int parts, int tiles, int blocks) const
    {
        const uint32_t width = std::max(32u, request_.limits.preferences.lanes);
        const uint32_t groups = div_ceil(uint32_t(tiles) * uint32_t(parts), width);
        return {.shader = find_variant({.family = family, .outputs = outputs_, .parts = parts}),
                .variant = request_.real,
                .workgroup_size = {width, 1, 1},
                .workgroup_count = {groups, uint32_t(blocks), 1},
                .operations = 8.0 * tiles * blocks * positions_ * 2};
    }

    Dispatch transform_inputs(int batch, const contract::WinogradTiles& tiles) const
    {
        const Operand& x = request_.inputs[0];
        contract::WinogradInput constants = {.v = inputs_.view,
                                             .x = x.view,
                                             .tiles = tiles,
                                             .row_origin = window_.origin.height,
                                             .column_origin = window_.origin.width,
                                             .in_height = x.rows(),
                                             .in_width = x.width()};
        constants.x.offset += batch * x.view.batch_pitch;
        Dispatch dispatch = begin_transform(ShaderFamily::winograd_input, input_parts_, tiles.count, x.blocks());
        dispatch.push_constants = constants;
        dispatch.bindings = {scratch(0), input(0)};
        const Reading reading = {.binding = 1, .operand = &x};
        if (shared_.reads_texels)
            read_texels_where_they_fit(dispatch, {&reading, 1}, request_.limits);
        return dispatch;
    }

    /// Adds the products: a pointwise convolution with different weights for each batch entry.
    Status multiply(Plan& plan, int tiles, int64_t weights_begin) const
    {
        const Operand x = cut_rows(inputs_, tiles);
        const Operand y = cut_rows(products_, tiles);
        ConvolutionPlan products = shared_;
        products.weights = request_.real;
        products.activation = {};
        products.residual = nullptr;
        const ConvolutionPass pass = {.grid = {1, y.rows(), run_width},
                                      .weights_begin = weights_begin,
                                      .weights_batch_pitch = position_elements_};
        Plan sub_plan;
        VKSEG_TRY(add_pass(sub_plan,
                           {.inputs = {&x, 1},
                            .outputs = {&y, 1},
                            .infos = request_.infos,
                            .limits = request_.limits,
                            .real = transformed_storage},
                           products, pass));
        for (Dispatch& dispatch : sub_plan.dispatches)
        {
            for (Binding& binding : dispatch.bindings)
            {
                if (binding.kind == Binding::Kind::weights)
                    continue;
                binding.index = binding.kind == Binding::Kind::output ? 1 : 0;
                binding.kind = Binding::Kind::scratch;
            }
            plan.dispatches.push_back(std::move(dispatch));
        }
        return {};
    }

    static Operand cut_rows(Operand operand, int tiles)
    {
        operand.shape[2] = div_ceil(tiles, run_width);
        return operand;
    }

    Dispatch transform_products(int batch, const contract::WinogradTiles& tiles, const ConvolutionPass& pass,
                                int64_t weights_begin) const
    {
        const Operand& y = request_.outputs[0];
        const bool fuses = is_fused_by_convolutions(shared_.activation.kind);
        // No shared pipeline: selecting the epilogue of sixteen outputs at run time would double the kernel.
        const Epilogue epilogue =
            shared_.epilogue(fuses ? shared_.activation.kind : UnaryKind::identity, pass.out_step.width, false);
        contract::WinogradOutput constants = {.y = y.view,
                                              .m = products_.view,
                                              .residual = {},
                                              .tiles = tiles,
                                              .out_height = pass.grid.height,
                                              .out_width = pass.grid.width,
                                              .out_channels = shared_.channels.outputs,
                                              .finish = epilogue.finish,
                                              .a = shared_.activation.a,
                                              .b = shared_.activation.b};
        constants.y.offset +=
            batch * y.view.batch_pitch + pass.out_begin.height * y.view.row_pitch + pass.out_begin.width;
        constants.y.row_pitch *= pass.out_step.height;
        // A window of the weights for the bias, which follows many weights.
        const size_t element = element_bytes(request_.real);
        const size_t bias_begin = size_t(weights_begin + position_elements_ * positions_) * element;
        Binding bias = weights();
        bias.offset_bytes = bias_begin / binding_alignment(request_.limits) * binding_alignment(request_.limits);
        bias.size_bytes = bias_begin + size_t(y.blocks()) * element - bias.offset_bytes;
        constants.bias_offset = int((bias_begin - bias.offset_bytes) / element);

        Binding added = scratch(1); // the kernels declare a residual, used or not
        const Operand* residual = &products_;
        if (shared_.residual)
        {
            added = input(uint32_t(request_.inputs.size() - 1));
            residual = shared_.residual;
            constants.residual = residual->view;
            constants.residual.offset += batch * residual->view.batch_pitch;
        }
        Dispatch dispatch = begin_transform(ShaderFamily::winograd_output, output_parts_, tiles.count, y.blocks());
        dispatch.specialization = epilogue.specialization;
        dispatch.push_constants = constants;
        dispatch.bindings = {output(), scratch(1), bias, added};
        const Operand bias_operand = {.storage = request_.real};
        const Reading readings[] = {{.binding = 1, .operand = &products_},
                                    {.binding = 2, .operand = &bias_operand},
                                    {.binding = 3, .operand = residual}};
        if (shared_.reads_texels)
            read_texels_where_they_fit(dispatch, readings, request_.limits);
        return dispatch;
    }

    const PlanRequest& request_;
    const ConvolutionPlan& shared_;
    const ConvolutionPass& window_;
    std::span<const ConvolutionPass> passes_;
    WeightLayout layout_;
    int outputs_;
    int positions_;
    int input_parts_;
    int output_parts_;
    Tiling tiling_;
    Operand inputs_;
    Operand products_;
    int64_t position_elements_; ///< elements of the weights of one position
};

} // namespace

ConvolutionPlan winograd_products(const PlanRequest& request, ConvolutionPlan plan)
{
    KernelNeeds needs = {.inputs = transformed_storage, .may_read_weight_texels = false, .may_share_depth = false};
    choose_kernel(plan, request, needs);
    if (plan.reads_texels && texel_tiles(plan.channels, request.limits) < group_tiles(plan))
    {
        needs.may_read_texels = false;
        choose_kernel(plan, request, needs);
    }
    plan.sharing = {}; // the products of all positions already make enough workgroups
    return plan;
}

int choose_winograd(const PlanRequest& request, const ConvolutionPlan& direct, const ConvolutionPlan& shared,
                    const WinogradPasses& passes)
{
    // Matrix units multiply halves faster than Winograd's transforms handle f32.
    if (!request.choice && direct.group_tile && direct.group_tile->has_matrices())
        return 0;
    const ConvolutionChannels& channels = shared.channels;
    const ConvolutionPass& window = passes.window;
    const bool is_possible = request.allow_winograd && window.kernel == Extent3{1, 3, 3} &&
                             window.stride.count() == 1 && window.dilation.height == window.dilation.width &&
                             channels.groups == 1 && request.inputs[0].depth() == 1 && window.grid.depth == 1;
    constexpr int max_batches = 1024; // each takes separate launches
    const size_t range = request.limits.max_storage_buffer_range_bytes;
    const size_t texels = request.limits.max_texel_buffer_elements * element_bytes(request.real);
    const size_t input_range = shared.reads_texels ? std::max(range, texels) : range;
    if (!is_possible || request.outputs[0].batch() > max_batches || request.outputs[0].buffer_bytes > range ||
        request.inputs[0].buffer_bytes > input_range ||
        (shared.residual && shared.residual->buffer_bytes > input_range))
        return 0;
    const double transform = request.limits.preferences.transform_cost;
    const double products = double(channels.inputs) * channels.outputs;
    double least = 0;
    for (const ConvolutionPass& pass : passes.passes)
        least += double(pass.grid.count()) * pass.kernel.count() * products;
    const auto count = int(passes.passes.size());
    int best = 0;
    for (const int outputs : {2, 4})
    {
        if (request.choice == nullptr && !registers_of_inputs(outputs).fit(max_input_parts, request.limits))
            continue;
        const int positions = winograd_edge(outputs) * winograd_edge(outputs);
        const WeightOrder order = {.channels = channels, .taps = 1, .blocks = shared.blocks};
        const size_t weights_bytes = size_t(order.elements() * positions * count) * element_bytes(request.real);
        const int group = group_tiles(shared);
        const Operand widest = transformed(positions, std::max(channels.inputs, channels.outputs), group);
        if (weights_bytes > (outputs == 2 ? range : max_large_tile_bytes) || widest.buffer_bytes > range)
            continue;
        const int tiles = units(window.grid.height, outputs, window.dilation.height) *
                          units(window.grid.width, outputs, window.dilation.width);
        const double computed_tiles = std::ceil(double(tiles) / group) * group;
        if (request.choice != nullptr)
        {
            if (request.choice->winograd == outputs)
                return outputs;
            continue;
        }
        const double cost = positions * (computed_tiles * products * count +
                                         tiles * double(channels.inputs + channels.outputs * count) * transform);
        if (cost < least)
        {
            least = cost;
            best = outputs;
        }
    }
    return best;
}

Result<Plan> plan_winograd(const PlanRequest& request, ConvolutionPlan shared, const WinogradPasses& passes,
                           const WeightLayout& layout)
{
    shared.weights_elements = packed_winograd_elements(shared.channels, layout) * int64_t(passes.passes.size());
    return RunPlanner(request, shared, passes, layout).run();
}

std::vector<std::array<float, 3>> winograd_rows(int outputs)
{
    if (outputs == 2)
        return {{1, 0, 0}, {0.5f, 0.5f, 0.5f}, {0.5f, -0.5f, 0.5f}, {0, 0, 1}};
    // Lagrange interpolation at the points that the shaders use.
    std::vector<std::array<float, 3>> rows;
    const double near = std::sqrt(0.5);
    const double far = std::sqrt(2.0);
    const double near_scale = 1 / (2 * near * near * (near * near - far * far));
    const double far_scale = 1 / (2 * far * far * (far * far - near * near));
    rows.push_back({float(1 / (near * near * far * far)), 0, 0});
    for (const auto& [point, scale] : {std::pair(near, near_scale), std::pair(far, far_scale)})
    {
        rows.push_back({float(scale), float(scale * point), float(scale * point * point)});
        rows.push_back({float(scale), float(-scale * point), float(scale * point * point)});
    }
    rows.push_back({0, 0, 1});
    return rows;
}

} // namespace vkseg
