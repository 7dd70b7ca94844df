#include "ops/crf/lattice.hpp"
#include "base/div_ceil.hpp"

#include <algorithm>
#include <cmath>

namespace vkseg {
namespace {

using contract::lattice_corners;
constexpr int segment_entries = 256; // sorted by one invocation
constexpr int max_chunks = 1024;     // of a prefix sum: each sums up all chunks before it
constexpr int enough_vertex_invocations = 1 << 16;
constexpr int min_share_bits = 6;
constexpr int max_group_blocks = 8; // their sums stay in registers
/// Limit on the memory for the values of all possible vertices; as many blocks as fit are filtered at a time.
constexpr size_t max_values_bytes = size_t(64) << 20;

// Pieces of scratch. Values reuse the memory of the entries, which is free after sorting.
constexpr uint32_t front_piece = 0;
constexpr uint32_t back_piece = 1;
constexpr uint32_t incidence = 2;
constexpr uint32_t vertices = 3;
constexpr uint32_t neighbours = 4;
constexpr uint32_t counters = 5; // later the scales before the filter
constexpr uint32_t sums_piece = 6;
constexpr uint32_t pieces = 7;

constexpr size_t pair_bytes = 8;

} // namespace

Result<LatticeGeometry> lattice_geometry(const DenseCrf& op, const Shape& unary)
{
    LatticeGeometry geometry;
    const std::array<double, 5> deviations = {double(op.bilateral_sxy), double(op.bilateral_sxy),
                                              double(op.bilateral_srgb), double(op.bilateral_srgb),
                                              double(op.bilateral_srgb)};
    const std::array<double, 5> extents = {double(unary[3] - 1), double(unary[2] - 1), 255, 255, 255};
    std::array<double, 6> largest = {}; // of the scaled features
    for (size_t i = 0; i < 5; ++i)
    {
        // Splatting, blurring and slicing together have a deviation of sqrt(2/3) of a cell of `lattice_corners`.
        const double scale = lattice_corners * std::sqrt(2.0 / 3.0) / std::sqrt(double((i + 1) * (i + 2)));
        geometry.scales[i] = float(scale / deviations[i]);
        largest[i] = double(geometry.scales[i]) * extents[i];
    }
    int place = 3; // after the remainder
    std::array<int*, 5> shifts = {&geometry.key.shift_0, &geometry.key.shift_1, &geometry.key.shift_2,
                                  &geometry.key.shift_3, &geometry.key.shift_4};
    double sum = 0;
    for (const double value : largest)
        sum += value;
    for (size_t axis = 0; axis < 5; ++axis)
    {
        if (axis > 0)
            sum -= largest[axis - 1];
        const double low = axis > 0 ? -double(axis) * largest[axis - 1] : 0;
        // Room for the corners of a simplex and their neighbours.
        const double first = std::floor(low / lattice_corners) - 3;
        const double last = std::ceil(sum / lattice_corners) + 3;
        int bits = 1;
        while (bits < 32 && std::exp2(bits) < last - first + 1)
            ++bits;
        if (place % 32 + bits > 32)
            place = (place / 32 + 1) * 32;
        constexpr int max_bits = 20; // so that floats still distinguish neighbouring points
        if (bits > max_bits || place + bits > 64)
            return Status(StatusCode::unsupported, "bilateral_sxy " + std::to_string(op.bilateral_sxy) +
                                                       " and bilateral_srgb " + std::to_string(op.bilateral_srgb) +
                                                       " are too small for a picture of " + std::to_string(unary[2]) +
                                                       "x" + std::to_string(unary[3]));
        geometry.origins[axis] = -int(first);
        *shifts[axis] = place;
        place += bits;
        geometry.key_bits[size_t(place > 32)] = place > 32 ? place - 32 : place;
    }
    return geometry;
}

Lattice::Lattice(const DenseCrf& op, const PlanRequest& request, const LatticeGeometry& geometry, const CrfTable& table)
    : op_(op)
    , request_(request)
    , geometry_(geometry)
    , table_(table)
    , pixels_(request.inputs[0].rows() * request.inputs[0].width())
    , entries_(pixels_ * lattice_corners)
    , blocks_(request.inputs[0].blocks())
    , plane_bytes_(size_t(blocks_) * size_t(pixels_) * element_bytes(Storage::f32))
{
    const size_t block_bytes =
        size_t(entries_ + 1 + (entries_ >> min_share_bits)) * element_bytes(Storage::f32); // there is a vertex 0
    const size_t max_bytes = std::min(max_values_bytes, request.limits.max_storage_buffer_range_bytes);
    const int fitting = int(std::clamp<size_t>(max_bytes / block_bytes, 1, max_group_blocks));
    group_blocks_ = div_ceil(blocks_, div_ceil(blocks_, fitting));
    values_bytes_ = block_bytes * size_t(group_blocks_);

    // Half of the supported loop iterations are for the sums of shares, in case one invocation adds up all of them. The
    // other half is for the entries that a vertex adds up itself, before its first share and after its last.
    const int64_t turns = request.limits.max_loop_turns / 2;
    const int64_t turns_of_entry = group_blocks_ + 1;
    share_bits_ = min_share_bits;
    while ((entries_ * turns_of_entry) >> share_bits_ > turns)
        ++share_bits_;
    const int64_t vertices_each = std::max<int64_t>(1, turns / (turns_of_entry << (share_bits_ + 1)));
    vertex_invocations_ = int(
        std::min<int64_t>(entries_ + 1, std::max<int64_t>(enough_vertex_invocations, entries_ / vertices_each + 1)));
}

void Lattice::set_vertex_grid(Dispatch& dispatch) const
{
    set_linear_grid(dispatch, vertex_invocations_, request_.limits);
}

void Lattice::append_build(Plan& plan)
{
    const int segments = div_ceil(entries_, segment_entries);
    first_scratch_ = uint32_t(plan.scratch_bytes.size());
    plan.scratch_bytes.resize(first_scratch_ + pieces);
    const auto bytes = [&](uint32_t piece) -> size_t& { return plan.scratch_bytes[first_scratch_ + piece]; };
    bytes(front_piece) = bytes(back_piece) = values_bytes_;
    bytes(incidence) = size_t(entries_) * 2 * pair_bytes;
    bytes(vertices) = size_t(entries_ + 2) * element_bytes(Storage::f32);
    bytes(neighbours) = size_t(entries_ + 1) * lattice_corners * pair_bytes;
    bytes(counters) = std::max(size_t(segments) * contract::lattice_bins, size_t(pixels_)) * sizeof(uint32_t);
    bytes(sums_piece) = size_t(max_chunks) * sizeof(uint32_t);

    Dispatch embed = {.shader = Shader::lattice_embed, .variant = request_.real};
    embed.push_constants = contract::LatticeEmbed{.picture = request_.inputs[1].view,
                                                  .pixels = pixels_,
                                                  .width = request_.inputs[0].width(),
                                                  .scale_0 = geometry_.scales[0],
                                                  .scale_1 = geometry_.scales[1],
                                                  .scale_2 = geometry_.scales[2],
                                                  .scale_3 = geometry_.scales[3],
                                                  .scale_4 = geometry_.scales[4],
                                                  .origin_0 = geometry_.origins[0],
                                                  .origin_1 = geometry_.origins[1],
                                                  .origin_2 = geometry_.origins[2],
                                                  .origin_3 = geometry_.origins[3],
                                                  .origin_4 = geometry_.origins[4],
                                                  .key = geometry_.key};
    embed.bindings = {piece(front_piece), input(1)};
    set_linear_grid(embed, pixels_, request_.limits);
    embed.operations = 500.0 * pixels_;
    plan.dispatches.push_back(std::move(embed));

    append_sort(plan);
    append_scan(plan, entries_, Shader::lattice_vertex_sums, piece(sorted_));
    plan.dispatches.back().bindings = {piece(vertices), piece(incidence), piece(sorted_), piece(sums_piece)};

    Dispatch find = {.shader = Shader::lattice_neighbours};
    find.push_constants = contract::LatticeNeighbours{.key = geometry_.key};
    find.bindings = {piece(neighbours), piece(vertices)};
    set_vertex_grid(find);
    find.workgroup_count[2] = uint32_t(lattice_corners);
    find.operations = 400.0 * entries_;
    plan.dispatches.push_back(std::move(find));

    append_normalization(plan);
}

/// Radix sort, least significant digit first.
void Lattice::append_sort(Plan& plan)
{
    sorted_ = front_piece;
    const int segments = div_ceil(entries_, segment_entries);
    for (int word = 0; word < 2; ++word)
    {
        for (int shift = 0; shift < geometry_.key_bits[size_t(word)]; shift += contract::lattice_digit_bits)
        {
            const contract::LatticeSort constants = {
                .entries = entries_, .segment = segment_entries, .segments = segments, .word = word, .shift = shift};
            Dispatch count = {.shader = Shader::lattice_count, .push_constants = constants};
            count.bindings = {piece(counters), piece(sorted_)};
            set_linear_grid(count, segments, request_.limits, contract::lattice_sorters);
            count.operations = 16.0 * entries_;
            plan.dispatches.push_back(std::move(count));
            append_scan(plan, segments * contract::lattice_bins, Shader::lattice_scan_sums, piece(counters));

            const uint32_t to = sorted_ == front_piece ? back_piece : front_piece;
            Dispatch scatter = {.shader = Shader::lattice_scatter, .push_constants = constants};
            scatter.bindings = {piece(to), piece(sorted_), piece(counters)};
            set_linear_grid(scatter, segments, request_.limits, contract::lattice_sorters);
            scatter.operations = 32.0 * entries_;
            plan.dispatches.push_back(std::move(scatter));
            sorted_ = to;
        }
    }
}

/// Appends the sums of chunks, then the launch that uses them.
void Lattice::append_scan(Plan& plan, int count, Shader sums_shader, Binding summed) const
{
    const int chunk = div_ceil(count, max_chunks);
    const contract::LatticeScan constants = {.count = count, .chunk = chunk, .chunks = div_ceil(count, chunk)};
    Dispatch add = {.shader = sums_shader, .push_constants = constants};
    add.bindings = {piece(sums_piece), summed};
    const bool is_of_vertices = sums_shader == Shader::lattice_vertex_sums;
    Dispatch scan = {.shader = is_of_vertices ? Shader::lattice_vertices : Shader::lattice_scan,
                     .push_constants = constants};
    scan.bindings = {summed, piece(sums_piece)};
    for (Dispatch* dispatch : {&add, &scan})
    {
        set_linear_grid(*dispatch, constants.chunks, request_.limits);
        dispatch->operations = 16.0 * count;
        plan.dispatches.push_back(std::move(*dispatch));
    }
}

void Lattice::append_normalization(Plan& plan) const
{
    append_blurred(plan, scratch(), 0, 1, /* is_of_ones= */ true);
    const bool is_symmetric = op_.normalization == CrfNormalization::symmetric;
    Dispatch normalize = {.shader = Shader::lattice_normalize,
                          .specialization = {{contract::lattice_is_symmetric_id, is_symmetric}}};
    normalize.push_constants = contract::LatticeNormalize{.pixels = pixels_,
                                                          .width = request_.inputs[0].width(),
                                                          .scales_y = table_.scales_y,
                                                          .scales_x = table_.scales_x};
    normalize.bindings = {piece(incidence), piece(counters), piece(front_piece), weights()};
    set_linear_grid(normalize, pixels_, request_.limits);
    normalize.operations = 64.0 * pixels_;
    plan.dispatches.push_back(std::move(normalize));
    if (!is_symmetric)
        return;
    Dispatch scale = {.shader = Shader::lattice_scale};
    scale.push_constants = contract::LatticeScan{.count = entries_};
    scale.bindings = {piece(incidence), piece(counters)};
    set_linear_grid(scale, entries_, request_.limits);
    scale.operations = 8.0 * entries_;
    plan.dispatches.push_back(std::move(scale));
}

/// Appends launches that leave the result in `front`.
void Lattice::append_blurred(Plan& plan, Binding from, int first_block, int blocks, bool is_of_ones) const
{
    const Operand plane = {.storage = Storage::f32, .buffer_bytes = plane_bytes_};
    const Operand values = {.storage = Storage::f32, .buffer_bytes = values_bytes_};
    const Reading of_plane = {.binding = 1, .operand = &plane};
    const Reading of_values = {.binding = 1, .operand = &values};
    const auto append_gather = [&](Dispatch dispatch)
    {
        dispatch.specialization = {{contract::lattice_blocks_id, blocks},
                                   {contract::lattice_is_of_ones_id, is_of_ones}};
        dispatch.push_constants = contract::LatticeFilter{
            .pixels = pixels_, .first_block = first_block, .share_bits = share_bits_, .shares = shares()};
        dispatch.bindings = {piece(front_piece), from, piece(incidence), piece(vertices)};
        read_texels(dispatch, {&of_plane, 1}, request_.limits);
        dispatch.operations = 8.0 * blocks * entries_;
        plan.dispatches.push_back(std::move(dispatch));
    };
    if (shares() > 0)
    {
        Dispatch sum_shares = {.shader = Shader::lattice_shares};
        set_linear_grid(sum_shares, shares(), request_.limits);
        append_gather(std::move(sum_shares));
    }
    Dispatch splat = {.shader = Shader::lattice_splat};
    set_vertex_grid(splat);
    append_gather(std::move(splat));
    for (uint32_t axis = 0; axis < lattice_corners; ++axis)
    {
        const bool is_even = axis % 2 == 0;
        Dispatch blur = {.shader = Shader::lattice_blur,
                         .specialization = {{contract::lattice_blocks_id, blocks}, {contract::lattice_axis_id, axis}}};
        blur.bindings = {piece(is_even ? back_piece : front_piece), piece(is_even ? front_piece : back_piece),
                         piece(neighbours), piece(vertices)};
        read_texels(blur, {&of_values, 1}, request_.limits);
        set_vertex_grid(blur);
        blur.operations = 4.0 * blocks * entries_;
        plan.dispatches.push_back(std::move(blur));
    }
}

void Lattice::append_filter(Plan& plan, Binding from, Binding to) const
{
    const Operand values = {.storage = Storage::f32, .buffer_bytes = values_bytes_};
    const Reading of_values = {.binding = 1, .operand = &values};
    for (int block = 0; block < blocks_; block += group_blocks_)
    {
        const int blocks = std::min(group_blocks_, blocks_ - block);
        append_blurred(plan, from, block, blocks, /* is_of_ones= */ false);
        Dispatch slice = {.shader = Shader::lattice_slice, .specialization = {{contract::lattice_blocks_id, blocks}}};
        slice.push_constants = contract::LatticeFilter{.pixels = pixels_, .first_block = block};
        slice.bindings = {to, piece(front_piece), piece(incidence)};
        read_texels(slice, {&of_values, 1}, request_.limits);
        set_linear_grid(slice, pixels_, request_.limits);
        slice.operations = 8.0 * blocks * entries_;
        plan.dispatches.push_back(std::move(slice));
    }
}

} // namespace vkseg
