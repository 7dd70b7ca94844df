#include "ops/normalization/normalization.hpp"

#include "base/try.hpp"
#include "normalization/batch_normalization.h"
#include "ops/shape_rules.hpp"

#include <cstring>

namespace vkseg {

Status check_channel_parameters(Inputs inputs, size_t count, size_t min_rank)
{
    VKSEG_TRY(check_given(inputs, count + 1));
    const TensorInfo& x = inputs[0];
    if (!is_float(x.type))
        return Status(StatusCode::unsupported, std::string("input must be of floats, got ") + name(x.type));
    if (x.shape.rank() < min_rank || x.shape.rank() > 5)
        return Status(StatusCode::unsupported, "input must have " + std::to_string(min_rank) +
                                                   " to 5 axes, N, C and up to 3 spatial ones, got " +
                                                   to_string(x.shape));
    for (size_t i = 1; i <= count; ++i)
    {
        const TensorInfo& parameter = inputs[i];
        const std::string which = "parameter " + std::to_string(i);
        if (!is_float(parameter.type))
            return Status(StatusCode::invalid_model, which + " must be of floats, got " + name(parameter.type));
        if (parameter.shape != Shape{x.shape[1]})
            return Status(StatusCode::invalid_model, which + " must have one value for each of the " +
                                                         std::to_string(x.shape[1]) + " channels, got " +
                                                         to_string(parameter.shape));
        if (parameter.constant == nullptr)
            return Status(StatusCode::unsupported, which + " must be constant");
    }
    return {};
}

Packing pack_channels(int64_t channels, size_t list_count, std::function<std::vector<std::vector<double>>()> make_lists)
{
    const size_t values = size_t(channels + 3) / 4 * list_count * 4;
    const auto write = [=, make = std::move(make_lists)](std::span<std::byte> to)
    {
        const std::vector<std::vector<double>> lists = make();
        assert(lists.size() == list_count && to.size() == values * sizeof(float));
        std::vector<float> packed(values);
        for (size_t i = 0; i < list_count; ++i)
        {
            for (size_t channel = 0; channel < size_t(channels); ++channel)
                packed[(channel / 4 * list_count + i) * 4 + channel % 4] = float(lists[i][channel]);
        }
        std::memcpy(to.data(), packed.data(), to.size());
    };
    return {.bytes = values * sizeof(float), .write = write};
}

Status append_normalization(Plan& plan, const PlanRequest& request, Binding coefficients, int batch_pitch)
{
    const Operand& x = request.inputs[0];
    const Operand& y = request.outputs[0];
    const Operand* const operands[] = {&y, &x};
    VKSEG_ASSIGN(const std::vector<BlockShare> shares, share_blocks(operands, request.limits));
    for (const BlockShare& share : shares)
    {
        const BlockWindow from = bind_share(input(0), x, share, request.limits);
        const BlockWindow to = bind_share(output(), y, share, request.limits);
        Dispatch dispatch = {.shader = Shader::batch_normalization, .variant = request.real};
        dispatch.push_constants =
            contract::BatchNormalization{.x = from.view,
                                         .y = to.view,
                                         .rows = y.rows(),
                                         .width = y.width(),
                                         .blocks = share.blocks,
                                         .first_coefficient = share.first_batch * batch_pitch + share.first_block * 3,
                                         .coefficient_batch_pitch = batch_pitch};
        dispatch.bindings = {to.binding, from.binding, coefficients};
        set_share_grid(dispatch, y, share, request.limits);
        dispatch.operations = 8.0 * share.batches * share.blocks * y.rows() * y.width();
        plan.dispatches.push_back(std::move(dispatch));
    }
    return {};
}

} // namespace vkseg
