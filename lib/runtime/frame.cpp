#include "runtime/frame.hpp"

#include "base/div_ceil.hpp"
#include "base/trace.hpp"
#include "base/try.hpp"
#include "runtime/check_range.hpp"
#include "runtime/pipeline_keys.hpp"
#include "runtime/trace_nodes.hpp"
#include "runtime/track_valid_entries.hpp"

#include <algorithm>
#include <cassert>
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

Result<std::unique_ptr<Frame>> Frame::create(std::shared_ptr<PlacedProgram> placed)
{
    std::unique_ptr<Frame> frame(new Frame(std::move(placed)));
    VKSEG_TRY(frame->allocate());
    VKSEG_TRY(frame->record_transfers());
    VKSEG_TRY(frame->record_clearing());
    VKSEG_TRY(frame->record_network());
    return frame;
}

Frame::~Frame()
{
    make_free();
}

Status Frame::allocate()
{
    const auto create = [&](size_t bytes, vk::BufferUse use)
    {
        return vk::Buffer::create(
            placed_->device,
            {.bytes = std::max<size_t>(bytes, 256), .use = use, .purpose = vk::MemoryPurpose::staging});
    };
    const HostTransfers& host = placed_->program.host;
    VKSEG_ASSIGN(from_host_, create(host.input_bytes, vk::BufferUse::device));
    VKSEG_ASSIGN(to_host_, create(host.output_bytes, vk::BufferUse::device));
    if (!from_host_.is_host_visible())
    {
        VKSEG_ASSIGN(upload_, create(host.input_bytes, vk::BufferUse::upload));
    }
    if (!to_host_.is_host_visible())
    {
        VKSEG_ASSIGN(download_, create(host.output_bytes, vk::BufferUse::download));
    }
    return {};
}

vk::BufferRange Frame::range_of(const MemoryReference& reference) const
{
    switch (reference.kind)
    {
    case MemoryReference::Kind::arena:
        return {&placed_->arenas[reference.index], reference.offset_bytes, reference.size_bytes};
    case MemoryReference::Kind::weights: {
        const vk::BufferRange& item = placed_->weights[reference.index];
        const size_t rest = item.size_bytes - reference.offset_bytes;
        const size_t bytes = reference.size_bytes == 0 ? rest : std::min(rest, reference.size_bytes);
        return {item.buffer, item.offset_bytes + reference.offset_bytes, bytes};
    }
    case MemoryReference::Kind::from_host:
        return {&from_host_, reference.offset_bytes, reference.size_bytes};
    case MemoryReference::Kind::to_host:
        return {&to_host_, reference.offset_bytes, reference.size_bytes};
    case MemoryReference::Kind::states:
        return {&placed_->states, reference.offset_bytes, reference.size_bytes};
    case MemoryReference::Kind::slot:
    case MemoryReference::Kind::scratch:
        break;
    }
    assert(false); // place_memory() left no such reference
    return {};
}

Status Frame::record_transfers()
{
    const HostTransfers& host = placed_->program.host;
    if (!from_host_.is_host_visible() && host.input_bytes > 0)
    {
        uploading_.emplace(placed_->device);
        uploading_->set_name("vkseg " + placed_->program.graph.name + ", inputs");
        uploading_->label("inputs");
        uploading_->copy({&upload_, 0, host.input_bytes}, {&from_host_, 0, host.input_bytes});
        VKSEG_TRY(uploading_->finish());
    }
    if (!to_host_.is_host_visible() && host.output_bytes > 0)
    {
        downloading_.emplace(placed_->device);
        downloading_->set_name("vkseg " + placed_->program.graph.name + ", outputs");
        downloading_->label("outputs");
        downloading_->copy({&to_host_, 0, host.output_bytes}, {&download_, 0, host.output_bytes});
        VKSEG_TRY(downloading_->finish());
    }
    return {};
}

Status Frame::record_clearing()
{
    const size_t bytes = placed_->program.host.state_bytes;
    if (bytes == 0)
        return {};
    clearing_.emplace(placed_->device);
    clearing_->fill({&placed_->states, 0, bytes}, 0);
    return clearing_->finish();
}

