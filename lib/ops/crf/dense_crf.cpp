#include "ops/crf/dense_crf.hpp"

#include "base/div_ceil.hpp"
#include "base/try.hpp"
#include "crf/dense_crf.h"
#include "ops/convolution/convolution.hpp"
#include "ops/crf/lattice.hpp"
#include "ops/operators.hpp"
#include "ops/reduction/pair_sums.hpp"
#include "ops/shape_rules.hpp"

#include <algorithm>
#include <cmath>

namespace vkseg {
namespace {

constexpr int64_t max_labels = 256;
constexpr int64_t max_iterations = 1000;
constexpr int max_pixels = 1 << 24; // kernels count pixels, and the lattice 6 corners of each, in 32 bits
constexpr int spatial_outputs = 8;  // maximum of an invocation
/// Radius in standard deviations; 6e-7 of a Gaussian lies beyond it.
constexpr double spatial_reach = 5;

constexpr uint32_t probabilities_scratch = 0;
constexpr uint32_t messages_scratch = 1;

bool has_matrices(Inputs inputs)
{
    return is_given(inputs, 2);
}

Status check_positive(const char* what, float value)
{
    if (value > 0 && std::isfinite(value))
        return {};
    return Status(StatusCode::invalid_model,
                  std::string(what) + " must be greater than 0, got " + std::to_string(value));
}

Status check_matrices(Inputs inputs, int64_t labels)
{
    constexpr const char* names[] = {"spatial weights", "bilateral weights", "compatibility"};
    const Shape expected = {labels, labels};
    for (size_t i = 0; i < 3; ++i)
    {
        if (!is_given(inputs, i + 2))
            return Status(StatusCode::invalid_model,
                          "spatial weights, bilateral weights and compatibility must be given together or not at all");
        const TensorInfo& matrix = inputs[i + 2];
        if (matrix.constant == nullptr)
            return Status(StatusCode::unsupported, std::string(names[i]) + " must be constant");
        if (!is_float(matrix.type) || matrix.shape != expected)
            return Status(StatusCode::invalid_model, std::string(names[i]) + " must be floats of shape " +
                                                         to_string(expected) + ", got " + name(matrix.type) + " " +
                                                         to_string(matrix.shape));
    }
    return {};
}

/// Sum of a Gaussian's weights that lie within a line, for each position of the line.
std::vector<double> spatial_sums(double deviation, int64_t extent, int radius)
{
    std::vector<double> sums;
    for (int64_t at = 0; at < extent; ++at)
    {
        double sum = 0;
        for (int64_t other = std::max<int64_t>(0, at - radius); other <= std::min(extent - 1, at + radius); ++other)
            sum += std::exp(-0.5 * double((other - at) * (other - at)) / (deviation * deviation));
        sums.push_back(sum);
    }
    return sums;
}

/// −compatibility · weights, row-major: the matrix by which messages are multiplied and added to the logits.
std::vector<double> combined(Inputs inputs, size_t weights, size_t labels)
{
    const std::vector<float> compatibility = inputs[4].constant->to_floats();
    const std::vector<float> factors = inputs[weights].constant->to_floats();
    std::vector<double> product(labels * labels);
    for (size_t row = 0; row < labels; ++row)
    {
        for (size_t inner = 0; inner < labels; ++inner)
        {
            for (size_t column = 0; column < labels; ++column)
                product[row * labels + column] -=
                    double(compatibility[row * labels + inner]) * double(factors[inner * labels + column]);
        }
    }
    return product;
}

using Element = std::array<float, 4>;

void write_matrices(std::span<Element> to, const std::vector<double>& matrix, size_t labels)
{
    const size_t blocks = div_ceil(labels, 4);
    for (size_t row = 0; row < labels; ++row)
    {
        for (size_t column = 0; column < labels; ++column)
        {
            const size_t place = (column / 4 * blocks + row / 4) * 4 + column % 4;
            to[place][row % 4] = float(matrix[row * labels + column]);
        }
    }
}

class CrfPlanner
{
public:
    CrfPlanner(const DenseCrf& op, const PlanRequest& request)
        : op_(op)
        , request_(request)
        , unary_(request.inputs[0])
        , height_(unary_.height())
        , width_(unary_.width())
        , pixels_(height_ * width_)
        , blocks_(unary_.blocks())
        , table_(crf_table(op, unary_.shape, has_matrices(request.infos)))
    {
        const size_t alignment = binding_alignment(request.limits);
        plane_bytes_ = size_t(blocks_) * size_t(pixels_) * element_bytes(Storage::f32);
        message_pitch_bytes_ = round_up(plane_bytes_, alignment);
    }

