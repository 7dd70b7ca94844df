#include "vkseg/vulkan.hpp"

#include "base/div_ceil.hpp"
#include "base/try.hpp"
#include "picture/count_faults.h"
#include "runtime/device_frames.hpp"
#include "runtime/shader_modules.hpp"
#include "segment/app_picture.hpp"
#include "segment/extend.hpp"
#include "segment/mask_faults.hpp"
#include "segment/stage_times.hpp"
#include "vk/commands.hpp"

#include <algorithm>
#include <cstring>

/// Pictures and masks in the app's memory: the commands before and after the network.
namespace vkseg {
namespace {

constexpr uint32_t side = 8; // of the workgroups

/// One of the kernels around the network.
struct Kernel
{
    Shader shader;
    std::array<uint32_t, 2> workgroup = {side, side};
    uint32_t bindings = 2;
    VkSampler sampler = {}; ///< binding 1 is then an image
};

Result<const vk::Pipeline*> create_pipeline(vk::Device& device, const Kernel& kernel)
{
    const char* const name = shader_code(kernel.shader).name;
    if (!is_built(kernel.shader, Storage::f32))
        return Status(StatusCode::unsupported,
                      std::string("this build of the library lacks the kernel ") + name +
                          ", which pictures and masks in the app's memory need: see VKSEG_SHADERS_FOR in docs/size.md");
    vk::PipelineKey key = {.shader = name,
                           .spirv = spirv_of(kernel.shader, Storage::f32),
                           .binding_count = kernel.bindings,
                           .texture_mask = kernel.sampler != VkSampler{} ? 2u : 0u,
                           .sampler = kernel.sampler};
    key.specialization.set({workgroup_size_id, int32_t(kernel.workgroup[0])});
    key.specialization.set({workgroup_size_id + 1, int32_t(kernel.workgroup[1])});
    key.specialization.set({workgroup_size_id + 2, 1});
    VKSEG_ASSIGN(const std::vector<const vk::Pipeline*> pipelines, device.create_pipelines({&key, 1}));
    return pipelines[0];
}

template <class Constants>
void dispatch(vk::CommandList& list, const vk::Pipeline* pipeline, std::initializer_list<vk::Binding> bindings,
              const Constants& constants, uint32_t groups_x, uint32_t groups_y = 1)
{
    list.dispatch({.pipeline = pipeline,
                   .bindings = {bindings.begin(), bindings.size()},
                   .push_constants = std::as_bytes(std::span(&constants, 1)),
                   .group_count = {groups_x, groups_y, 1}});
}

uint32_t groups(int extent)
{
    return uint32_t(div_ceil(int64_t(extent), int64_t(side)));
}

/// Makes the commands around the network for one frame.
class EndsMaker
{
public:
    EndsMaker(Frame& frame, const Source& source) : frame_(frame), source_(source), device_(frame.device()) {}

    Result<DeviceEnds> make(const VulkanFrame& app)
    {
        ends_.before.emplace(device_);
        ends_.after.emplace(device_);
        ends_.before->set_name("vkseg picture");
        ends_.before->label("picture");
        ends_.after->set_name("vkseg masks");
        ends_.after->label("masks");
        VKSEG_TRY(app.picture.image != VkImage{} ? read_image(app.picture) : read_buffer(app.picture));
        VKSEG_TRY(count());
        for (const VulkanMask& mask : app.masks)
            VKSEG_TRY(write_mask(mask));
        VKSEG_TRY(ends_.before->finish());
        VKSEG_TRY(ends_.after->finish());
        return std::move(ends_);
    }

private:
    /// Memory of the picture in the frame; a recurrent network may have states as its first inputs.
    vk::BufferRange picture_range() const
    {
        const Graph& graph = frame_.graph();
        const auto picture = std::ranges::find(graph.inputs, picture_name,
                                               [&](ValueId id) -> std::string_view { return graph.values[id].name; });
        return frame_.input_range(uint32_t(picture - graph.inputs.begin()));
    }