Status Frame::record_network()
{
    const Program& program = placed_->program;
    const Timing timing = placed_->timing;
    network_.emplace(placed_->device, timing == Timing::nodes    ? vk::Timing::each_dispatch
                                      : timing == Timing::device ? vk::Timing::whole_list
                                                                 : vk::Timing::none);
    network_->set_name("vkseg " + program.graph.name);
    double operations = 0;
    for (size_t i = 0; i < program.launches.size(); ++i)
    {
        const Launch& launch = program.launches[i];
        std::vector<vk::Binding> bindings;
        for (size_t k = 0; k < launch.memory.size(); ++k)
        {
            vk::Binding binding = {.range = range_of(launch.memory[k])};
            if (const std::optional<Storage> texels = launch.dispatch.bindings[k].texels)
                binding.format = *texels == Storage::f16 ? vk::TexelFormat::rgba16f : vk::TexelFormat::rgba32f;
            bindings.push_back(binding);
        }
        operations += launch.dispatch.operations;
        if (operations > operations_per_submission)
        {
            network_->cut();
            operations = launch.dispatch.operations;
        }
        else if (launch.waits || timing == Timing::nodes) // times of overlapping launches are meaningless
            network_->barrier();
        vk::DispatchCommand command = {.pipeline = placed_->pipelines[i],
                                       .bindings = bindings,
                                       .push_constants = launch.dispatch.push_constants.bytes(),
                                       .group_count = launch.dispatch.workgroup_count};
        if (launch.group_count)
            command.group_count_in_memory = range_of(*launch.group_count);
        if (i == 0 || program.launches[i - 1].step != launch.step)
            network_->label(label_of(program, launch.step));
        network_->dispatch(command);
    }
    if (!program.copies.empty())
        network_->label("outputs");
    for (const ByteCopy& copy : program.copies)
    {
        const HostTransfer& output = program.host.outputs[copy.output];
        const size_t bytes = round_up(output.visible_bytes(), 4);
        vk::BufferRange from = range_of(copy.from);
        from.size_bytes = bytes;
        network_->barrier();
        network_->copy(from, {&to_host_, output.offset_bytes, bytes});
    }
    return network_->finish();
}

std::vector<vk::CommandList*> Frame::lists()
{
    std::vector<vk::CommandList*> lists;
    const auto add = [&](std::optional<vk::CommandList>& list)
    {
        if (list)
            lists.push_back(&*list);
    };
    if (clears_states_)
        add(clearing_);
    add(ends_ ? ends_->before : uploading_);
    add(network_);
    add(ends_ ? ends_->after : downloading_);
    return lists;
}

Status Frame::write_inputs(std::span<const NamedTensor> inputs)
{
    std::unordered_map<std::string_view, const Tensor*> given;
    for (const NamedTensor& input : inputs)
        given.emplace(input.name, &input.tensor);
    for (const HostTransfer& transfer : placed_->program.host.inputs)
    {
        if (transfer.is_state)
            continue;
        const std::string& name = placed_->program.graph.values[placed_->program.graph.inputs[transfer.index]].name;
        const Tensor& input = *given.at(name);
        assert(input.shape() == transfer.shape);
        VKSEG_TRY(write_input(input, transfer, name, host_bytes(from_host_, upload_) + transfer.offset_bytes));
        placed_->device->count_copies({.to_device = transfer.size_bytes});
    }
    return {};
}

Result<std::vector<NamedTensor>> Frame::read_outputs() const
{
    const Graph& graph = placed_->program.graph;
    const auto read = [&](size_t index, std::optional<int64_t> entries)
    {
        const Value& value = graph.values[graph.outputs[index]];
        if (value.constant)
            return with_output_type(*value.constant, value.type);
        const HostTransfer& transfer =
            *std::ranges::find(placed_->program.host.outputs, uint32_t(index), &HostTransfer::index);
        if (transfer.is_state) // stays on the device
            return Tensor();
        Tensor output = read_output(transfer, entries, host_bytes(to_host_, download_) + transfer.offset_bytes);
        placed_->device->count_copies({.to_host = output.bytes().size()});
        return output;
    };
    std::vector<NamedTensor> outputs;
    for (size_t i = 0; i < graph.outputs.size(); ++i)
    {
        const Value& value = graph.values[graph.outputs[i]];
        std::optional<int64_t> entries; // the others may not have been written
        if (!placed_->keeps_invalid_entries && value.valid && value.valid->axis == 0)
        {
            const auto count = std::ranges::find(graph.outputs, value.valid->count);
            assert(count != graph.outputs.end()); // give_out_counts()
            entries = read(size_t(count - graph.outputs.begin()), {}).to_integers()[0];
        }
        outputs.push_back({value.name, read(i, entries)});
    }
    if (!placed_->keeps_invalid_entries)
        cut_to_valid_entries(placed_->program.graph, outputs);
    return outputs;
}

