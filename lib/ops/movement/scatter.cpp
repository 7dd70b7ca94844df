#include "ops/movement/scatter.hpp"

#include "base/try.hpp"
#include "movement/scatter_elements.h"
#include "ops/loop_turns.hpp"
#include "ops/movement/index_checks.hpp"
#include "ops/selection/sort.hpp"
#include "ops/strided_loop.hpp"

namespace vkseg {
namespace {

/// Strides of the claims and of the updates.
using ScatterLoop = StridedLoop<2>;

/// A loop over the places of the output, and how many of its turns have updates.
struct BoundedLoops
{
    std::vector<ScatterLoop> nest;
    std::vector<int64_t> bounds;
};

/// Appends a loop in which only the first `bound` turns have updates. A loop that is merged keeps the bound of the
/// outer one: strides continue each other only if all turns of the inner one have updates.
void append_bounded(BoundedLoops& loops, const ScatterLoop& inner, int64_t bound)
{
    const size_t before = loops.nest.size();
    append(loops.nest, inner);
    if (inner.extent == 1)
        return;
    if (loops.nest.size() > before)
        loops.bounds.push_back(bound);
    else
        loops.bounds.back() *= inner.extent;
}

Shape claims_of(const ScatterShapes& shapes)
{
    Shape claims = shapes.indices;
    claims[shapes.axis] = shapes.data[shapes.axis];
    return claims;
}

/// Product of the extents after the axis.
int64_t inner_of(const Shape& shape, size_t axis)
{
    int64_t product = 1;
    for (size_t i = axis + 1; i < shape.rank(); ++i)
        product *= shape[i];
    return product;
}

/// Strides of the claims in row-major order, or with the axis as the innermost one.
std::array<int64_t, Shape::max_rank> claim_strides(const ScatterShapes& shapes, bool has_axis_last)
{
    const Shape claims = claims_of(shapes);
    std::array<int64_t, Shape::max_rank> strides = {};
    strides[shapes.axis] = 1;
    int64_t stride = has_axis_last ? claims[shapes.axis] : 1;
    for (size_t i = claims.rank(); i-- > 0;)
    {
        if (has_axis_last && i == shapes.axis)
            continue;
        strides[i] = claims[i] == 1 ? 0 : stride;
        stride *= claims[i];
    }
    return strides;
}

BoundedLoops loops_of(const ScatterShapes& shapes, bool has_axis_last)
{
    const auto& [data, indices, updates, axis] = shapes;
    const auto claims = claim_strides(shapes, has_axis_last);
    std::array<ScatterLoop, Shape::max_rank> all;
    int64_t update_stride = 1;
    for (size_t i = data.rank(); i-- > 0;)
    {
        all[i] = {.extent = data[i], .strides = {claims[i], i == axis ? 0 : update_stride}};
        update_stride *= updates[i];
    }
    BoundedLoops result;
    for (size_t i = 0; i < data.rank(); ++i)
        append_bounded(result, all[i], i == axis ? data[i] : updates[i]);
    return result;
}

Dispatch claims_launch(Shader shader, const contract::ScatterClaims& push, int64_t invocations, const Limits& limits)
{
    Dispatch dispatch = {.shader = shader, .variant = Storage::i32, .push_constants = push};
    set_linear_grid(dispatch, invocations, limits);
    dispatch.operations = 16.0 * double(invocations);
    return dispatch;
}

Result<contract::ScatterElements> loops_push(const ScatterShapes& shapes, const PlanRequest& request,
                                             bool has_axis_last)
{
    const BoundedLoops loops = loops_of(shapes, has_axis_last);
    contract::ScatterElements push = {.values = int(shapes.data.elements()),
                                      .axes = int(loops.nest.size()),
                                      .destination_offset = request.outputs[0].view.offset,
                                      .data_offset = request.inputs[0].view.offset,
                                      .updates_offset = request.inputs[2].view.offset * 4,
                                      .axis_stride = int(inner_of(shapes.updates, shapes.axis)),
                                      .extents = {},
                                      .bounds = {},
                                      .claim_strides = {},
                                      .update_strides = {}};
    if (loops.nest.size() > std::size(push.extents))
        return Status(StatusCode::unsupported, "the data must have at most " + std::to_string(std::size(push.extents)) +
                                                   " axes that cannot be joined, got " + to_string(shapes.data));
    for (size_t i = 0; i < loops.nest.size(); ++i)
    {
        push.extents[i] = int(loops.nest[i].extent);
        push.bounds[i] = int(loops.bounds[i]);
        push.claim_strides[i] = int(loops.nest[i].strides[0]);
        push.update_strides[i] = int(loops.nest[i].strides[1]);
    }
    return push;
}

void append_result(Plan& plan, Dispatch dispatch, const PlanRequest& request)
{
    const Operand& destination = request.outputs[0];
    dispatch.operations = double(destination.elements4()) * 64;
    set_linear_grid(dispatch, destination.elements4(), request.limits);
    set_linear_span(dispatch, 0, int(destination.shape[0]));
    plan.dispatches.push_back(std::move(dispatch));
}

Status append_replacing(Plan& plan, const ScatterShapes& shapes, const ScatterPositions& positions,
                        const PlanRequest& request)
{
    const Limits& limits = request.limits;
    const int64_t claims = div_ceil(claims_of(shapes).elements(), 4);
    const auto memory = uint32_t(plan.scratch_bytes.size());
    plan.scratch_bytes.push_back(size_t(claims) * element_bytes(Storage::i32));
    VKSEG_TRY(check_scratch("the positions of all updates", plan.scratch_bytes[memory], limits));
    const contract::ScatterClaims push = {.indices_offset = positions.offset,
                                          .indices = int(shapes.indices.elements()),
                                          .positions = int(shapes.indices[shapes.axis]),
                                          .extent = int(shapes.data[shapes.axis]),
                                          .inner = int(inner_of(shapes.indices, shapes.axis)),
                                          .claims = int(claims)};
    plan.dispatches.push_back(claims_launch(Shader::scatter_elements_clear, push, claims, limits));
    plan.dispatches.back().bindings = {scratch(memory)};
    plan.dispatches.push_back(claims_launch(Shader::scatter_elements_claim, push, push.indices, limits));
    plan.dispatches.back().bindings = {scratch(memory), positions.binding};
    Dispatch dispatch = {.shader = Shader::scatter_elements};
    // Values are moved as bits, so that integers take the build for 32-bit floats.
    dispatch.variant = request.outputs[0].storage == Storage::f16 ? Storage::f16 : Storage::f32;
    VKSEG_ASSIGN(dispatch.push_constants, loops_push(shapes, request, false));
    dispatch.bindings = {output(0), input(0), input(2), scratch(memory)};
    append_result(plan, std::move(dispatch), request);
    return {};
}

/// Updates are combined in the order of their positions, which are sorted for that, so that all devices agree.
Status append_combining(Plan& plan, const ScatterShapes& shapes, ScatterReduction reduction,
                        const ScatterPositions& positions, const PlanRequest& request)
{
    const int64_t extent = shapes.indices[shapes.axis];
    constexpr int64_t search_turns = 32;
    VKSEG_TRY(check_loop_turns(4 * (extent + search_turns + int64_t(Shape::max_rank)), request.limits));
    Operand source = {.shape = shapes.indices, .type = DType::i32, .storage = Storage::i32, .layout = Layout::linear};
    source.view.offset = positions.offset;
    VKSEG_ASSIGN(
        const uint32_t pairs,
        append_sort(
            plan,
            {.source = source, .binding = positions.binding, .axis = shapes.axis, .kept = extent, .is_rising = true},
            request.limits));
    VKSEG_ASSIGN(const contract::ScatterElements loops, loops_push(shapes, request, true));
    Dispatch dispatch = {.shader = Shader::scatter_reduce,
                         .variant = request.outputs[0].storage,
                         .specialization = {{contract::scatter_reduction_id, int(reduction)}}};
    dispatch.push_constants =
        contract::ScatterReduce{.loops = loops, .extent = int(shapes.data[shapes.axis]), .positions = int(extent)};
    dispatch.bindings = {output(0), input(0), input(2), scratch(pairs)};
    append_result(plan, std::move(dispatch), request);
    return {};
}

} // namespace

static_assert(int(ScatterReduction::none) == contract::scatter_none &&
              int(ScatterReduction::add) == contract::scatter_add &&
              int(ScatterReduction::mul) == contract::scatter_mul &&
              int(ScatterReduction::max) == contract::scatter_max &&
              int(ScatterReduction::min) == contract::scatter_min);

Status check_scatter_types(ScatterReduction reduction, Inputs inputs)
{
    VKSEG_TRY(check_index_type(inputs[1]));
    const DType type = inputs[0].type;
    if (inputs[2].type != type)
        return Status(StatusCode::invalid_model, std::string("updates must have the type of the data, ") + name(type) +
                                                     ", got " + name(inputs[2].type));
    const bool wraps = (type == DType::u8 || type == DType::i8) &&
                       (reduction == ScatterReduction::add || reduction == ScatterReduction::mul);
    if (reduction != ScatterReduction::none && (type == DType::boolean || wraps))
        return Status(StatusCode::unsupported,
                      std::string("updates are combined with floats and 32-bit integers only, got ") + name(type));
    return {};
}

Status append_scatter(Plan& plan, const ScatterShapes& shapes, ScatterReduction reduction,
                      const ScatterPositions& positions, const PlanRequest& request)
{
    VKSEG_TRY(check_binding("data", request.inputs[0], request.limits));
    VKSEG_TRY(check_binding("indices", request.inputs[1], request.limits));
    VKSEG_TRY(check_binding("updates", request.inputs[2], request.limits));
    VKSEG_TRY(check_binding("output", request.outputs[0], request.limits));
    return reduction == ScatterReduction::none ? append_replacing(plan, shapes, positions, request)
                                               : append_combining(plan, shapes, reduction, positions, request);
}

Result<ScatterPositions> append_positions(Plan& plan, std::span<const int64_t> extents, const PlanRequest& request)
{
    const Operand& indices = request.inputs[1];
    contract::ScatterPositions push = {.indices_offset = indices.view.offset * 4,
                                       .tuples = int(indices.shape.elements() / int64_t(extents.size())),
                                       .depth = int(extents.size()),
                                       .extents = {},
                                       .strides = {}};
    int64_t stride = 1;
    for (size_t i = extents.size(); i-- > 0;)
    {
        push.extents[i] = int(extents[i]);
        push.strides[i] = int(stride);
        stride *= extents[i];
    }
    const Binding memory = scratch(uint32_t(plan.scratch_bytes.size()));
    plan.scratch_bytes.push_back(size_t(div_ceil(push.tuples, 4)) * element_bytes(Storage::i32));
    VKSEG_TRY(check_scratch("the positions of all updates", plan.scratch_bytes.back(), request.limits));
    Dispatch dispatch = {.shader = Shader::scatter_positions,
                         .variant = Storage::i32,
                         .push_constants = push,
                         .bindings = {memory, input(1)}};
    set_linear_grid(dispatch, push.tuples, request.limits);
    dispatch.operations = 16.0 * double(push.tuples) * push.depth;
    plan.dispatches.push_back(std::move(dispatch));
    return ScatterPositions{.binding = memory};
}

} // namespace vkseg