    Status read_image(const VulkanPicture& picture)
    {
        if (picture.is_foreign && !device_->has_enabled("VK_EXT_queue_family_foreign"))
            return Status(StatusCode::unsupported, "picture: images that are foreign need VK_EXT_queue_family_foreign, "
                                                   "which is not enabled on this device");
        const PictureFormat* const format = picture.ycbcr != nullptr ? nullptr : find_picture_format(picture.format);
        const bool stays =
            !picture.is_foreign && (picture.layout == read_only_layout || picture.layout == general_layout);
        const uint32_t layout = stays ? picture.layout : read_only_layout;
        vk::SampledImageDescription description = {
            .image = picture.image, .format = picture.format, .array_layer = picture.array_layer, .layout = layout};
        if (picture.ycbcr != nullptr)
            description.conversion = *picture.ycbcr;
        VKSEG_ASSIGN(std::unique_ptr<vk::SampledImage> image, vk::SampledImage::create(device_, description));
        VKSEG_ASSIGN(const vk::Pipeline* const pipeline,
                     create_pipeline(*device_, {.shader = Shader::image_to_picture, .sampler = image->sampler()}));
        contract::ImageToPicture constants = placed_pixels(source_);
        constants.texel_width = 1.0f / float(picture.width);
        constants.texel_height = 1.0f / float(picture.height);
        constants.encodes_srgb = format != nullptr && format->is_srgb ? 1 : 0;
        constants.is_grey = format != nullptr && format->is_grey ? 1 : 0;
        // An image of others has no layout when it comes, and keeps its contents all the same.
        const vk::ImageUse around = picture.is_foreign ? vk::ImageUse::foreign : vk::ImageUse::elsewhere;
        const vk::ImageLayer layer = {picture.image, picture.array_layer};
        ends_.before->image_barrier({.layer = layer,
                                     .from_layout = picture.is_foreign ? undefined_layout : picture.layout,
                                     .to_layout = layout,
                                     .from_use = around,
                                     .to_use = vk::ImageUse::sampled});
        dispatch(*ends_.before, pipeline, {{.range = picture_range()}, {.image = image.get()}}, constants,
                 groups(source_.width), groups(source_.height));
        ends_.before->image_barrier({.layer = layer,
                                     .from_layout = layout,
                                     .to_layout = picture.is_foreign ? general_layout : picture.layout,
                                     .from_use = vk::ImageUse::sampled,
                                     .to_use = around});
        ends_.images.push_back(std::move(image));
        return {};
    }

    Status read_buffer(const VulkanPicture& picture)
    {
        const uint64_t stride = picture.row_stride_bytes != 0 ? picture.row_stride_bytes : picture.width * uint64_t(4);
        const uint64_t bytes = stride * (picture.height - 1) + picture.width * uint64_t(4);
        VKSEG_ASSIGN(const vk::Pipeline* const pipeline,
                     create_pipeline(*device_, {.shader = Shader::buffer_to_picture}));
        // The binding begins before the picture, where the device lets bindings begin.
        const uint64_t before = picture.offset_bytes % device_->limits().storage_buffer_alignment_bytes;
        contract::ImageToPicture constants = placed_pixels(source_);
        constants.first = int(before / 4);
        constants.stride = int(stride / 4);
        constants.is_bgra = picture.is_bgra ? 1 : 0;
        const vk::Buffer& buffer = *ends_.app_buffers.emplace_back(std::make_unique<vk::Buffer>(
            vk::Buffer::of_app(device_, picture.buffer, size_t(picture.offset_bytes + bytes))));
        ends_.before->outer_barrier();
        dispatch(*ends_.before, pipeline,
                 {{.range = picture_range()},
                  {.range = {&buffer, size_t(picture.offset_bytes - before), size_t(bytes + before)}}},
                 constants, groups(source_.width), groups(source_.height));
        return {};
    }

    Result<vk::Buffer*> take_buffer(size_t bytes, vk::BufferUse use)
    {
        VKSEG_ASSIGN(std::unique_ptr<vk::Buffer> buffer, frame_.take_buffer(bytes, use));
        return ends_.buffers.emplace_back(std::move(buffer)).get();
    }

