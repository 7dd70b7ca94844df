#include "movement/scatter_elements.h"

#include "base/try.hpp"
#include "ops/operators.hpp"
#include "ops/shape_rules.hpp"
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

struct ScatterShapes
{
    Shape data;
    Shape indices;
    Shape updates;
    size_t axis = 0;

    Shape claims() const
    {
        Shape shape = indices;
        shape[axis] = data[axis];
        return shape;
    }

    /// Product of the indices' extents after the axis.
    int64_t inner() const
    {
        int64_t product = 1;
        for (size_t i = axis + 1; i < indices.rank(); ++i)
            product *= indices[i];
        return product;
    }

    BoundedLoops loops() const
    {
        std::array<ScatterLoop, Shape::max_rank> all;
        int64_t claim_stride = 1;
        int64_t update_stride = 1;
        for (size_t i = data.rank(); i-- > 0;)
        {
            const int64_t claimed = claims()[i];
            all[i] = {.extent = data[i], .strides = {claimed == 1 ? 0 : claim_stride, i == axis ? 0 : update_stride}};
            claim_stride *= claimed;
            update_stride *= updates[i];
        }
        BoundedLoops result;
        for (size_t i = 0; i < data.rank(); ++i)
            append_bounded(result, all[i], i == axis ? data[i] : updates[i]);
        return result;
    }

    int64_t axis_stride() const
    {
        int64_t stride = 1;
        for (size_t i = axis + 1; i < updates.rank(); ++i)
            stride *= updates[i];
        return stride;
    }
};

/// Checks indices that are known when the network is planned.
Status check_scatter_indices(const Tensor* indices, int64_t extent)
{
    if (indices == nullptr)
        return {};
    for (const int64_t index : indices->to_integers())
    {
        if ((index < -extent || index >= extent) && index != INT32_MAX)
            return Status(StatusCode::invalid_model, "indices must lie within an extent of " + std::to_string(extent) +
                                                         ", got " + std::to_string(index));
    }
    return {};
}

Status check_scatter_shapes(const ScatterShapes& shapes)
{
    const auto& [data, indices, updates, axis] = shapes;
    bool fits = updates.rank() == data.rank() && indices.rank() == data.rank();
    for (size_t i = 0; i < data.rank() && fits; ++i)
    {
        fits = (i == axis || updates[i] <= data[i]) && (indices[i] == updates[i] || (i != axis && indices[i] == 1));
    }
    if (fits)
        return {};
    return Status(StatusCode::invalid_model,
                  "updates must fit the data along all axes but " + std::to_string(axis) +
                      ", and indices must have their shape or extents of 1 there, got data " + to_string(data) +
                      ", indices " + to_string(indices) + " and updates " + to_string(updates));
}

Dispatch claims_launch(Shader shader, const contract::ScatterClaims& push, int64_t invocations, const Limits& limits)
{
    Dispatch dispatch = {.shader = shader, .variant = Storage::i32, .push_constants = push, .bindings = {scratch()}};
    set_linear_grid(dispatch, invocations, limits);
    dispatch.operations = 16.0 * double(invocations);
    return dispatch;
}

