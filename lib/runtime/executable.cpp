#include "runtime/executable.hpp"

#include "base/div_ceil.hpp"
#include "base/try.hpp"
#include "runtime/check_range.hpp"
#include "runtime/pipeline_keys.hpp"
#include "runtime/track_valid_entries.hpp"

#include <algorithm>
#include <chrono>
#include <unordered_map>

namespace vkseg {
namespace {

/// Work that one submission may hold: on a slow mobile GPU of 50 GFLOP/s this takes 0.2 s, well below the two seconds
/// after which watchdogs act. Software devices have no watchdog.
constexpr double operations_per_submission = 1e10;

std::byte* host_bytes(const vk::Buffer& device_buffer, const vk::Buffer& staging)
{
    return static_cast<std::byte*>(device_buffer.is_host_visible() ? device_buffer.mapped() : staging.mapped());
}

} // namespace

Executable::Executable(std::shared_ptr<vk::Device> device, Program program, Timing timing)
    : device_(std::move(device)), program_(std::move(program)), timing_(timing)
{}

Result<std::unique_ptr<Executable>> Executable::create(const std::shared_ptr<vk::Device>& device, Program& program,
                                                       WeightStore& weights, const SessionOptions& options)
{
    std::unique_ptr<Executable> executable(new Executable(device, std::move(program), options.timing));
    executable->keeps_invalid_entries_ = options.keep_invalid_entries;
    const Status status = executable->prepare(weights, options);
    if (status.is_ok())
        return executable;
    program = std::move(executable->program_);
    return status;
}

Status Executable::prepare(WeightStore& weights, const SessionOptions& options)
{
    const auto report = [&](double fraction)
    {
        if (options.progress != nullptr)
            options.progress(fraction, options.progress_user);
    };
    VKSEG_ASSIGN(const std::vector<vk::BufferRange> ranges,
                 weights.place(program_, [&](double fraction) { report(0.5 * fraction); }));
    VKSEG_TRY(allocate());
    VKSEG_TRY(record(ranges));
    report(1);
    return {};
}

Status Executable::allocate()
{
    const auto create = [&](size_t bytes, vk::BufferUse use, vk::MemoryPurpose purpose)
    { return vk::Buffer::create(device_, {.bytes = std::max<size_t>(bytes, 256), .use = use, .purpose = purpose}); };
    for (const size_t bytes : program_.memory.arena_bytes)
    {
        VKSEG_ASSIGN(vk::Buffer arena, create(bytes, vk::BufferUse::device, vk::MemoryPurpose::activations));
        arenas_.push_back(std::move(arena));
    }
    VKSEG_ASSIGN(from_host_, create(program_.host.input_bytes, vk::BufferUse::device, vk::MemoryPurpose::staging));
    VKSEG_ASSIGN(to_host_, create(program_.host.output_bytes, vk::BufferUse::device, vk::MemoryPurpose::staging));
    if (!from_host_.is_host_visible())
    {
        VKSEG_ASSIGN(upload_, create(program_.host.input_bytes, vk::BufferUse::upload, vk::MemoryPurpose::staging));
    }
    if (!to_host_.is_host_visible())
    {
        VKSEG_ASSIGN(download_,
                     create(program_.host.output_bytes, vk::BufferUse::download, vk::MemoryPurpose::staging));
    }
    return {};
}

vk::BufferRange Executable::range_of(const MemoryReference& reference, std::span<const vk::BufferRange> weights) const
{
    switch (reference.kind)
    {
    case MemoryReference::Kind::arena:
        return {&arenas_[reference.index], reference.offset_bytes, reference.size_bytes};
    case MemoryReference::Kind::weights: {
        const vk::BufferRange& item = weights[reference.index];
        const size_t rest = item.size_bytes - reference.offset_bytes;
        const size_t bytes = reference.size_bytes == 0 ? rest : std::min(rest, reference.size_bytes);
        return {item.buffer, item.offset_bytes + reference.offset_bytes, bytes};
    }
    case MemoryReference::Kind::from_host:
        return {&from_host_, reference.offset_bytes, reference.size_bytes};
    case MemoryReference::Kind::to_host:
        return {&to_host_, reference.offset_bytes, reference.size_bytes};
    case MemoryReference::Kind::slot:
    case MemoryReference::Kind::scratch:
        break;
    }
    assert(false); // place_memory() left no such reference
    return {};
}

Status Executable::record(std::span<const vk::BufferRange> weights)
{
    VKSEG_ASSIGN(const std::vector<const vk::Pipeline*> pipelines, device_->create_pipelines(pipeline_keys(program_)));

    commands_.emplace(device_, timing_ == Timing::nodes    ? vk::Timing::each_dispatch
                               : timing_ == Timing::device ? vk::Timing::whole_list
                                                           : vk::Timing::none);
    if (!from_host_.is_host_visible() && program_.host.input_bytes > 0)
    {
        commands_->copy({&upload_, 0, program_.host.input_bytes}, {&from_host_, 0, program_.host.input_bytes});
        commands_->barrier();
    }
    double operations = 0;
    for (size_t i = 0; i < program_.launches.size(); ++i)
    {
        const Launch& launch = program_.launches[i];
        std::vector<vk::Binding> bindings;
        for (size_t k = 0; k < launch.memory.size(); ++k)
        {
            vk::Binding binding = {.range = range_of(launch.memory[k], weights)};
            if (const std::optional<Storage> texels = launch.dispatch.bindings[k].texels)
                binding.format = *texels == Storage::f16 ? vk::TexelFormat::rgba16f : vk::TexelFormat::rgba32f;
            bindings.push_back(binding);
        }
        operations += launch.dispatch.operations;
        if (operations > operations_per_submission)
        {
            commands_->cut();
            operations = launch.dispatch.operations;
        }
        else if (launch.waits || timing_ == Timing::nodes) // times of overlapping launches are meaningless
            commands_->barrier();
        vk::DispatchCommand command = {.pipeline = pipelines[i],
                                       .bindings = bindings,
                                       .push_constants = launch.dispatch.push_constants.bytes(),
                                       .group_count = launch.dispatch.workgroup_count};
        if (launch.group_count)
            command.group_count_in_memory = range_of(*launch.group_count, weights);
        commands_->dispatch(command);
    }
    for (const ByteCopy& copy : program_.copies)
    {
        const HostTransfer& output = program_.host.outputs[copy.output];
        const size_t bytes = round_up(output.visible_bytes(), 4);
        vk::BufferRange from = range_of(copy.from, weights);
        from.size_bytes = bytes;
        commands_->barrier();
        commands_->copy(from, {&to_host_, output.offset_bytes, bytes});
    }
    if (!to_host_.is_host_visible() && program_.host.output_bytes > 0)
    {
        commands_->barrier();
        commands_->copy({&to_host_, 0, program_.host.output_bytes}, {&download_, 0, program_.host.output_bytes});
    }
    return commands_->finish();
}

Status Executable::write_inputs(std::span<const NamedTensor> inputs)
{
    std::unordered_map<std::string_view, const Tensor*> given;
    for (const NamedTensor& input : inputs)
        given.emplace(input.name, &input.tensor);
    for (const HostTransfer& transfer : program_.host.inputs)
    {
        const std::string& name = program_.graph.values[program_.graph.inputs[transfer.index]].name;
        const Tensor& input = *given.at(name);
        assert(input.shape() == transfer.shape);
        VKSEG_TRY(write_input(input, transfer, name, host_bytes(from_host_, upload_) + transfer.offset_bytes));
    }
    return {};
}

Result<std::vector<NamedTensor>> Executable::read_outputs() const
{
    const Graph& graph = program_.graph;
    const auto read = [&](size_t index, std::optional<int64_t> entries)
    {
        const Value& value = graph.values[graph.outputs[index]];
        if (value.constant)
            return with_output_type(*value.constant, value.type);
        const HostTransfer& transfer = *std::ranges::find(program_.host.outputs, uint32_t(index), &HostTransfer::index);
        return read_output(transfer, entries, host_bytes(to_host_, download_) + transfer.offset_bytes);
    };
    std::vector<NamedTensor> outputs;
    for (size_t i = 0; i < graph.outputs.size(); ++i)
    {
        const Value& value = graph.values[graph.outputs[i]];
        std::optional<int64_t> entries; // the others may not have been written
        if (!keeps_invalid_entries_ && value.valid && value.valid->axis == 0)
        {
            const auto count = std::ranges::find(graph.outputs, value.valid->count);
            assert(count != graph.outputs.end()); // give_out_counts()
            entries = read(size_t(count - graph.outputs.begin()), {}).to_integers()[0];
        }
        outputs.push_back({value.name, read(i, entries)});
    }
    if (!keeps_invalid_entries_)
        cut_to_valid_entries(program_.graph, outputs);
    return outputs;
}

Status Executable::read_times(RunResult& result) const
{
    if (timing_ == Timing::none)
        return {};
    VKSEG_ASSIGN(const double device_ns, commands_->device_time_ns());
    result.device_ms = device_ns * 1e-6;
    if (timing_ != Timing::nodes)
        return {};
    VKSEG_ASSIGN(const std::vector<double> times, commands_->dispatch_times_ns());
    for (size_t i = 0; i < times.size(); ++i)
    {
        const uint32_t index = program_.launches[i].step;
        const Step& step = program_.schedule.steps[index];
        const bool is_first = i == 0 || program_.launches[i - 1].step != index;
        if (is_first)
        {
            const StepName step_name = name_of(program_, step);
            NodeTime time = {.node = step_name.node,
                             .op = step_name.op,
                             .shape = step_name.shape,
                             .moved_bytes = program_.moved_bytes[index]};
            if (step.kind == Step::Kind::node)
                time.multiply_adds = program_.multiply_adds[step.node];
            result.nodes.push_back(std::move(time));
        }
        result.nodes.back().time_ms += times[i] * 1e-6;
    }
    return {};
}

Result<RunResult> Executable::run(std::span<const NamedTensor> inputs)
{
    const auto start = std::chrono::steady_clock::now();
    RunResult result;
    VKSEG_TRY(write_inputs(inputs));
    VKSEG_TRY(device_->run(*commands_));
    VKSEG_ASSIGN(result.outputs, read_outputs());
    if (program_.results < result.outputs.size())
    {
        result.range_faults = find_range_faults(program_, result.outputs);
        result.outputs.resize(program_.results);
    }
    result.total_ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
    VKSEG_TRY(read_times(result));
    return result;
}

size_t Executable::activations_bytes() const
{
    size_t bytes = 0;
    for (const vk::Buffer& arena : arenas_)
        bytes += arena.size_bytes();
    return bytes;
}

size_t Executable::staging_bytes() const
{
    size_t bytes = 0;
    for (const vk::Buffer* buffer : {&from_host_, &to_host_, &upload_, &download_})
        bytes += buffer->size_bytes();
    return bytes;
}

} // namespace vkseg