    /// Counts the faults of the masks, and for the host also those before averages and the CRF, if there are any.
    Status count()
    {
        constexpr uint32_t invocations_of_group = side * side;
        constexpr uint32_t max_groups = 256;
        const size_t sets = frame_.result_count() > 3 ? 2 : 1; // see extend()
        const size_t bytes = sets * contract::fault_counts * sizeof(uint32_t);
        VKSEG_ASSIGN(
            const vk::Pipeline* const pipeline,
            create_pipeline(*device_,
                            {.shader = Shader::count_faults, .workgroup = {invocations_of_group, 1}, .bindings = 3}));
        VKSEG_ASSIGN(const vk::Buffer* const counts, take_buffer(bytes, vk::BufferUse::device));
        ends_.after->fill({counts, 0, bytes}, 0);
        ends_.after->barrier();
        const int pixels = source_.width * source_.height;
        const auto group_count =
            uint32_t(std::min<int64_t>(max_groups, div_ceil(int64_t(pixels), 4 * int64_t(invocations_of_group))));
        for (size_t set = 0; set < sets; ++set)
        {
            const auto first = uint32_t(3 * set); // output
            const contract::CountFaults constants = {.pixels = pixels,
                                                     .invocations = int(group_count * invocations_of_group),
                                                     .first_count = int(set) * contract::fault_counts};
            dispatch(*ends_.after, pipeline,
                     {{.range = {counts, 0, 0}},
                      {.range = frame_.output_range(first)},
                      {.range = frame_.output_range(first + 1)}},
                     constants, group_count);
        }
        const vk::Buffer* host = counts;
        if (!counts->is_host_visible())
        {
            VKSEG_ASSIGN(host, take_buffer(bytes, vk::BufferUse::download));
            ends_.after->barrier();
            ends_.after->copy({counts, 0, bytes}, {host, 0, bytes});
        }
        ends_.read = [host, bytes, device = device_]() -> Result<std::vector<NamedTensor>>
        {
            VKSEG_TRY(host->invalidate());
            std::vector<std::byte> words(bytes);
            std::memcpy(words.data(), host->mapped(), bytes);
            device->count_copies({.to_host = bytes});
            const auto values = int64_t(bytes / sizeof(int32_t));
            return std::vector<NamedTensor>{{"counts", Tensor::from_bytes(DType::i32, {values}, std::move(words))}};
        };
        return {};
    }

    Status write_mask(const VulkanMask& mask)
    {
        const contract::PlaceMask constants = placed_mask(source_, mask);
        const size_t pitch = size_t(constants.pitch) * 4;
        VKSEG_ASSIGN(const vk::Pipeline* const pipeline, create_pipeline(*device_, {.shader = Shader::place_mask}));
        VKSEG_ASSIGN(const vk::Buffer* const placed, take_buffer(pitch * mask.height, vk::BufferUse::device));
        const uint32_t output = mask.kind == MaskKind::labels ? 0 : mask.kind == MaskKind::confidence ? 1 : 2;
        vk::CommandList& list = *ends_.after;
        dispatch(list, pipeline, {{.range = {placed, 0, 0}}, {.range = frame_.output_range(output)}}, constants,
                 groups(constants.pitch), groups(constants.height));
        list.barrier();
        if (mask.image == VkImage{})
        {
            const size_t stride = mask.row_stride_bytes != 0 ? size_t(mask.row_stride_bytes) : mask.width;
            const size_t bytes = stride * (mask.height - 1) + mask.width;
            const vk::Buffer& target = *ends_.app_buffers.emplace_back(std::make_unique<vk::Buffer>(
                vk::Buffer::of_app(device_, mask.buffer, size_t(mask.offset_bytes) + bytes)));
            list.outer_barrier();
            list.copy_rows({placed, 0, 0}, pitch, {&target, size_t(mask.offset_bytes), bytes}, stride, mask.width,
                           mask.height);
            list.outer_barrier();
            return {};
        }
        const vk::ImageLayer layer = {mask.image, mask.array_layer};
        list.image_barrier({.layer = layer,
                            .from_layout = undefined_layout,
                            .to_layout = copied_to_layout,
                            .to_use = vk::ImageUse::copied_to});
        list.copy_to_image({placed, 0, 0}, pitch, layer, mask.width, mask.height);
        list.image_barrier({.layer = layer,
                            .from_layout = copied_to_layout,
                            .to_layout = mask.layout_after,
                            .from_use = vk::ImageUse::copied_to});
        return {};
    }

