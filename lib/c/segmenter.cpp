#include "c/handles.hpp"

#include <memory>
#include <optional>

struct vkseg_segmenter
{
    vkseg::Segmenter segmenter;
};

struct vkseg_frame
{
    std::optional<vkseg::Pending<vkseg::Segmentation>> masks;
    std::optional<vkseg::Pending<vkseg::Detections>> instances; // if the network finds these
};

struct vkseg_detections
{
    vkseg::Detections found;
};

namespace vkseg::c {
namespace {

Result<ImageView> view_of(const vkseg_image* picture)
{
    vkseg_image image;
    VKSEG_TRY(read(picture, image));
    constexpr int default_channels = 3;
    return ImageView{.pixels = image.pixels,
                     .width = image.width,
                     .height = image.height,
                     .channels = image.channels == 0 ? default_channels : image.channels,
                     .row_stride_bytes = image.row_stride_bytes};
}

void copy(const std::vector<uint8_t>& from, uint8_t* to)
{
    if (to != nullptr)
        std::copy(from.begin(), from.end(), to);
}

void copy_masks(const Segmentation& from, const vkseg_masks& to)
{
    copy(from.labels, to.labels);
    copy(from.confidence, to.confidence);
    copy(from.soft_mask, to.soft_mask);
}

Result<ModelDescription> description_of(const vkseg_model& model, const char* description)
{
#if VKSEG_HAS_DESCRIPTIONS
    if (description == nullptr && model.path.empty() && !model.graph.metadata.contains("vkseg"))
        return Status(
            StatusCode::invalid_argument,
            "a model from memory whose metadata have no description needs one: give its JSON as `description`");
    return description != nullptr ? parse_description(description, "description")
                                  : find_description(model.path, model.graph);
#else
    (void)model;
    (void)description;
    return Status(StatusCode::unsupported,
                  "this build of the library cannot read descriptions of models (VKSEG_DESCRIPTIONS=OFF)");
#endif
}

} // namespace

Result<SessionOptions> session_options(const vkseg_session_options* options)
{
    vkseg_session_options known;
    VKSEG_TRY(read(options, known));
    if (known.precision != VKSEG_F32 && known.precision != VKSEG_F16)
        return Status(StatusCode::invalid_argument,
                      "precision must be VKSEG_F32 or VKSEG_F16, got " + std::to_string(known.precision));
    if (known.frames_in_flight < 0)
        return Status(StatusCode::invalid_argument,
                      "frames_in_flight must be 0 or more, got " + std::to_string(known.frames_in_flight));
    SessionOptions wanted;
    if (known.frames_in_flight > 0)
        wanted.frames_in_flight = size_t(known.frames_in_flight);
    wanted.precision = known.precision == VKSEG_F16 ? Precision::f16 : Precision::f32;
    wanted.tune = known.tune != 0;
    wanted.max_memory_bytes = known.max_memory_bytes;
    wanted.progress = known.progress;
    wanted.progress_user = known.progress_user;
    return wanted;
}

} // namespace vkseg::c

using namespace vkseg;

vkseg_status vkseg_segmenter_create(const vkseg_device* device, const vkseg_model* model, const char* description,
                                    const vkseg_session_options* options, vkseg_segmenter** segmenter)
{
    if (device == nullptr || model == nullptr || segmenter == nullptr)
        return c::invalid_argument("vkseg_segmenter_create: device, model or segmenter is NULL");
    const Result<SessionOptions> wanted = c::session_options(options);
    if (!wanted.is_ok())
        return c::failure(wanted.status());
    Result<ModelDescription> described = c::description_of(*model, description);
    if (!described.is_ok())
        return c::failure(described.status());
    Result<Segmenter> created = Segmenter::create(device->device, model->graph, *std::move(described), *wanted);
    if (!created.is_ok())
        return c::failure(created.status());
    *segmenter = new vkseg_segmenter{*std::move(created)};
    return VKSEG_OK;
}

void vkseg_segmenter_free(vkseg_segmenter* segmenter)
{
    delete segmenter;
}

int32_t vkseg_segmenter_finds_instances(const vkseg_segmenter* segmenter)
{
    return segmenter != nullptr && segmenter->segmenter.finds_instances();
}

size_t vkseg_segmenter_class_count(const vkseg_segmenter* segmenter)
{
    return segmenter == nullptr ? 0 : segmenter->segmenter.description().classes.size();
}

const char* vkseg_segmenter_class_name(const vkseg_segmenter* segmenter, size_t label)
{
    if (label >= vkseg_segmenter_class_count(segmenter))
        return nullptr;
    return segmenter->segmenter.description().classes[label].c_str();
}

vkseg_status vkseg_segmenter_prepare(vkseg_segmenter* segmenter, int32_t width, int32_t height, int32_t channels)
{
    if (segmenter == nullptr)
        return c::invalid_argument("vkseg_segmenter_prepare: segmenter is NULL");
    const Status status = segmenter->segmenter.prepare(width, height, channels);
    return status.is_ok() ? VKSEG_OK : c::failure(status);
}

vkseg_status vkseg_segmenter_reset_state(vkseg_segmenter* segmenter)
{
    if (segmenter == nullptr)
        return c::invalid_argument("vkseg_segmenter_reset_state: segmenter is NULL");
    segmenter->segmenter.reset_state();
    return VKSEG_OK;
}