Status Frame::read_times(RunResult& result) const
{
    if (placed_->timing == Timing::none)
        return {};
    VKSEG_ASSIGN(const double device_ns, network_->device_time_ns());
    result.device_ms = device_ns * 1e-6;
    if (placed_->timing != Timing::nodes)
        return {};
    VKSEG_ASSIGN(const std::vector<double> times, network_->dispatch_times_ns());
    for (size_t i = 0; i < times.size(); ++i)
    {
        const uint32_t index = placed_->program.launches[i].step;
        const Step& step = placed_->program.schedule.steps[index];
        const bool is_first = i == 0 || placed_->program.launches[i - 1].step != index;
        if (is_first)
        {
            const StepName step_name = name_of(placed_->program, step);
            NodeTime time = {.node = step_name.node,
                             .op = step_name.op,
                             .shape = step_name.shape,
                             .moved_bytes = placed_->program.moved_bytes[index]};
            if (step.kind == Step::Kind::node)
                time.multiply_adds = placed_->program.multiply_adds[step.node];
            result.nodes.push_back(std::move(time));
        }
        result.nodes.back().time_ms += times[i] * 1e-6;
    }
    return {};
}

Result<RunResult> Frame::read_results()
{
    ScopedSpan span("run", "wait for the device");
    const Status waited = placed_->device->wait(lists());
    std::optional<DeviceEnds> ends = std::move(ends_);
    ends_.reset();
    VKSEG_TRY(waited);
    trace_nodes(*placed_->device, *network_, placed_->program, {.submitted_ns = submitted_ns_, .done_ns = steady_ns()});
    span.next("read outputs");
    RunResult result;
    if (ends)
    {
        VKSEG_ASSIGN(result.outputs, ends->read());
        VKSEG_TRY(read_times(result));
        const std::lock_guard lock(spare_mutex_);
        spare_buffers_ = std::move(ends->buffers);
        return result;
    }
    VKSEG_ASSIGN(result.outputs, read_outputs());
    const Program& program = placed_->program;
    if (program.results < result.outputs.size())
    {
        result.range_faults = find_range_faults(program, result.outputs);
        result.outputs.resize(program.results);
    }
    for (size_t i = result.outputs.size(); i-- > 0;)
    {
        if (std::ranges::find(program.schedule.states, uint32_t(i), &StateEnds::output) !=
            program.schedule.states.end())
            result.outputs.erase(result.outputs.begin() + ptrdiff_t(i));
    }
    VKSEG_TRY(read_times(result));
    return result;
}

Status Frame::submit_lists(const vk::SubmissionSemaphores& semaphores)
{
    clears_states_ = placed_->has_fresh_states.exchange(false);
    Status status = placed_->device->submit(lists(), semaphores);
    if (!status.is_ok())
        placed_->has_fresh_states = true; // part of the run may have been computed
    return status;
}

Result<std::shared_ptr<Flight>> Frame::submit(std::span<const NamedTensor> inputs, double plan_ms)
{
    assert(is_free());
    auto flight = std::make_shared<Flight>(*this, plan_ms);
    ScopedSpan span("run", "write inputs");
    VKSEG_TRY(write_inputs(inputs));
    span.next("submit");
    submitted_ns_ = steady_ns();
    VKSEG_TRY(submit_lists({}));
    flight_ = flight;
    return flight;
}