    Result<Plan> run()
    {
        VKSEG_TRY(check_binding("unary", unary_, request_.limits));
        VKSEG_TRY(check_binding("picture", request_.inputs[1], request_.limits));
        plan_.weight_layouts = {WeightLayout{}};
        if (op_.iterations > 0)
        {
            plan_.scratch_bytes = {plane_bytes_, message_pitch_bytes_ * 2};
            if (is_exact(op_, unary_.shape))
                pair_sums_.emplace(op_, request_, table_)
                    .append_build(plan_, scratch(probabilities_scratch), bilateral_messages());
            else
            {
                VKSEG_ASSIGN(geometry_, lattice_geometry(op_, unary_.shape));
                lattice_.emplace(op_, request_, geometry_, table_);
                lattice_->append_build(plan_);
            }
            append_update(/* has_messages= */ false);
        }
        for (int64_t i = 0; i < op_.iterations; ++i)
        {
            append_spatial(/* is_along_rows= */ true);
            append_spatial(/* is_along_rows= */ false);
            if (lattice_)
                lattice_->append_filter(plan_, scratch(probabilities_scratch), bilateral_messages());
            else
                pair_sums_->append_filter(plan_, scratch(probabilities_scratch), bilateral_messages());
            if (i + 1 < op_.iterations)
                append_update(/* has_messages= */ true);
        }
        append_result();
        for (const size_t bytes : plan_.scratch_bytes)
        {
            if (bytes > request_.limits.max_storage_buffer_range_bytes)
                return Status(StatusCode::out_of_memory,
                              "inference over " + to_string(unary_.shape) + " takes " + std::to_string(bytes) +
                                  " bytes in one piece, but the device binds at most " +
                                  std::to_string(request_.limits.max_storage_buffer_range_bytes) +
                                  " at a time; use a smaller picture");
        }
        return std::move(plan_);
    }

private:
    Binding spatial_messages() const
    {
        return {.kind = Binding::Kind::scratch, .index = messages_scratch, .size_bytes = plane_bytes_};
    }
    Binding bilateral_messages() const
    {
        return {.kind = Binding::Kind::scratch,
                .index = messages_scratch,
                .offset_bytes = message_pitch_bytes_,
                .size_bytes = plane_bytes_};
    }
    static Operand scratch_operand(size_t bytes) { return {.storage = Storage::f32, .buffer_bytes = bytes}; }
    Operand table_operand() const { return scratch_operand(size_t(table_.elements) * element_bytes(Storage::f32)); }

    contract::CrfUpdate update_constants() const
    {
        return {.unary = unary_.view,
                .result = request_.outputs[0].view,
                .pixels = pixels_,
                .width = width_,
                .labels = unary_.channels(),
                .message_pitch = int(message_pitch_bytes_ / element_bytes(Storage::f32)),
                .scales_y = table_.scales_y,
                .scales_x = table_.scales_x,
                .matrices = table_.matrices,
                .spatial_weight = op_.gaussian_compat,
                .bilateral_weight = op_.bilateral_compat};
    }

    /// A build that holds the logits of all labels in registers, twice during their softmax, or recomputes them each
    /// time.
    Shader step_shader(ShaderFamily family) const
    {
        constexpr int addresses = 24;
        const bool recomputes = 2 * 4 * blocks_ + addresses > request_.limits.preferences.registers;
        return find_variant({.family = family, .recomputes = recomputes});
    }

    void append_step(Dispatch dispatch, Binding to, bool has_messages)
    {
        const bool multiplies = has_messages && has_matrices(request_.infos);
        dispatch.variant = request_.real;
        dispatch.specialization.set({contract::crf_blocks_id, blocks_});
        dispatch.specialization.set({contract::crf_has_messages_id, has_messages});
        dispatch.specialization.set({contract::crf_has_matrices_id, multiplies});
        dispatch.push_constants = update_constants();
        dispatch.bindings = {to, input(0), has_messages ? scratch(messages_scratch) : weights(), weights()};
        const Operand table = table_operand();
        const Operand messages = has_messages ? scratch_operand(message_pitch_bytes_ * 2) : table;
        const Reading readings[] = {{.binding = 1, .operand = &unary_},
                                    {.binding = 2, .operand = &messages},
                                    {.binding = 3, .operand = &table}};
        read_texels(dispatch, readings, request_.limits);
        set_linear_grid(dispatch, pixels_, request_.limits);
        dispatch.operations = double(pixels_) * blocks_ * (multiplies ? 64.0 * blocks_ : 100.0);
        plan_.dispatches.push_back(std::move(dispatch));
    }

