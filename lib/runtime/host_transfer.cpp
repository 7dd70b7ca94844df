#include "runtime/host_transfer.hpp"

#include "base/try.hpp"
#include "convert.h"
#include "ops/block_shares.hpp"

#include <algorithm>
#include <cstring>

namespace vkseg {
namespace {

size_t align(size_t bytes)
{
    constexpr size_t alignment = 256; // the largest that the specification lets a device ask for
    return (bytes + alignment - 1) / alignment * alignment;
}

bool is_bytes(const Schedule& schedule, ValueId id)
{
    return std::any_of(schedule.slots.begin(), schedule.slots.end(),
                       [&](const Slot& slot) { return slot.value == id && slot.storage == Storage::u8; });
}

/// Of an input or output that is blocked on the device: its pixels.
std::optional<size_t> run_values(const Schedule& schedule, Step::Kind kind, uint32_t index)
{
    for (const Step& step : schedule.steps)
    {
        if (step.kind != kind || step.node != index)
            continue;
        const Operand tensor = operand_of(schedule, kind == Step::Kind::input ? step.outputs[0] : step.inputs[0]);
        if (tensor.layout == Layout::blocked)
            return size_t(tensor.rows()) * size_t(tensor.width());
    }
    return std::nullopt;
}

/// Words as they are given, with the padding behind each run.
void write_runs(std::span<const std::byte> words, const HostTransfer& transfer, std::byte* to)
{
    const size_t run = transfer.run_values * 4;
    const size_t pitch = (run + 15) / 16 * 16;
    for (size_t from = 0; from < words.size(); from += run, to += pitch)
        std::memcpy(to, words.data() + from, run);
}

std::vector<std::byte> read_runs(const HostTransfer& transfer, const std::byte* from)
{
    std::vector<std::byte> bytes(transfer.visible_bytes());
    const size_t run = transfer.run_values * (transfer.is_bytes ? 1 : 4);
    const size_t pitch = transfer.is_bytes ? run : (run + 15) / 16 * 16;
    for (size_t to = 0; to < bytes.size(); to += run, from += pitch)
        std::memcpy(bytes.data() + to, from, run);
    return bytes;
}

/// The host's words of a tensor, as if they were one of the device's: four runs in the place of a block.
Operand host_operand(const Operand& tensor, const HostTransfer& transfer)
{
    const int run = int((transfer.run_values + 3) / 4);
    Operand words = {.shape = transfer.shape,
                     .storage = tensor.storage == Storage::i32 ? Storage::i32 : Storage::f32,
                     .buffer_bytes = transfer.size_bytes,
                     .is_present = true};
    if (tensor.layout == Layout::blocked)
    {
        words.shape = tensor.shape;
        words.view.batch_pitch = tensor.channels() * run;
        words.view.block_pitch = 4 * run;
    }
    return words;
}

void read_transfer(Dispatch& dispatch, const Operand& tensor, const Operand& words, const Limits& limits)
{
    const Reading reading = {.binding = 1, .operand = dispatch.shader == Shader::convert_in ? &words : &tensor};
    read_texels(dispatch, {&reading, 1}, limits);
}

Dispatch linear_transfer(Shader shader, const Operand& tensor, const Operand& words, const HostTransfer& transfer,
                         const Limits& limits)
{
    const int run = int((transfer.run_values + 3) / 4);
    Dispatch dispatch = {.shader = shader, .variant = tensor.storage};
    dispatch.push_constants = contract::Convert{
        .tensor = tensor.view, .run = run, .values = int(transfer.run_values), .width = 1, .batch = 1, .channels = 1};
    dispatch.bindings = {output(), input(0)};
    set_linear_grid(dispatch, run, limits);
    read_transfer(dispatch, tensor, words, limits);
    return dispatch;
}

Dispatch blocked_transfer(Shader shader, const Operand& tensor, const Operand& words, const BlockShare& share,
                          const HostTransfer& transfer, const Limits& limits)
{
    const int run = int((transfer.run_values + 3) / 4);
    const bool is_in = shader == Shader::convert_in;
    const BlockWindow device = bind_share(is_in ? output() : input(0), tensor, share, limits);
    const BlockWindow host = bind_share(is_in ? input(0) : output(), words, share, limits);
    Dispatch dispatch = {.shader = shader, .variant = tensor.storage};
    dispatch.push_constants =
        contract::Convert{.tensor = device.view,
                          .is_blocked = 1,
                          .run = run,
                          .values = int(transfer.run_values),
                          .width = tensor.width(),
                          .batch = share.batches,
                          .channels = std::min(share.blocks * 4, tensor.channels() - share.first_block * 4),
                          .host_offset = host.view.offset,
                          .host_batch_pitch = host.view.batch_pitch};
    dispatch.bindings = is_in ? std::vector{device.binding, host.binding} : std::vector{host.binding, device.binding};
    set_linear_grid(dispatch, int64_t(share.batches) * share.blocks * run, limits);
    read_transfer(dispatch, tensor, words, limits);
    return dispatch;
}

} // namespace

HostTransfers lay_out_transfers(const Graph& graph, const Schedule& schedule)
{
    HostTransfers host;
    const auto lay_out = [&](Step::Kind kind, std::span<const ValueId> ids, std::vector<HostTransfer>& transfers)
    {
        size_t offset = 0;
        for (size_t i = 0; i < ids.size(); ++i)
        {
            const Value& value = graph.values[ids[i]];
            HostTransfer transfer = {.index = uint32_t(i), .shape = value.shape, .type = value.type};
            transfer.offset_bytes = offset;
            transfer.is_bytes = is_bytes(schedule, ids[i]);
            const size_t values = size_t(value.shape.elements());
            transfer.run_values = run_values(schedule, kind, uint32_t(i)).value_or(std::max<size_t>(values, 1));
            const size_t padded = values / transfer.run_values * ((transfer.run_values + 3) / 4 * 4);
            transfer.size_bytes = align(transfer.is_bytes ? values : padded * 4);
            offset += transfer.size_bytes;
            transfers.push_back(transfer);
        }
        return offset;
    };
    host.input_bytes = lay_out(Step::Kind::input, graph.inputs, host.inputs);
    host.output_bytes = lay_out(Step::Kind::output, graph.outputs, host.outputs);
    return host;
}

Result<std::vector<Dispatch>> plan_transfer(Shader shader, const std::string& what, const Operand& tensor,
                                            const HostTransfer& transfer, const Limits& limits)
{
    const Operand words = host_operand(tensor, transfer);
    if (tensor.layout == Layout::linear)
    {
        VKSEG_TRY(check_binding(what, tensor, limits));
        VKSEG_TRY(check_binding(what, words, limits));
        return std::vector{linear_transfer(shader, tensor, words, transfer, limits)};
    }
    const Operand* const operands[] = {&tensor, &words};
    const Result<std::vector<BlockShare>> shares = share_blocks(operands, limits);
    if (!shares.is_ok())
        return shares.status().with_context(what);
    std::vector<Dispatch> dispatches;
    for (const BlockShare& share : *shares)
        dispatches.push_back(blocked_transfer(shader, tensor, words, share, transfer, limits));
    return dispatches;
}

Status write_input(const Tensor& tensor, const HostTransfer& transfer, const std::string& name, std::byte* to)
{
    if (transfer.is_bytes)
    {
        if (tensor.type() != DType::u8)
            return Status(StatusCode::invalid_argument,
                          "input '" + name + "': expected u8, got " + vkseg::name(tensor.type()));
        std::memcpy(to, tensor.bytes().data(), tensor.bytes().size());
        return {};
    }
    if (is_float(transfer.type) != is_float(tensor.type()))
        return Status(StatusCode::invalid_argument, "input '" + name + "': expected " + vkseg::name(transfer.type) +
                                                        ", got " + vkseg::name(tensor.type()));
    if (tensor.type() == DType::f32)
        write_runs(tensor.bytes(), transfer, to);
    else if (is_float(tensor.type()))
    {
        const std::vector<float> values = tensor.to_floats();
        write_runs(std::as_bytes(std::span(values)), transfer, to);
    }
    else
    {
        std::vector<int32_t> words;
        for (const int64_t value : tensor.to_integers())
        {
            if (value < INT32_MIN || value > INT32_MAX)
                return Status(StatusCode::invalid_argument,
                              "input '" + name + "': the device's integers have 32 bits, got " + std::to_string(value));
            words.push_back(int32_t(value));
        }
        write_runs(std::as_bytes(std::span(words)), transfer, to);
    }
    return {};
}

Tensor read_output(const HostTransfer& transfer, const std::byte* from)
{
    std::vector<std::byte> bytes = read_runs(transfer, from);
    if (transfer.is_bytes)
        return Tensor::from_bytes(DType::u8, transfer.shape, std::move(bytes));
    if (is_float(transfer.type))
        return Tensor::from_bytes(DType::f32, transfer.shape, std::move(bytes));
    const Tensor words = Tensor::from_bytes(DType::i32, transfer.shape, std::move(bytes));
    if (transfer.type != DType::boolean)
        return Tensor::from_integers(transfer.shape, words.to_integers());
    std::vector<std::byte> booleans;
    for (const int64_t value : words.to_integers())
        booleans.push_back(std::byte(value != 0));
    return Tensor::from_bytes(DType::boolean, transfer.shape, std::move(booleans));
}

} // namespace vkseg