Result<std::shared_ptr<Flight>> Frame::submit(DeviceEnds ends, const vk::SubmissionSemaphores& semaphores,
                                              double plan_ms)
{
    assert(is_free());
    auto flight = std::make_shared<Flight>(*this, plan_ms);
    ends_ = std::move(ends);
    const ScopedSpan span("run", "submit");
    submitted_ns_ = steady_ns();
    if (Status status = submit_lists(semaphores); !status.is_ok())
    {
        ends_.reset();
        return status;
    }
    flight_ = flight;
    return flight;
}

void Frame::record_into(VkCommandBuffer commands, const DeviceEnds& ends) const
{
    ends.before->record_into(commands);
    network_->record_into(commands);
    ends.after->record_into(commands);
}

Result<std::unique_ptr<vk::Buffer>> Frame::take_buffer(size_t bytes, vk::BufferUse use)
{
    const auto fits = [&](const std::unique_ptr<vk::Buffer>& buffer)
    { return buffer->size_bytes() == bytes && buffer->use() == use; };
    const std::lock_guard lock(spare_mutex_);
    if (const auto spare = std::ranges::find_if(spare_buffers_, fits); spare != spare_buffers_.end())
    {
        std::unique_ptr<vk::Buffer> buffer = std::move(*spare);
        spare_buffers_.erase(spare);
        return buffer;
    }
    VKSEG_ASSIGN(
        vk::Buffer buffer,
        vk::Buffer::create(placed_->device, {.bytes = bytes, .use = use, .purpose = vk::MemoryPurpose::staging}));
    return std::make_unique<vk::Buffer>(std::move(buffer));
}

vk::BufferRange Frame::input_range(uint32_t index) const
{
    const std::vector<HostTransfer>& inputs = placed_->program.host.inputs;
    const auto transfer = std::ranges::find(inputs, index, &HostTransfer::index);
    assert(transfer != inputs.end() && std::ranges::count(inputs, index, &HostTransfer::index) == 1);
    return {&from_host_, transfer->offset_bytes, transfer->size_bytes};
}

vk::BufferRange Frame::output_range(uint32_t index) const
{
    const std::vector<HostTransfer>& outputs = placed_->program.host.outputs;
    const auto transfer = std::ranges::find(outputs, index, &HostTransfer::index);
    assert(transfer != outputs.end());
    return {&to_host_, transfer->offset_bytes, transfer->size_bytes};
}

bool Frame::is_free() const
{
    return flight_ == nullptr || flight_->has_landed();
}

void Frame::make_free()
{
    if (flight_ != nullptr)
        flight_->land();
}

size_t Frame::size_bytes() const
{
    size_t bytes = 0;
    for (const vk::Buffer* buffer : {&from_host_, &to_host_, &upload_, &download_})
        bytes += buffer->size_bytes();
    const std::lock_guard lock(spare_mutex_);
    for (const std::unique_ptr<vk::Buffer>& buffer : spare_buffers_)
        bytes += buffer->size_bytes();
    return bytes;
}

bool Flight::has_landed() const
{
    const std::unique_lock lock(mutex_, std::try_to_lock);
    return lock.owns_lock() && frame_ == nullptr;
}

bool Flight::has_ended() const
{
    const std::unique_lock lock(mutex_, std::try_to_lock); // held by another thread: that one waits for the device
    return lock.owns_lock() && (frame_ == nullptr || frame_->placed_->device->has_ended(*frame_->lists().back()));
}

void Flight::land()
{
    const std::lock_guard lock(mutex_);
    land_locked();
}

void Flight::land_locked()
{
    if (frame_ == nullptr)
        return;
    result_ = frame_->read_results();
    if (!result_->is_ok())
        frame_->placed_->has_fresh_states = true;
    else
    {
        RunResult& result = **result_;
        result.plan_ms = plan_ms_;
        result.total_ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin_).count();
    }
    frame_ = nullptr;
}

Result<RunResult> Flight::take()
{
    const std::lock_guard lock(mutex_);
    land_locked();
    if (!result_)
        return Status(StatusCode::invalid_argument, "the results of this run were taken before");
    Result<RunResult> result = *std::move(result_);
    result_.reset();
    return result;
}

} // namespace vkseg