    void append_update(bool has_messages)
    {
        append_step({.shader = step_shader(ShaderFamily::dense_crf_update)}, scratch(probabilities_scratch),
                    has_messages);
    }

    void append_result()
    {
        append_step({.shader = step_shader(ShaderFamily::dense_crf_result),
                     .specialization = {{contract::crf_gives_logits_id, op_.gives_logits}}},
                    output(), op_.iterations > 0);
    }

    /// The pass along rows writes to the memory of the bilateral messages, which are computed later. The pass along
    /// columns follows.
    void append_spatial(bool is_along_rows)
    {
        const contract::CrfSpatial constants = {.pixels = pixels_,
                                                .blocks = blocks_,
                                                .lines = is_along_rows ? height_ : width_,
                                                .line_pitch = is_along_rows ? width_ : 1,
                                                .extent = is_along_rows ? width_ : height_,
                                                .pitch = is_along_rows ? 1 : width_,
                                                .radius = table_.radius,
                                                .scales = is_along_rows ? table_.scales_x : table_.scales_y};
        constexpr int registers_of_most = 60; // sums, 15 weights, a value
        const int outputs = request_.limits.preferences.registers < registers_of_most ? 4 : spatial_outputs;
        Dispatch dispatch = {.shader = find_variant({.family = ShaderFamily::dense_crf_spatial, .outputs = outputs}),
                             .specialization = {{contract::crf_is_along_rows_id, is_along_rows}},
                             .push_constants = constants,
                             .bindings = {is_along_rows ? bilateral_messages() : spatial_messages(),
                                          is_along_rows ? scratch(probabilities_scratch) : bilateral_messages(),
                                          weights()}};
        const Operand from = scratch_operand(plane_bytes_);
        const Operand table = table_operand();
        const Reading readings[] = {{.binding = 1, .operand = &from}, {.binding = 2, .operand = &table}};
        read_texels(dispatch, readings, request_.limits);
        const int runs = div_ceil(constants.extent, outputs);
        set_linear_grid(dispatch, int64_t(blocks_) * constants.lines * runs, request_.limits);
        dispatch.operations = double(blocks_) * pixels_ * (2 * table_.radius + outputs) * 8;
        plan_.dispatches.push_back(std::move(dispatch));
    }

