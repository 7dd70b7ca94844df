#include "vk/recording.hpp"

#include <algorithm>
#include <map>
#include <tuple>

#include "base/try.hpp"
#include "vk/sampled_image.hpp"

namespace vkseg::vk {
namespace {

// An image with a Y'CbCr conversion may take one descriptor for each plane.
constexpr uint32_t descriptors_per_image = 3;

constexpr VkPipelineStageFlags compute = VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT;
constexpr VkPipelineStageFlags transfer = VK_PIPELINE_STAGE_TRANSFER_BIT;
constexpr VkPipelineStageFlags group_counts = VK_PIPELINE_STAGE_DRAW_INDIRECT_BIT;
constexpr VkPipelineStageFlags host = VK_PIPELINE_STAGE_HOST_BIT;

VkAccessFlags write_accesses(VkPipelineStageFlags stages)
{
    return ((stages & compute) != 0 ? VK_ACCESS_SHADER_WRITE_BIT : 0) |
           ((stages & transfer) != 0 ? VK_ACCESS_TRANSFER_WRITE_BIT : 0) |
           ((stages & VK_PIPELINE_STAGE_ALL_COMMANDS_BIT) != 0 ? VK_ACCESS_MEMORY_WRITE_BIT : 0);
}

VkAccessFlags all_accesses(VkPipelineStageFlags stages)
{
    return write_accesses(stages) | ((stages & compute) != 0 ? VK_ACCESS_SHADER_READ_BIT : 0) |
           ((stages & transfer) != 0 ? VK_ACCESS_TRANSFER_READ_BIT : 0) |
           ((stages & group_counts) != 0 ? VK_ACCESS_INDIRECT_COMMAND_READ_BIT : 0) |
           ((stages & host) != 0 ? VK_ACCESS_HOST_READ_BIT : 0) |
           ((stages & VK_PIPELINE_STAGE_ALL_COMMANDS_BIT) != 0 ? VK_ACCESS_MEMORY_READ_BIT : 0);
}

} // namespace

CommandList::Recording::~Recording()
{
    const DeviceFunctions& vk = state.functions;
    vk.DestroyFence(state.handle, fence, nullptr);
    vk.DestroyCommandPool(state.handle, command_pool, nullptr);
    vk.DestroyQueryPool(state.handle, query_pool, nullptr);
    vk.DestroyDescriptorPool(state.handle, descriptor_pool, nullptr);
    for (VkBufferView view : views)
        vk.DestroyBufferView(state.handle, view, nullptr);
}

Status CommandList::Recording::make()
{
    if (!commands.empty() && std::holds_alternative<Cut>(commands.back()))
    {
        commands.pop_back();
        is_segment_empty = false;
    }
    VKSEG_TRY(make_descriptor_sets());
    VKSEG_TRY(make_query_pool());
    return make_command_buffers();
}

// One view for each texel buffer binding; equal bindings share a view.
Status CommandList::Recording::make_views(std::vector<VkBufferView>& binding_views)
{
    std::map<std::tuple<VkBuffer, VkDeviceSize, VkDeviceSize, VkFormat>, VkBufferView> known;
    binding_views.assign(bindings.size(), VK_NULL_HANDLE);
    for (size_t i = 0; i < bindings.size(); i++)
    {
        const auto& [range, format, image] = bindings[i];
        if (format == VK_FORMAT_UNDEFINED)
            continue;
        VkBufferView& view = known[{range.buffer, range.offset, range.size, format}];
        if (view == VK_NULL_HANDLE)
        {
            auto information = make_structure<VkBufferViewCreateInfo>(VK_STRUCTURE_TYPE_BUFFER_VIEW_CREATE_INFO);
            information.buffer = range.buffer;
            information.format = format;
            information.offset = range.offset;
            information.range = range.size;
            VkBufferView created = VK_NULL_HANDLE;
            VKSEG_TRY(state.check(state.functions.CreateBufferView(state.handle, &information, nullptr, &created),
                                  "vkCreateBufferView"));
            views.push_back(created);
            view = created;
        }
        binding_views[i] = view;
    }
    return {};
}

// The pool has exactly the size of these sets: some drivers enforce its size, others do not.
Status CommandList::Recording::make_descriptor_sets()
{
    if (dispatch_count == 0)
        return {};
    const DeviceFunctions& vk = state.functions;
    std::vector<VkBufferView> binding_views;
    VKSEG_TRY(make_views(binding_views));

    const uint32_t texel_buffers = uint32_t(std::count_if(
        bindings.begin(), bindings.end(), [](const BoundRange& bound) { return bound.format != VK_FORMAT_UNDEFINED; }));
    const uint32_t images = uint32_t(std::count_if(bindings.begin(), bindings.end(),
                                                   [](const BoundRange& bound) { return bound.image != nullptr; }));
    const uint32_t storage_buffers = uint32_t(bindings.size()) - texel_buffers - images;
    std::vector<VkDescriptorPoolSize> sizes;
    if (storage_buffers > 0)
        sizes.push_back({VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, storage_buffers});
    if (texel_buffers > 0)
        sizes.push_back({VK_DESCRIPTOR_TYPE_UNIFORM_TEXEL_BUFFER, texel_buffers});
    if (images > 0)
        sizes.push_back({VK_DESCRIPTOR_TYPE_COMBINED_IMAGE_SAMPLER, images * descriptors_per_image});
    auto pool_information = make_structure<VkDescriptorPoolCreateInfo>(VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO);
    pool_information.maxSets = uint32_t(dispatch_count);
    pool_information.poolSizeCount = uint32_t(sizes.size());
    pool_information.pPoolSizes = sizes.data();
    VkDescriptorPool pool = VK_NULL_HANDLE;
    VKSEG_TRY(state.check(vk.CreateDescriptorPool(state.handle, &pool_information, nullptr, &pool),
                          "vkCreateDescriptorPool"));
    descriptor_pool = pool;

    std::vector<VkDescriptorSetLayout> layouts;
    std::vector<const Dispatch*> dispatches;
    for (const Command& command : commands)
    {
        if (const Dispatch* dispatch = std::get_if<Dispatch>(&command))
        {
            dispatches.push_back(dispatch);
            layouts.push_back(dispatch->pipeline->set_layout);
        }
    }
    auto information = make_structure<VkDescriptorSetAllocateInfo>(VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO);
    information.descriptorPool = pool;
    information.descriptorSetCount = uint32_t(layouts.size());
    information.pSetLayouts = layouts.data();
    descriptor_sets.resize(layouts.size());
    VKSEG_TRY(state.check(vk.AllocateDescriptorSets(state.handle, &information, descriptor_sets.data()),
                          "vkAllocateDescriptorSets"));

    for (size_t i = 0; i < dispatches.size(); i++)
    {
        const uint32_t count = dispatches[i]->pipeline->binding_count;
        const size_t first = dispatches[i]->first_binding;
        std::array<VkDescriptorBufferInfo, max_bindings> buffers;
        std::array<VkDescriptorImageInfo, max_bindings> images_of_set;
        std::array<VkWriteDescriptorSet, max_bindings> writes;
        for (uint32_t j = 0; j < count; j++)
        {
            const auto& [range, format, image] = bindings[first + j];
            buffers[j] = {range.buffer, range.offset, range.size};
            if (image != nullptr)
                images_of_set[j] = {VK_NULL_HANDLE, image->view(),
                                    VkImageLayout(image->layout())}; // the sampler is immutable
            const bool is_texel_buffer = format != VK_FORMAT_UNDEFINED;
            // Assigned as a whole: GCC 12 at -O3 loses fields that are set one by one in the array.
            auto write = make_structure<VkWriteDescriptorSet>(VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET);
            write.dstSet = descriptor_sets[i];
            write.dstBinding = j;
            write.descriptorCount = 1;
            write.descriptorType = image != nullptr  ? VK_DESCRIPTOR_TYPE_COMBINED_IMAGE_SAMPLER
                                   : is_texel_buffer ? VK_DESCRIPTOR_TYPE_UNIFORM_TEXEL_BUFFER
                                                     : VK_DESCRIPTOR_TYPE_STORAGE_BUFFER;
            write.pBufferInfo = is_texel_buffer || image != nullptr ? nullptr : &buffers[j];
            write.pImageInfo = image != nullptr ? &images_of_set[j] : nullptr;
            write.pTexelBufferView = is_texel_buffer ? &binding_views[first + j] : nullptr;
            writes[j] = write;
        }
        vk.UpdateDescriptorSets(state.handle, count, writes.data(), 0, nullptr);
    }
    return {};
}

uint32_t CommandList::Recording::query_count() const
{
    return timing == Timing::each_dispatch ? 2 + 2 * uint32_t(dispatch_count) : 2;
}

Status CommandList::Recording::make_query_pool()
{
    if (timing == Timing::none || !state.physical.description.has_timestamps)
        return {};
    auto information = make_structure<VkQueryPoolCreateInfo>(VK_STRUCTURE_TYPE_QUERY_POOL_CREATE_INFO);
    information.queryType = VK_QUERY_TYPE_TIMESTAMP;
    information.queryCount = query_count();
    VkQueryPool pool = VK_NULL_HANDLE;
    VKSEG_TRY(
        state.check(state.functions.CreateQueryPool(state.handle, &information, nullptr, &pool), "vkCreateQueryPool"));
    query_pool = pool;
    return {};
}

Status CommandList::Recording::make_command_buffers()
{
    const DeviceFunctions& vk = state.functions;
    auto fence_information = make_structure<VkFenceCreateInfo>(VK_STRUCTURE_TYPE_FENCE_CREATE_INFO);
    VkFence new_fence = VK_NULL_HANDLE;
    VKSEG_TRY(state.check(vk.CreateFence(state.handle, &fence_information, nullptr, &new_fence), "vkCreateFence"));
    fence = new_fence;

    auto pool_information = make_structure<VkCommandPoolCreateInfo>(VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO);
    pool_information.queueFamilyIndex = state.physical.queue_family;
    VkCommandPool pool = VK_NULL_HANDLE;
    VKSEG_TRY(
        state.check(vk.CreateCommandPool(state.handle, &pool_information, nullptr, &pool), "vkCreateCommandPool"));
    command_pool = pool;

    segment_begins = {0};
    for (size_t i = 0; i < commands.size(); i++)
    {
        if (std::holds_alternative<Cut>(commands[i]))
            segment_begins.push_back(i + 1);
    }
    auto information = make_structure<VkCommandBufferAllocateInfo>(VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO);
    information.commandPool = pool;
    information.level = VK_COMMAND_BUFFER_LEVEL_PRIMARY;
    information.commandBufferCount = uint32_t(segment_begins.size());
    command_buffers.resize(segment_begins.size());
    VKSEG_TRY(state.check(vk.AllocateCommandBuffers(state.handle, &information, command_buffers.data()),
                          "vkAllocateCommandBuffers"));
    for (size_t segment = 0; segment < segment_begins.size(); segment++)
    {
        if (state.labels.is_on())
            state.labels.name(state.handle, VK_OBJECT_TYPE_COMMAND_BUFFER, command_buffers[segment],
                              name + ", commands " + std::to_string(segment + 1) + " of " +
                                  std::to_string(segment_begins.size()));
        VKSEG_TRY(record_segment(segment));
    }
    return {};
}

/// The label that is in force where a segment begins; null if there is none.
const CommandList::Recording::Label* CommandList::Recording::label_before(size_t command) const
{
    while (command-- > 0)
    {
        if (const Label* label = std::get_if<Label>(&commands[command]))
            return label;
    }
    return nullptr;
}

Status CommandList::Recording::record_segment(size_t segment)
{
    const DeviceFunctions& vk = state.functions;
    VkCommandBuffer buffer = command_buffers[segment];
    const bool is_first = segment == 0;
    const bool is_last = segment + 1 == segment_begins.size();
    const size_t begin = segment_begins[segment];
    const size_t end = is_last ? commands.size() : segment_begins[segment + 1];

    auto begin_information = make_structure<VkCommandBufferBeginInfo>(VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO);
    VKSEG_TRY(state.check(vk.BeginCommandBuffer(buffer, &begin_information), "vkBeginCommandBuffer"));
    if (is_first && query_pool != VK_NULL_HANDLE)
        vk.CmdResetQueryPool(buffer, query_pool, 0, query_count());
    // Orders this segment after everything submitted before it: segments, earlier runs, other lists.
    record_barrier(buffer, stages_on_device(), stages_on_device());
    if (is_first)
        write_timestamp(buffer, first_query);
    record_commands(buffer, begin, end, true);
    if (is_last)
    {
        write_timestamp(buffer, last_query);
        record_barrier(buffer, compute | transfer, host);
    }
    return state.check(vk.EndCommandBuffer(buffer), "vkEndCommandBuffer");
}

void CommandList::Recording::record_into(VkCommandBuffer buffer) const
{
    record_barrier(buffer, stages_on_device(), stages_on_device());
    record_commands(buffer, 0, commands.size(), false);
    auto barrier = make_structure<VkMemoryBarrier>(VK_STRUCTURE_TYPE_MEMORY_BARRIER);
    barrier.srcAccessMask = write_accesses(compute | transfer);
    barrier.dstAccessMask = VK_ACCESS_MEMORY_READ_BIT | VK_ACCESS_MEMORY_WRITE_BIT | VK_ACCESS_HOST_READ_BIT;
    state.functions.CmdPipelineBarrier(buffer, compute | transfer, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT | host, 0, 1,
                                       &barrier, 0, nullptr, 0, nullptr);
}

VkPipelineStageFlags CommandList::Recording::stages_on_device() const
{
    return compute | transfer | (reads_group_counts ? group_counts : 0);
}

// Commands that come after a cut within the range are ordered by a barrier.
void CommandList::Recording::record_commands(VkCommandBuffer buffer, size_t begin, size_t end, bool is_timed) const
{
    size_t dispatch_index =
        size_t(std::count_if(commands.begin(), commands.begin() + ptrdiff_t(begin),
                             [](const Command& command) { return std::holds_alternative<Dispatch>(command); }));
    VkPipelineStageFlags stages_since_barrier = 0;
    const Label* open_label = label_before(begin);
    if (open_label != nullptr)
        state.labels.begin(buffer, open_label->text);
    for (size_t i = begin; i < end; i++)
    {
        const Command& command = commands[i];
        if (std::holds_alternative<Barrier>(command) || std::holds_alternative<Cut>(command))
        {
            if (stages_since_barrier != 0)
                record_barrier(buffer, stages_since_barrier, stages_on_device());
            stages_since_barrier = 0;
        }
        else if (std::holds_alternative<OuterBarrier>(command))
        {
            record_barrier(buffer, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT);
            stages_since_barrier = 0;
        }
        else if (const ImageBarrier* barrier = std::get_if<ImageBarrier>(&command))
            record_image_barrier(buffer, *barrier);
        else if (const Label* label = std::get_if<Label>(&command))
        {
            if (open_label != nullptr)
                state.labels.end(buffer);
            state.labels.begin(buffer, label->text);
            open_label = label;
        }
        else if (const Dispatch* dispatch = std::get_if<Dispatch>(&command))
        {
            record_dispatch(buffer, *dispatch, dispatch_index++, is_timed);
            stages_since_barrier |= compute | (dispatch->group_count_in_memory ? group_counts : 0);
        }
        else
        {
            record_copies(buffer, command);
            stages_since_barrier |= transfer;
        }
    }
    if (open_label != nullptr)
        state.labels.end(buffer);
}

void CommandList::Recording::record_copies(VkCommandBuffer buffer, const Command& command) const
{
    const DeviceFunctions& vk = state.functions;
    if (const Copy* copy = std::get_if<Copy>(&command))
    {
        const VkBufferCopy region = {copy->from.offset, copy->to.offset, copy->from.size};
        vk.CmdCopyBuffer(buffer, copy->from.buffer, copy->to.buffer, 1, &region);
    }
    if (const CopyRows* rows = std::get_if<CopyRows>(&command))
    {
        std::vector<VkBufferCopy> regions;
        for (size_t y = 0; y < rows->height; y++)
            regions.push_back(
                {rows->from.offset + y * rows->from_stride, rows->to.offset + y * rows->to_stride, rows->row_bytes});
        vk.CmdCopyBuffer(buffer, rows->from.buffer, rows->to.buffer, uint32_t(regions.size()), regions.data());
    }
    if (const CopyToImage* copy = std::get_if<CopyToImage>(&command))
    {
        VkBufferImageCopy region = {};
        region.bufferOffset = copy->from.offset;
        region.bufferRowLength = uint32_t(copy->stride);
        region.imageSubresource = {.aspectMask = VK_IMAGE_ASPECT_COLOR_BIT,
                                   .mipLevel = 0,
                                   .baseArrayLayer = copy->to.array_layer,
                                   .layerCount = 1};
        region.imageExtent = {copy->width, copy->height, 1};
        vk.CmdCopyBufferToImage(buffer, copy->from.buffer, copy->to.image, VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL, 1,
                                &region);
    }
    if (const Fill* fill = std::get_if<Fill>(&command))
        vk.CmdFillBuffer(buffer, fill->range.buffer, fill->range.offset, fill->range.size, fill->word);
}

void CommandList::Recording::record_image_barrier(VkCommandBuffer buffer, const ImageBarrier& change) const
{
    const auto stage_of = [](ImageUse use) -> VkPipelineStageFlags
    {
        return use == ImageUse::sampled     ? compute
               : use == ImageUse::copied_to ? transfer
                                            : VkPipelineStageFlags(VK_PIPELINE_STAGE_ALL_COMMANDS_BIT);
    };
    const auto access_of = [](ImageUse use) -> VkAccessFlags
    {
        return use == ImageUse::sampled     ? VK_ACCESS_SHADER_READ_BIT
               : use == ImageUse::copied_to ? VK_ACCESS_TRANSFER_WRITE_BIT
                                            : VK_ACCESS_MEMORY_READ_BIT | VK_ACCESS_MEMORY_WRITE_BIT;
    };
    auto barrier = make_structure<VkImageMemoryBarrier>(VK_STRUCTURE_TYPE_IMAGE_MEMORY_BARRIER);
    barrier.srcAccessMask = access_of(change.from_use);
    barrier.dstAccessMask = access_of(change.to_use);
    barrier.oldLayout = VkImageLayout(change.from_layout);
    barrier.newLayout = VkImageLayout(change.to_layout);
    const bool changes_owner = change.from_use == ImageUse::foreign || change.to_use == ImageUse::foreign;
    const auto owner_at = [&](ImageUse use) -> uint32_t
    {
        return !changes_owner             ? VK_QUEUE_FAMILY_IGNORED
               : use == ImageUse::foreign ? VK_QUEUE_FAMILY_FOREIGN_EXT
                                          : state.physical.queue_family;
    };
    barrier.srcQueueFamilyIndex = owner_at(change.from_use);
    barrier.dstQueueFamilyIndex = owner_at(change.to_use);
    barrier.image = change.layer.image;
    barrier.subresourceRange = {.aspectMask = VK_IMAGE_ASPECT_COLOR_BIT,
                                .baseMipLevel = 0,
                                .levelCount = 1,
                                .baseArrayLayer = change.layer.array_layer,
                                .layerCount = 1};
    state.functions.CmdPipelineBarrier(buffer, stage_of(change.from_use), stage_of(change.to_use), 0, 0, nullptr, 0,
                                       nullptr, 1, &barrier);
}

void CommandList::Recording::record_dispatch(VkCommandBuffer buffer, const Dispatch& dispatch, size_t index,
                                             bool is_timed) const
{
    const DeviceFunctions& vk = state.functions;
    const Pipeline& pipeline = *dispatch.pipeline;
    vk.CmdBindPipeline(buffer, VK_PIPELINE_BIND_POINT_COMPUTE, pipeline.handle);
    vk.CmdBindDescriptorSets(buffer, VK_PIPELINE_BIND_POINT_COMPUTE, pipeline.layout, 0, 1, &descriptor_sets[index], 0,
                             nullptr);
    if (dispatch.push_constants_bytes > 0)
        vk.CmdPushConstants(buffer, pipeline.layout, VK_SHADER_STAGE_COMPUTE_BIT, 0, dispatch.push_constants_bytes,
                            push_constants.data() + dispatch.push_constants_offset);
    const uint32_t query = 2 + 2 * uint32_t(index);
    if (is_timed && timing == Timing::each_dispatch)
        write_timestamp(buffer, query);
    if (const auto& place = dispatch.group_count_in_memory)
        vk.CmdDispatchIndirect(buffer, place->buffer, place->offset);
    else
        vk.CmdDispatch(buffer, dispatch.group_count[0], dispatch.group_count[1], dispatch.group_count[2]);
    if (is_timed && timing == Timing::each_dispatch)
        write_timestamp(buffer, query + 1);
}

void CommandList::Recording::record_barrier(VkCommandBuffer buffer, VkPipelineStageFlags from,
                                            VkPipelineStageFlags to) const
{
    auto barrier = make_structure<VkMemoryBarrier>(VK_STRUCTURE_TYPE_MEMORY_BARRIER);
    barrier.srcAccessMask = write_accesses(from);
    barrier.dstAccessMask = all_accesses(to);
    state.functions.CmdPipelineBarrier(buffer, from, to, 0, 1, &barrier, 0, nullptr, 0, nullptr);
}

void CommandList::Recording::write_timestamp(VkCommandBuffer buffer, uint32_t query) const
{
    if (query_pool != VK_NULL_HANDLE)
        state.functions.CmdWriteTimestamp(buffer, VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT, query_pool, query);
}

} // namespace vkseg::vk
