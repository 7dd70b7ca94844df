#include "ops/matrix/row_stack.hpp"

#include "base/try.hpp"

namespace vkseg {
namespace {

/// The request for a pointwise convolution of x to y.
PlanRequest pointwise_request(const PlanRequest& request, const Operand& x, const Operand& y)
{
    PlanRequest pixels = request;
    pixels.inputs = {&x, 1};
    pixels.outputs = {&y, 1};
    return pixels;
}

void rebind(Binding& binding, const Binding& memory)
{
    binding.kind = memory.kind;
    binding.index = memory.index;
}

} // namespace

Operand RowStack::pixels() const
{
    return {
        .shape = {entries, columns, rows, 1},
        .storage = storage,
        .layout = Layout::blocked,
        .view = {.offset = int(offset), .batch_pitch = int(entry_pitch), .block_pitch = 1, .row_pitch = int(row_pitch)},
        .buffer_bytes = buffer_bytes,
        .is_present = true};
}

Result<ConvolutionPlan> choose_row_product(const PlanRequest& request, const RowStack& x, const RowStack& y)
{
    const Operand in = x.pixels();
    const Operand out = y.pixels();
    const ConvolutionPass pass = {.grid = {1, out.height(), 1}};
    return choose_convolution(pointwise_request(request, in, out), {.inputs = in.channels(), .outputs = out.channels()},
                              {&pass, 1}, Activation{});
}

Status add_row_product(Plan& plan, const PlanRequest& request, const RowStack& x, const RowStack& y,
                       const ConvolutionPlan& shared, int64_t weights_begin, int64_t weights_pitch)
{
    const Operand in = x.pixels();
    const Operand out = y.pixels();
    const ConvolutionPass pass = {
        .grid = {1, out.height(), 1}, .weights_begin = weights_begin, .weights_batch_pitch = weights_pitch};
    Plan product = {.scratch_bytes = plan.scratch_bytes};
    VKSEG_TRY(add_pass(product, pointwise_request(request, in, out), shared, pass));
    for (Dispatch& dispatch : product.dispatches)
    {
        for (Binding& binding : dispatch.bindings)
        {
            if (binding.kind == Binding::Kind::input)
                rebind(binding, x.binding);
            else if (binding.kind == Binding::Kind::output)
                rebind(binding, y.binding);
        }
        plan.dispatches.push_back(std::move(dispatch));
    }
    plan.scratch_bytes = std::move(product.scratch_bytes);
    return {};
}

} // namespace vkseg