    const DenseCrf& op_;
    const PlanRequest& request_;
    const Operand& unary_;
    int height_;
    int width_;
    int pixels_;
    int blocks_;
    CrfTable table_;
    size_t plane_bytes_ = 0;         ///< all blocks of labels
    size_t message_pitch_bytes_ = 0; ///< distance from spatial to bilateral messages
    LatticeGeometry geometry_;
    std::optional<Lattice> lattice_; ///< if sums are not exact
    std::optional<PairSums> pair_sums_;
    Plan plan_;
};

} // namespace

Signature signature(const DenseCrf&)
{
    return {.name = "DenseCrf", .min_inputs = 2, .max_inputs = 5, .data_inputs = 2, .packs_shapes = true};
}

bool is_exact(const DenseCrf& op, const Shape& unary)
{
    if (op.filter != CrfFilter::automatic)
        return op.filter == CrfFilter::exact;
    return unary[2] * unary[3] <= max_exact_pixels;
}

CrfTable crf_table(const DenseCrf& op, const Shape& unary, bool has_matrices)
{
    const double longest = double(std::max(unary[2], unary[3]) - 1);
    const int blocks = int(unary[1] + 3) / 4;
    CrfTable table;
    table.radius = int(std::min(longest, std::ceil(spatial_reach * double(op.gaussian_sxy))));
    const int runs = div_ceil(2 * table.radius + spatial_outputs, spatial_outputs);
    table.scales_y = (runs + 1) * (spatial_outputs / 4);
    table.scales_x = table.scales_y + int(unary[2]);
    table.matrices = table.scales_x + int(unary[3]);
    table.elements = table.matrices + (has_matrices ? 2 * blocks * blocks * 4 : 0);
    return table;
}

Result<Outputs> infer(const DenseCrf& op, Inputs inputs)
{
    VKSEG_TRY(check_given(inputs, 2));
    const TensorInfo& unary = inputs[0];
    const TensorInfo& picture = inputs[1];
    if (!is_float(unary.type) || unary.shape.rank() != 4 || unary.shape[0] != 1)
        return Status(StatusCode::invalid_model, "unary must be floats of shape 1xCxHxW, got " +
                                                     std::string(name(unary.type)) + " " + to_string(unary.shape));
    VKSEG_TRY(check_extents(unary.shape));
    if (is_empty(unary.shape))
        return Status(StatusCode::invalid_model,
                      "unary must have at least one label and pixel, got " + to_string(unary.shape));
    const Shape expected = {1, 3, unary.shape[2], unary.shape[3]};
    if (!is_float(picture.type) || picture.shape != expected)
        return Status(StatusCode::invalid_model, "picture must be floats of shape " + to_string(expected) + ", got " +
                                                     name(picture.type) + " " + to_string(picture.shape));
    if (unary.shape[1] > max_labels)
        return Status(StatusCode::unsupported, "expected at most 256 labels, got " + std::to_string(unary.shape[1]));
    if (unary.shape[2] * unary.shape[3] > max_pixels)
        return Status(StatusCode::unsupported,
                      "expected at most 16777216 pixels, got " + std::to_string(unary.shape[2] * unary.shape[3]));
    if (op.iterations < 0 || op.iterations > max_iterations)
        return Status(StatusCode::invalid_model, "iterations must be 0 to 1000, got " + std::to_string(op.iterations));
    VKSEG_TRY(check_positive("gaussian_sxy", op.gaussian_sxy));
    VKSEG_TRY(check_positive("bilateral_sxy", op.bilateral_sxy));
    VKSEG_TRY(check_positive("bilateral_srgb", op.bilateral_srgb));
    if (!std::isfinite(op.gaussian_compat) || !std::isfinite(op.bilateral_compat))
        return Status(StatusCode::invalid_model, "gaussian_compat and bilateral_compat must be finite");
    if (!is_exact(op, unary.shape))
        VKSEG_TRY(lattice_geometry(op, unary.shape).status());
    if (is_given(inputs, 2) || is_given(inputs, 3) || is_given(inputs, 4))
        VKSEG_TRY(check_matrices(inputs, unary.shape[1]));
    return single_output(unary.type, unary.shape);
}

LayoutRule layout_rule(const DenseCrf&, Inputs)
{
    return LayoutRule::blocked;
}

Result<Plan> plan(const DenseCrf& op, const PlanRequest& request)
{
    return CrfPlanner(op, request).run();
}

Packing pack(const DenseCrf& op, Inputs inputs, const WeightLayout&, Storage)
{
    const Shape& shape = inputs[0].shape;
    const CrfTable table = crf_table(op, shape, has_matrices(inputs));
    std::vector<Element> elements(size_t(table.elements));
    const double deviation = op.gaussian_sxy;
    for (int distance = -table.radius; distance <= table.radius; ++distance)
    {
        const auto place = size_t(distance + table.radius + spatial_outputs - 1);
        elements[place / 4][place % 4] =
            float(std::exp(-0.5 * double(distance) * double(distance) / (deviation * deviation)));
    }
    const bool is_symmetric = op.normalization == CrfNormalization::symmetric;
    for (const auto& [extent, begin] : {std::pair(shape[2], table.scales_y), std::pair(shape[3], table.scales_x)})
    {
        size_t place = size_t(begin);
        for (const double sum : spatial_sums(deviation, extent, table.radius))
        {
            const double root = 1 / std::sqrt(sum);
            elements[place++] = {is_symmetric ? float(root) : 1.0f, is_symmetric ? float(root) : float(1 / sum)};
        }
    }
    if (has_matrices(inputs))
    {
        const size_t labels = size_t(shape[1]);
        const size_t half = (elements.size() - size_t(table.matrices)) / 2;
        const std::span<Element> matrices = std::span(elements).subspan(size_t(table.matrices));
        write_matrices(matrices.first(half), combined(inputs, 2, labels), labels);
        write_matrices(matrices.subspan(half), combined(inputs, 3, labels), labels);
    }
    return packing_of(std::move(elements));
}

} // namespace vkseg
