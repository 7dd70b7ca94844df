#include "runtime/host_transfer.hpp"

#include "base/div_ceil.hpp"
#include "base/try.hpp"
#include "ops/block_shares.hpp"
#include "ops/linear_shares.hpp"
#include "transfer/convert.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <utility>

namespace vkseg {
namespace {

size_t align(size_t bytes)
{
    constexpr size_t alignment = 256; // the largest that the specification lets a device require
    return round_up(bytes, alignment);
}

/// Number of contiguous values of a tensor on the host: all values, if kernels can then still read whole elements of
/// four.
size_t run_values(const Operand& tensor)
{
    const size_t all = size_t(tensor.shape.elements());
    if (tensor.layout == Layout::linear)
        return all;
    const size_t plane = size_t(tensor.rows()) * size_t(tensor.width());
    return plane % 4 == 0 ? all : plane;
}

/// Memory of the states: an input and an output share the place of their state.
class StatePlaces
{
public:
    explicit StatePlaces(size_t states) : offsets_bytes_(states) {}

    size_t find(size_t state, size_t bytes)
    {
        std::optional<size_t>& offset_bytes = offsets_bytes_[state];
        if (!offset_bytes)
            offset_bytes = std::exchange(size_bytes_, size_bytes_ + bytes);
        return *offset_bytes;
    }

    size_t size_bytes() const { return size_bytes_; }

private:
    std::vector<std::optional<size_t>> offsets_bytes_;
    size_t size_bytes_ = 0;
};

/// Places transfers one after another, or in the places of states.
class TransferList
{
public:
    TransferList(std::vector<HostTransfer>& transfers, StatePlaces& places) : transfers_(transfers), places_(places) {}

    /// The index of a transfer of this value for this tensor; two forms of a tensor share a transfer if the host writes
    /// both alike.
    uint32_t find(uint32_t index, const Value& value, const Operand& tensor, std::optional<size_t> state)
    {
        HostTransfer transfer = {.index = index, .shape = value.shape, .type = value.type};
        transfer.is_state = state.has_value();
        transfer.is_bytes = tensor.storage == Storage::u8;
        transfer.run_values = run_values(tensor);
        const auto known = std::find_if(transfers_.begin(), transfers_.end(),
                                        [&](const HostTransfer& other) {
                                            return other.index == index && other.is_bytes == transfer.is_bytes &&
                                                   other.run_values == transfer.run_values;
                                        });
        if (known != transfers_.end())
            return uint32_t(known - transfers_.begin());
        const size_t values = size_t(value.shape.elements());
        const size_t padded = values / transfer.run_values * (round_up(transfer.run_values, 4));
        transfer.size_bytes = align(transfer.is_bytes ? values : padded * 4);
        transfer.offset_bytes = state ? places_.find(*state, transfer.size_bytes)
                                      : std::exchange(size_bytes_, size_bytes_ + transfer.size_bytes);
        transfers_.push_back(transfer);
        return uint32_t(transfers_.size() - 1);
    }

