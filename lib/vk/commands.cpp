#include "vk/commands.hpp"

#include <algorithm>
#include <cassert>
#include <string>

#include "base/try.hpp"
#include "vk/outcome.hpp"
#include "vk/recording.hpp"

namespace vkseg::vk {
namespace {

struct Texel
{
    VkFormat format = VK_FORMAT_UNDEFINED;
    size_t bytes = 0;
};

Texel to_texel(TexelFormat format)
{
    switch (format)
    {
    case TexelFormat::rgba32f:
        return {VK_FORMAT_R32G32B32A32_SFLOAT, 16};
    case TexelFormat::rgba16f:
        return {VK_FORMAT_R16G16B16A16_SFLOAT, 8};
    case TexelFormat::none:
        break;
    }
    return {};
}

Status invalid(const std::string& message)
{
    return Status(StatusCode::invalid_argument, message);
}

Status check_storage_buffer(const Limits& limits, size_t offset, size_t size)
{
    if (offset % limits.storage_buffer_alignment_bytes != 0)
        return invalid("expected a storage buffer at a multiple of " +
                       std::to_string(limits.storage_buffer_alignment_bytes) + " bytes, got " + std::to_string(offset));
    if (size > limits.max_storage_buffer_range_bytes)
        return Status(StatusCode::out_of_memory, "expected a storage buffer of at most " +
                                                     bytes_to_string(limits.max_storage_buffer_range_bytes) +
                                                     " on this device, got " + bytes_to_string(size));
    return {};
}

Status check_texel_buffer(const Limits& limits, size_t offset, size_t size, size_t texel_bytes)
{
    if (offset % limits.texel_buffer_alignment_bytes != 0)
        return invalid("expected a texel buffer at a multiple of " +
                       std::to_string(limits.texel_buffer_alignment_bytes) + " bytes, got " + std::to_string(offset));
    if (size % texel_bytes != 0)
        return invalid("expected a texel buffer of whole texels of " + std::to_string(texel_bytes) + " bytes, got " +
                       std::to_string(size) + " bytes");
    if (size / texel_bytes > limits.max_texel_buffer_elements)
        return Status(StatusCode::out_of_memory,
                      "expected a texel buffer of at most " + std::to_string(limits.max_texel_buffer_elements) +
                          " texels on this device, got " + std::to_string(size / texel_bytes));
    return {};
}

} // namespace

CommandList::Recording::Recording(std::shared_ptr<Device> its_device, Timing its_timing)
    : device(std::move(its_device)), state(device->state()), timing(its_timing)
{}

void CommandList::Recording::note(Command command)
{
    is_segment_empty = false;
    commands.push_back(std::move(command));
}

void CommandList::Recording::fail(const Status& status)
{
    if (failure.is_ok())
        failure = status.with_context("command " + std::to_string(commands.size()));
}

Result<CommandList::Recording::Range> CommandList::Recording::resolve(const BufferRange& range) const
{
    if (range.buffer == nullptr || range.buffer->handle() == VkBuffer{})
        return invalid("expected a buffer, got none");
    const size_t capacity = range.buffer->capacity_bytes();
    if (range.offset_bytes >= capacity || range.size_bytes > capacity - range.offset_bytes)
        return invalid("expected a range within " + std::to_string(capacity) + " bytes, got " +
                       std::to_string(range.size_bytes) + " bytes at " + std::to_string(range.offset_bytes));
    const size_t size = range.size_bytes == 0 ? capacity - range.offset_bytes : range.size_bytes;
    return Range{.buffer = range.buffer->handle(), .offset = range.offset_bytes, .size = size};
}

Status CommandList::Recording::note_dispatch(const DispatchCommand& command)
{
    const Pipeline* pipeline = command.pipeline;
    if (pipeline == nullptr)
        return invalid("dispatch: expected a pipeline, got none");
    const std::string who = "shader '" + std::string(pipeline->shader) + "'";
    if (command.bindings.size() != pipeline->binding_count)
        return invalid(who + ": expected " + std::to_string(pipeline->binding_count) + " bindings, got " +
                       std::to_string(command.bindings.size()));
    if (command.push_constants.size() > max_push_constant_bytes || command.push_constants.size() % 4 != 0)
        return invalid(who + ": expected at most " + std::to_string(max_push_constant_bytes) +
                       " bytes of push constants, in words of 4, got " + std::to_string(command.push_constants.size()));
    for (size_t i = 0; i < 3; i++)
    {
        const uint32_t most = state.limits.max_workgroup_count[i];
        if (command.group_count[i] > most)
            return Status(StatusCode::unsupported, who + ": expected at most " + std::to_string(most) +
                                                       " workgroups along axis " + std::to_string(i) + ", got " +
                                                       std::to_string(command.group_count[i]));
    }

    Dispatch dispatch;
    dispatch.pipeline = pipeline;
    dispatch.first_binding = bindings.size();
    dispatch.push_constants_offset = push_constants.size();
    dispatch.push_constants_bytes = uint32_t(command.push_constants.size());
    dispatch.group_count = command.group_count;
    for (size_t i = 0; i < command.bindings.size(); i++)
    {
        const Binding& binding = command.bindings[i];
        const std::string context = who + ": binding " + std::to_string(i);
        const bool is_texture = ((pipeline->texture_mask >> i) & 1) != 0;
        if (is_texture != (binding.image != nullptr))
            return invalid(context + ": expected " +
                           (is_texture ? "an image, got a buffer" : "a buffer, got an image"));
        if (is_texture)
        {
            bindings.push_back({.image = binding.image});
            continue;
        }
        const Result<Range> range = resolve(binding.range);
        if (!range.is_ok())
            return range.status().with_context(context);
        const bool is_texel_buffer = ((pipeline->texel_buffer_mask >> i) & 1) != 0;
        if (is_texel_buffer != (binding.format != TexelFormat::none))
            return invalid(
                context + ": expected a " +
                (is_texel_buffer ? "texel buffer, got a storage buffer" : "storage buffer, got a texel buffer"));
        if (binding.range.buffer->use() != BufferUse::device)
            return invalid(context + ": expected a buffer for device use, got a staging buffer");
        const Texel texel = to_texel(binding.format);
        const Status status = is_texel_buffer
                                  ? check_texel_buffer(state.limits, range->offset, range->size, texel.bytes)
                                  : check_storage_buffer(state.limits, range->offset, range->size);
        if (!status.is_ok())
            return status.with_context(context);
        bindings.push_back({.range = *range, .format = texel.format});
    }
    if (command.group_count_in_memory)
    {
        const Result<Range> range = resolve(*command.group_count_in_memory);
        if (!range.is_ok())
            return range.status().with_context(who + ": group count");
        if (command.group_count_in_memory->buffer->use() != BufferUse::device)
            return invalid(who + ": expected the group count in a buffer for device use, got a staging buffer");
        if (range->offset % 4 != 0 || range->size < sizeof(VkDispatchIndirectCommand))
            return invalid(who + ": expected the group count in three words of 4 bytes, got " +
                           std::to_string(range->size) + " bytes at " + std::to_string(range->offset));
        dispatch.group_count_in_memory = *range;
        reads_group_counts = true;
    }
    push_constants.insert(push_constants.end(), command.push_constants.begin(), command.push_constants.end());
    note(dispatch);
    dispatch_count++;
    return {};
}

Status CommandList::Recording::note_copy(const BufferRange& from, const BufferRange& to)
{
    BufferRange source = from;
    BufferRange target = to;
    if (source.size_bytes == 0)
        source.size_bytes = to.size_bytes;
    if (target.size_bytes == 0)
        target.size_bytes = from.size_bytes;
    Copy copy;
    VKSEG_ASSIGN(copy.from, resolve(source));
    VKSEG_ASSIGN(copy.to, resolve(target));
    if (copy.from.size != copy.to.size)
        return invalid("copy: expected ranges of one size, got " + std::to_string(copy.from.size) + " and " +
                       std::to_string(copy.to.size) + " bytes");
    if (from.buffer->use() == BufferUse::download || to.buffer->use() == BufferUse::upload)
        return invalid("copy: expected to read no download buffer and to write no upload buffer");
    const bool overlaps = copy.from.buffer == copy.to.buffer && copy.from.offset < copy.to.offset + copy.to.size &&
                          copy.to.offset < copy.from.offset + copy.from.size;
    if (overlaps)
        return invalid("copy: expected ranges that do not overlap");
    if (to.buffer->wants_invalidation() && std::find(memory_to_invalidate.begin(), memory_to_invalidate.end(),
                                                     to.buffer->memory()) == memory_to_invalidate.end())
        memory_to_invalidate.push_back(to.buffer->memory());
    note(copy);
    return {};
}

Status CommandList::Recording::note_fill(const BufferRange& range, uint32_t word)
{
    VKSEG_ASSIGN(const Range resolved, resolve(range));
    if (resolved.offset % 4 != 0 || resolved.size % 4 != 0)
        return invalid("fill: expected offset and size in words of 4 bytes, got " + std::to_string(resolved.offset) +
                       " and " + std::to_string(resolved.size));
    if (range.buffer->use() != BufferUse::device)
        return invalid("fill: expected a buffer for device use, got a staging buffer");
    note(Fill{resolved, word});
    return {};
}

CommandList::CommandList(std::shared_ptr<Device> device, Timing timing)
    : recording_(std::make_unique<Recording>(std::move(device), timing))
{}

CommandList::~CommandList() = default;
CommandList::CommandList(CommandList&&) noexcept = default;
CommandList& CommandList::operator=(CommandList&&) noexcept = default;

void CommandList::dispatch(const DispatchCommand& command)
{
    if (Status status = recording_->note_dispatch(command); !status.is_ok())
        recording_->fail(status);
}

void CommandList::copy(const BufferRange& from, const BufferRange& to)
{
    if (Status status = recording_->note_copy(from, to); !status.is_ok())
        recording_->fail(status);
}

void CommandList::copy_rows(const BufferRange& from, size_t from_stride_bytes, const BufferRange& to,
                            size_t to_stride_bytes, size_t row_bytes, size_t height)
{
    const Result<Recording::Range> source = recording_->resolve(from);
    const Result<Recording::Range> target = recording_->resolve(to);
    if (!source.is_ok() || !target.is_ok())
        return recording_->fail(source.is_ok() ? target.status() : source.status());
    recording_->note(Recording::CopyRows{.from = *source,
                                         .to = *target,
                                         .from_stride = from_stride_bytes,
                                         .to_stride = to_stride_bytes,
                                         .row_bytes = row_bytes,
                                         .height = height});
}

void CommandList::copy_to_image(const BufferRange& from, size_t stride_bytes, const ImageLayer& to, uint32_t width,
                                uint32_t height)
{
    const Result<Recording::Range> source = recording_->resolve(from);
    if (!source.is_ok())
        return recording_->fail(source.status());
    recording_->note(
        Recording::CopyToImage{.from = *source, .stride = stride_bytes, .to = to, .width = width, .height = height});
}

void CommandList::outer_barrier()
{
    recording_->commands.emplace_back(std::in_place_type<Recording::OuterBarrier>);
}

void CommandList::image_barrier(const ImageBarrier& barrier)
{
    recording_->note(barrier);
}

void CommandList::fill(const BufferRange& range, uint32_t word)
{
    if (Status status = recording_->note_fill(range, word); !status.is_ok())
        recording_->fail(status);
}

void CommandList::barrier()
{
    if (!recording_->is_segment_empty)
        recording_->commands.push_back(Recording::Barrier{});
}

void CommandList::label(std::string text)
{
    if (recording_->state.labels.is_on())
        recording_->commands.push_back(Recording::Label{std::move(text)});
}

void CommandList::set_name(std::string name)
{
    recording_->name = std::move(name);
}

void CommandList::cut()
{
    if (recording_->is_segment_empty)
        return;
    recording_->commands.push_back(Recording::Cut{});
    recording_->is_segment_empty = true;
}

size_t CommandList::dispatch_count() const
{
    return recording_->dispatch_count;
}

size_t CommandList::segment_count() const
{
    const auto& commands = recording_->commands;
    const size_t cuts = size_t(std::count_if(commands.begin(), commands.end(),
                                             [](const Recording::Command& command)
                                             { return std::holds_alternative<Recording::Cut>(command); }));
    return cuts + (recording_->is_segment_empty ? 0 : 1);
}

Status CommandList::finish()
{
    if (recording_->is_finished)
        return Status(StatusCode::invalid_argument, "command list: expected finish() once, got it again");
    VKSEG_TRY(recording_->failure);
    VKSEG_TRY(recording_->state.check_alive());
    VKSEG_TRY(recording_->make());
    recording_->is_finished = true;
    return {};
}

void CommandList::record_into(VkCommandBuffer commands) const
{
    assert(recording_->is_finished);
    recording_->record_into(commands);
}

} // namespace vkseg::vk