Dispatch result_launch(const ScatterShapes& shapes, const PlanRequest& request)
{
    const Operand& destination = request.outputs[0];
    const BoundedLoops loops = shapes.loops();
    contract::ScatterElements push = {.values = int(destination.shape.elements()),
                                      .axes = int(loops.nest.size()),
                                      .destination_offset = destination.view.offset,
                                      .data_offset = request.inputs[0].view.offset,
                                      .updates_offset = request.inputs[2].view.offset * 4,
                                      .axis_stride = int(shapes.axis_stride()),
                                      .extents = {},
                                      .bounds = {},
                                      .claim_strides = {},
                                      .update_strides = {}};
    for (size_t i = 0; i < loops.nest.size(); ++i)
    {
        push.extents[i] = int(loops.nest[i].extent);
        push.bounds[i] = int(loops.bounds[i]);
        push.claim_strides[i] = int(loops.nest[i].strides[0]);
        push.update_strides[i] = int(loops.nest[i].strides[1]);
    }
    Dispatch dispatch = {.shader = Shader::scatter_elements};
    // Values are moved as bits, so that integers take the build for 32-bit floats.
    dispatch.variant = destination.storage == Storage::f16 ? Storage::f16 : Storage::f32;
    dispatch.push_constants = push;
    dispatch.bindings = {output(0), input(0), input(2), scratch()};
    dispatch.operations = double(destination.elements4()) * 64;
    set_linear_grid(dispatch, destination.elements4(), request.limits);
    set_linear_span(dispatch, 0, int(shapes.data[0]));
    return dispatch;
}

} // namespace

Signature signature(const ScatterElements&)
{
    return {.name = "ScatterElements", .min_inputs = 3, .max_inputs = 3, .data_inputs = 3};
}

Result<Outputs> infer(const ScatterElements& op, Inputs inputs)
{
    VKSEG_TRY(check_given(inputs, 3));
    const TensorInfo& data = inputs[0];
    const TensorInfo& indices = inputs[1];
    const TensorInfo& updates = inputs[2];
    VKSEG_ASSIGN(const size_t axis, resolve_axis(op.axis, data.shape.rank()));
    if (is_float(indices.type) || indices.type == DType::boolean)
        return Status(StatusCode::invalid_model, std::string("indices must be integers, got ") + name(indices.type));
    if (updates.type != data.type)
        return Status(StatusCode::invalid_model, std::string("updates must have the type of the data, ") +
                                                     name(data.type) + ", got " + name(updates.type));
    VKSEG_TRY(
        check_scatter_shapes({.data = data.shape, .indices = indices.shape, .updates = updates.shape, .axis = axis}));
    VKSEG_TRY(check_scatter_indices(indices.constant, data.shape[axis]));
    return single_output(data.type, data.shape);
}

LayoutRule layout_rule(const ScatterElements&, Inputs)
{
    return LayoutRule::linear;
}

Result<Plan> plan(const ScatterElements& op, const PlanRequest& request)
{
    const Operand& data = request.inputs[0];
    const Operand& indices = request.inputs[1];
    const Operand& updates = request.inputs[2];
    const Limits& limits = request.limits;
    VKSEG_TRY(check_binding("data", data, limits));
    VKSEG_TRY(check_binding("indices", indices, limits));
    VKSEG_TRY(check_binding("updates", updates, limits));
    VKSEG_TRY(check_binding("output", request.outputs[0], limits));
    VKSEG_ASSIGN(const size_t axis, resolve_axis(op.axis, data.shape.rank()));
    const ScatterShapes shapes = {.data = data.shape, .indices = indices.shape, .updates = updates.shape, .axis = axis};
    const int64_t claims = div_ceil(shapes.claims().elements(), 4);
    Plan plan;
    plan.scratch_bytes = {size_t(claims) * element_bytes(Storage::i32)};
    VKSEG_TRY(check_scratch("the positions of all updates", plan.scratch_bytes[0], limits));
    const contract::ScatterClaims push = {.indices_offset = indices.view.offset,
                                          .indices = int(indices.shape.elements()),
                                          .positions = int(indices.shape[axis]),
                                          .extent = int(data.shape[axis]),
                                          .inner = int(shapes.inner()),
                                          .claims = int(claims)};
    plan.dispatches.push_back(claims_launch(Shader::scatter_elements_clear, push, claims, limits));
    plan.dispatches.push_back(claims_launch(Shader::scatter_elements_claim, push, push.indices, limits));
    plan.dispatches.back().bindings.push_back(input(1));
    plan.dispatches.push_back(result_launch(shapes, request));
    return plan;
}

} // namespace vkseg