    size_t size_bytes() const { return size_bytes_; }

private:
    std::vector<HostTransfer>& transfers_;
    StatePlaces& places_;
    size_t size_bytes_ = 0;
};

/// Writes the words unchanged, with padding after each run.
void write_runs(std::span<const std::byte> words, const HostTransfer& transfer, std::byte* to)
{
    const size_t run = transfer.run_values * 4;
    const size_t pitch = (run + 15) / 16 * 16;
    for (size_t from = 0; from < words.size(); from += run, to += pitch)
        std::memcpy(to, words.data() + from, run);
}

/// The first `values` values.
std::vector<std::byte> read_runs(const HostTransfer& transfer, size_t values, const std::byte* from)
{
    const size_t value = transfer.is_bytes ? 1 : 4;
    std::vector<std::byte> bytes(values * value);
    const size_t run = transfer.run_values * value;
    const size_t pitch = transfer.is_bytes ? run : (run + 15) / 16 * 16;
    for (size_t to = 0; to < bytes.size(); to += run, from += pitch)
        std::memcpy(bytes.data() + to, from, std::min(run, bytes.size() - to));
    return bytes;
}

/// Number of four-value elements on the host in a channel of a blocked tensor, or in a whole linear tensor.
int run_elements(const Operand& tensor)
{
    const int64_t values =
        tensor.layout == Layout::blocked ? int64_t(tensor.rows()) * tensor.width() : tensor.shape.elements();
    return int(div_ceil(values, 4));
}

/// The host's words of a tensor, described as a device tensor: four runs take the place of a block.
Operand host_operand(const Operand& tensor, const HostTransfer& transfer)
{
    const int run = run_elements(tensor);
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

Dispatch linear_transfer(Shader shader, const Operand& tensor, const Operand& words, const ElementShare& share,
                         const Limits& limits)
{
    const bool is_in = shader == Shader::convert_in;
    const int64_t first = share.first_element * 4;
    const int64_t count = share.elements * 4;
    const LinearWindow device = bind_values(is_in ? output() : input(0), tensor, first, count, limits);
    const LinearWindow host = bind_values(is_in ? input(0) : output(), words, first, count, limits);
    Dispatch dispatch = {.shader = shader, .variant = tensor.storage};
    dispatch.push_constants = contract::Convert{.tensor = {.offset = device.offset / 4},
                                                .run = int(share.elements),
                                                .values = int(tensor.shape.elements() - first),
                                                .host_offset = host.offset / 4,
                                                .width = 1,
                                                .batch = 1,
                                                .channels = 1};
    dispatch.bindings = is_in ? std::vector{device.binding, host.binding} : std::vector{host.binding, device.binding};
    set_linear_grid(dispatch, share.elements, limits);
    set_linear_span(dispatch, share.first_entry, share.entries);
    read_transfer(dispatch, tensor, words, limits);
    return dispatch;
}

Dispatch blocked_transfer(Shader shader, const Operand& tensor, const Operand& words, const BlockShare& share,
                          const Limits& limits)
{
    const int run = run_elements(tensor);
    const bool is_in = shader == Shader::convert_in;
    const BlockWindow device = bind_share(is_in ? output() : input(0), tensor, share, limits);
    const BlockWindow host = bind_share(is_in ? input(0) : output(), words, share, limits);
    Dispatch dispatch = {.shader = shader, .variant = tensor.storage};
    dispatch.push_constants =
        contract::Convert{.tensor = device.view,
                          .is_blocked = 1,
                          .run = run,
                          .values = tensor.rows() * tensor.width(),
                          .host_offset = host.view.offset,
                          .width = tensor.width(),
                          .batch = share.batches,
                          .channels = std::min(share.blocks * 4, tensor.channels() - share.first_block * 4),
                          .host_batch_pitch = host.view.batch_pitch};
    dispatch.bindings = is_in ? std::vector{device.binding, host.binding} : std::vector{host.binding, device.binding};
    set_linear_grid(dispatch, int64_t(share.batches) * share.blocks * run, limits);
    set_linear_span(dispatch, share.first_batch, share.batches);
    read_transfer(dispatch, tensor, words, limits);
    return dispatch;
}

/// The integers that an input may hold, and the reason as text.
struct IntegerRange
{
    int64_t lowest = 0;
    int64_t highest = 0;
    const char* holder = "";
};

IntegerRange range_of(DType type)
{
    switch (type)
    {
    case DType::u8:
        return {0, UINT8_MAX, "u8 holds 0 to 255"};
    case DType::i8:
        return {INT8_MIN, INT8_MAX, "i8 holds -128 to 127"};
    case DType::boolean:
        return {0, 1, "bool holds 0 and 1"};
    default:
        return {INT32_MIN, INT32_MAX, "the device's integers have 32 bits"};
    }
}

template <class Stored>
Tensor converted(const Tensor& integers, DType type)
{
    static_assert(sizeof(bool) == 1);
    const std::vector<int64_t> values = integers.to_integers();
    std::vector<std::byte> bytes(values.size() * sizeof(Stored));
    for (size_t i = 0; i < values.size(); ++i)
    {
        const auto stored = Stored(values[i]);
        std::memcpy(bytes.data() + i * sizeof(Stored), &stored, sizeof(Stored));
    }
    return Tensor::from_bytes(type, integers.shape(), std::move(bytes));
}

} // namespace

HostTransfers lay_out_transfers(const Graph& graph, const Schedule& schedule)
{
    HostTransfers host;
    StatePlaces places(schedule.states.size());
    TransferList inputs(host.inputs, places);
    TransferList outputs(host.outputs, places);
    const auto state_of = [&](uint32_t StateEnds::*end, uint32_t index) -> std::optional<size_t>
    {
        const auto state = std::ranges::find(schedule.states, index, end);
        if (state == schedule.states.end())
            return std::nullopt;
        return size_t(state - schedule.states.begin());
    };
    for (const Step& step : schedule.steps)
    {
        uint32_t transfer = 0;
        if (step.kind == Step::Kind::input)
            transfer = inputs.find(step.node, graph.values[graph.inputs[step.node]],
                                   operand_of(schedule, step.outputs[0]), state_of(&StateEnds::input, step.node));
        else if (step.kind == Step::Kind::output)
            transfer = outputs.find(step.node, graph.values[graph.outputs[step.node]],
                                    operand_of(schedule, step.inputs[0]), state_of(&StateEnds::output, step.node));
        host.of_step.push_back(transfer);
    }
    host.input_bytes = inputs.size_bytes();
    host.output_bytes = outputs.size_bytes();
    host.state_bytes = places.size_bytes();
    return host;
}

Result<Plan> plan_transfer(Shader shader, const std::string& what, const Operand& tensor, const HostTransfer& transfer,
                           const Limits& limits)
{
    const Operand words = host_operand(tensor, transfer);
    const Operand* const operands[] = {&tensor, &words};
    Plan plan;
    if (tensor.layout == Layout::linear)
    {
        VKSEG_ASSIGN(const std::vector<ElementShare> parts, share_elements(what, operands, limits));
        for (const ElementShare& part : parts)
            plan.dispatches.push_back(linear_transfer(shader, tensor, words, part, limits));
        return plan;
    }
    const Result<std::vector<BlockShare>> shares = share_blocks(operands, limits);
    if (!shares.is_ok())
        return shares.status().with_context(what);
    for (const BlockShare& share : *shares)
        plan.dispatches.push_back(blocked_transfer(shader, tensor, words, share, limits));
    return plan;
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
    assert(is_float(transfer.type) == is_float(tensor.type()));
    if (tensor.type() == DType::f32)
        write_runs(tensor.bytes(), transfer, to);
    else if (is_float(tensor.type()))
    {
        const std::vector<float> values = tensor.to_floats();
        write_runs(std::as_bytes(std::span(values)), transfer, to);
    }
    else
    {
        const IntegerRange range = range_of(transfer.type);
        std::vector<int32_t> words;
        for (const int64_t value : tensor.to_integers())
        {
            if (value < range.lowest || value > range.highest)
                return Status(StatusCode::invalid_argument,
                              "input '" + name + "': " + range.holder + ", got " + std::to_string(value));
            words.push_back(int32_t(value));
        }
        write_runs(std::as_bytes(std::span(words)), transfer, to);
    }
    return {};
}

Tensor read_output(const HostTransfer& transfer, std::optional<int64_t> entries, const std::byte* from)
{
    const DType stored = transfer.is_bytes ? DType::u8 : is_float(transfer.type) ? DType::f32 : DType::i32;
    Shape shape = transfer.shape;
    if (entries)
        shape[0] = std::clamp<int64_t>(*entries, 0, shape[0]);
    std::vector<std::byte> values = read_runs(transfer, size_t(shape.elements()), from);
    return with_output_type(Tensor::from_bytes(stored, shape, std::move(values)), transfer.type);
}

Tensor with_output_type(const Tensor& tensor, DType type)
{
    const DType wanted = is_float(type) ? DType::f32 : type;
    if (tensor.type() == wanted)
        return tensor;
    switch (wanted)
    {
    case DType::u8:
        return converted<uint8_t>(tensor, wanted);
    case DType::i8:
        return converted<int8_t>(tensor, wanted);
    case DType::i32:
        return converted<int32_t>(tensor, wanted);
    case DType::i64:
        return converted<int64_t>(tensor, wanted);
    case DType::boolean:
        return converted<bool>(tensor, wanted);
    default:
        return Tensor::from(tensor.shape(), tensor.to_floats());
    }
}

} // namespace vkseg