    Frame& frame_;
    const Source& source_;
    std::shared_ptr<vk::Device> device_; // shared: see vk::Device
    DeviceEnds ends_;
};

/// Fails as Segmenter::segment() does if the counts tell of faults.
Status check_counts(std::span<const NamedTensor> results, const ModelDescription& description, Precision precision,
                    uint64_t pixels)
{
    const std::vector<int64_t> counts = results[0].tensor.to_integers();
    for (size_t at = counts.size(); at > 0; at -= contract::fault_counts) // those before averages and the CRF first
    {
        const auto* const set = counts.data() + at - contract::fault_counts;
        VKSEG_TRY(check_faults({.pixels = pixels,
                                .not_finite = uint64_t(set[contract::fault_not_finite]),
                                .out_of_range = uint64_t(set[contract::fault_out_of_range]),
                                .largest_label = uint32_t(set[contract::fault_largest_label])},
                               description, precision));
    }
    return {};
}

NamedShape shape_of(const Source& source)
{
    return {picture_name, {source.height, source.width, 4}};
}

} // namespace

Result<Pending<StageTimes>> Segmenter::submit_on_device(const VulkanFrame& frame)
{
    VKSEG_ASSIGN(const Source source, check_frame(frame, *description_));
    const NamedShape shape = shape_of(source);
    const uint64_t sequence = sequence_for_submission();
    VKSEG_ASSIGN(PendingRun run, DeviceFrames::submit(session_, {&shape, 1},
                                                      [&](Frame& one) { return EndsMaker(one, source).make(frame); },
                                                      {.waits = frame.waits, .signals = frame.signals}));
    const uint64_t pixels = uint64_t(source.width) * uint64_t(source.height);
    return Pending<StageTimes>(std::move(run),
                               [description = description_, sequences = sequences_, sequence, precision = precision_,
                                pixels](Result<RunResult> result) -> Result<StageTimes>
                               {
                                   VKSEG_TRY(result.status());
                                   if (Status fault = check_counts(result->outputs, *description, precision, pixels);
                                       !fault.is_ok())
                                   {
                                       sequences->end(sequence); // states may hold NaN
                                       return fault;
                                   }
                                   return stage_times_of(*result);
                               });
}

Result<RecordedFrame> Segmenter::record(VkCommandBuffer commands, const VulkanFrame& frame)
{
    VKSEG_ASSIGN(const Source source, check_frame(frame, *description_));
    if (commands == nullptr)
        return Status(StatusCode::invalid_argument, "record: expected a command buffer, got null");
    if (!frame.waits.empty() || !frame.signals.empty())
        return Status(StatusCode::invalid_argument,
                      "record: expected no semaphores; they belong to the submission of the command buffer");
    const NamedShape shape = shape_of(source);
    VKSEG_ASSIGN(RecordedRun run,
                 DeviceFrames::record(
                     session_, {&shape, 1}, [&](Frame& one) { return EndsMaker(one, source).make(frame); }, commands));
    const uint64_t pixels = uint64_t(source.width) * uint64_t(source.height);
    return RecordedFrame(
        std::make_unique<RecordedRun>(std::move(run)),
        [description = description_, precision = precision_, pixels](std::span<const NamedTensor> results)
        { return check_counts(results, *description, precision, pixels); });
}

RecordedFrame::RecordedFrame(std::unique_ptr<RecordedRun> run,
                             std::function<Status(std::span<const NamedTensor>)> check)
    : run_(std::move(run)), check_(std::move(check))
{}
RecordedFrame::RecordedFrame(RecordedFrame&&) noexcept = default;
RecordedFrame& RecordedFrame::operator=(RecordedFrame&&) noexcept = default;
RecordedFrame::~RecordedFrame() = default;

Status RecordedFrame::check() const
{
    VKSEG_ASSIGN(const std::vector<NamedTensor> results, run_->ends.read());
    return check_(results);
}

} // namespace vkseg