vkseg_status vkseg_segment(vkseg_segmenter* segmenter, const vkseg_image* picture, const vkseg_masks* masks)
{
    if (segmenter == nullptr || picture == nullptr || masks == nullptr)
        return c::invalid_argument("vkseg_segment: segmenter, picture or masks is NULL");
    vkseg_masks wanted;
    if (const Status status = c::read(masks, wanted); !status.is_ok())
        return c::failure(status);
    const Result<ImageView> view = c::view_of(picture);
    if (!view.is_ok())
        return c::failure(view.status());
    const Result<Segmentation> result = segmenter->segmenter.segment(*view);
    if (!result.is_ok())
        return c::failure(result.status());
    c::copy_masks(*result, wanted);
    return VKSEG_OK;
}

vkseg_status vkseg_find_instances(vkseg_segmenter* segmenter, const vkseg_image* picture, vkseg_detections** detections)
{
    if (segmenter == nullptr || picture == nullptr || detections == nullptr)
        return c::invalid_argument("vkseg_find_instances: segmenter, picture or detections is NULL");
    const Result<ImageView> view = c::view_of(picture);
    if (!view.is_ok())
        return c::failure(view.status());
    Result<Detections> found = segmenter->segmenter.find_instances(*view);
    if (!found.is_ok())
        return c::failure(found.status());
    *detections = new vkseg_detections{*std::move(found)};
    return VKSEG_OK;
}

vkseg_status vkseg_submit(vkseg_segmenter* segmenter, const vkseg_image* picture, vkseg_frame** frame)
{
    if (segmenter == nullptr || picture == nullptr || frame == nullptr)
        return c::invalid_argument("vkseg_submit: segmenter, picture or frame is NULL");
    const Result<ImageView> view = c::view_of(picture);
    if (!view.is_ok())
        return c::failure(view.status());
    auto submitted = std::make_unique<vkseg_frame>();
    if (segmenter->segmenter.finds_instances())
    {
        Result<Pending<Detections>> pending = segmenter->segmenter.submit_for_instances(*view);
        if (!pending.is_ok())
            return c::failure(pending.status());
        submitted->instances.emplace(*std::move(pending));
    }
    else
    {
        Result<Pending<Segmentation>> pending = segmenter->segmenter.submit(*view);
        if (!pending.is_ok())
            return c::failure(pending.status());
        submitted->masks.emplace(*std::move(pending));
    }
    *frame = submitted.release();
    return VKSEG_OK;
}

int32_t vkseg_frame_is_done(const vkseg_frame* frame)
{
    if (frame == nullptr)
        return 0;
    return frame->masks ? frame->masks->is_done() : frame->instances->is_done();
}

vkseg_status vkseg_frame_masks(vkseg_frame* frame, const vkseg_masks* masks)
{
    if (frame == nullptr || masks == nullptr)
        return c::invalid_argument("vkseg_frame_masks: frame or masks is NULL");
    if (!frame->masks)
        return c::invalid_argument("vkseg_frame_masks: the network finds instances: call vkseg_frame_instances()");
    vkseg_masks wanted;
    if (const Status status = c::read(masks, wanted); !status.is_ok())
        return c::failure(status);
    const Result<Segmentation> result = frame->masks->wait();
    if (!result.is_ok())
        return c::failure(result.status());
    c::copy_masks(*result, wanted);
    return VKSEG_OK;
}

vkseg_status vkseg_frame_instances(vkseg_frame* frame, vkseg_detections** detections)
{
    if (frame == nullptr || detections == nullptr)
        return c::invalid_argument("vkseg_frame_instances: frame or detections is NULL");
    if (!frame->instances)
        return c::invalid_argument("vkseg_frame_instances: the network gives classes: call vkseg_frame_masks()");
    Result<Detections> found = frame->instances->wait();
    if (!found.is_ok())
        return c::failure(found.status());
    *detections = new vkseg_detections{*std::move(found)};
    return VKSEG_OK;
}

void vkseg_frame_free(vkseg_frame* frame)
{
    delete frame;
}

size_t vkseg_detections_count(const vkseg_detections* detections)
{
    return detections == nullptr ? 0 : detections->found.instances.size();
}

vkseg_status vkseg_detections_get(const vkseg_detections* detections, size_t index, vkseg_instance* instance)
{
    if (index >= vkseg_detections_count(detections))
        return c::invalid_argument("vkseg_detections_get: there is no instance " + std::to_string(index));
    const Instance& found = detections->found.instances[index];
    vkseg_instance value = {};
    value.label = found.label;
    value.score = found.score;
    std::copy(found.box.begin(), found.box.end(), value.box);
    return c::give(value, instance);
}

vkseg_status vkseg_detections_mask(const vkseg_detections* detections, size_t index, uint8_t* mask)
{
    if (index >= vkseg_detections_count(detections) || mask == nullptr)
        return c::invalid_argument("vkseg_detections_mask: there is no instance " + std::to_string(index) +
                                   ", or mask is NULL");
    const RunLengths& lengths = detections->found.instances[index].mask;
    if (lengths.counts.empty())
        return c::invalid_argument("vkseg_detections_mask: the network finds boxes only");
    const Result<std::vector<uint8_t>> pixels = decode_mask(lengths);
    if (!pixels.is_ok())
        return c::failure(pixels.status());
    c::copy(*pixels, mask);
    return VKSEG_OK;
}

void vkseg_detections_free(vkseg_detections* detections)
{
    delete detections;
}
