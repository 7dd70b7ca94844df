#include "base/trace.hpp"
#include "base/try.hpp"
#include "ops/picture/picture_placement.hpp"
#include "segment/extend.hpp"
#include "segment/mask_faults.hpp"
#include "segment/stage_times.hpp"
#include "vkseg/segment.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace vkseg {
namespace {

Status check(const ImageView& picture)
{
    const auto refuse = [](const std::string& message)
    { return Status(StatusCode::invalid_argument, "picture: " + message); };
    if (picture.pixels == nullptr)
        return refuse("its pixels are null");
    if (picture.width < 1 || picture.height < 1 || picture.width > max_picture_extent ||
        picture.height > max_picture_extent)
        return refuse("expected a width and height of 1 to " + std::to_string(max_picture_extent) + ", got " +
                      std::to_string(picture.width) + "x" + std::to_string(picture.height));
    if (picture.channels != 1 && picture.channels != 3 && picture.channels != 4)
        return refuse("expected 1, 3 or 4 channels, got " + std::to_string(picture.channels));
    const size_t row_bytes = size_t(picture.width) * size_t(picture.channels);
    if (picture.row_stride_bytes != 0 && picture.row_stride_bytes < row_bytes)
        return refuse("a row of " + std::to_string(row_bytes) + " bytes does not fit a row stride of " +
                      std::to_string(picture.row_stride_bytes));
    return {};
}

Status check_gives_classes(const ModelDescription& description)
{
    if (description.kind == OutputKind::classes)
        return {};
    return Status(StatusCode::invalid_argument,
                  "the network finds instances, not classes of pixels: call find_instances()");
}

Status check_gives_instances(const ModelDescription& description)
{
    if (description.kind != OutputKind::classes)
        return {};
    return Status(StatusCode::invalid_argument, "the network gives classes of pixels, not instances: call segment()");
}

Tensor as_tensor(const ImageView& picture)
{
    const Shape shape = {picture.height, picture.width, picture.channels};
    const size_t row_bytes = size_t(picture.width) * size_t(picture.channels);
    const auto* const pixels = reinterpret_cast<const std::byte*>(picture.pixels);
    if (picture.row_stride_bytes == 0 || picture.row_stride_bytes == row_bytes)
        return Tensor(DType::u8, shape, {pixels, row_bytes * size_t(picture.height)}, nullptr);
    std::vector<std::byte> packed(row_bytes * size_t(picture.height));
    for (size_t y = 0; y < size_t(picture.height); ++y)
        std::memcpy(packed.data() + y * row_bytes, pixels + y * picture.row_stride_bytes, row_bytes);
    return Tensor::from_bytes(DType::u8, shape, std::move(packed));
}

std::vector<uint8_t> bytes_of(const Tensor& tensor)
{
    const auto* const first = reinterpret_cast<const uint8_t*>(tensor.bytes().data());
    return {first, first + tensor.bytes().size()};
}

std::span<const uint8_t> span_of(const Tensor& tensor)
{
    return {reinterpret_cast<const uint8_t*>(tensor.bytes().data()), tensor.bytes().size()};
}

/// Faults in the masks whose labels and confidences are the outputs `first` and `first` + 1.
MaskFaults faults_of(const RunResult& result, size_t first)
{
    return count_faults(span_of(result.outputs[first].tensor), span_of(result.outputs[first + 1].tensor));
}

Status first_fault(const RunResult& result, const ModelDescription& description, Precision precision)
{
    if (description.crf || description.smoothing > 0) // which may hide faults
        VKSEG_TRY(check_faults(faults_of(result, 3), description, precision));
    return check_faults(faults_of(result, 0), description, precision);
}

/// Checks that the values by which the network selects instances are numbers. Boxes must be finite, too: clipping would
/// make one at the picture's edge of them.
Status check_magnitudes(const RunResult& result, Precision precision)
{
    using Kind = InstanceResults::Kind;
    const std::vector<float> magnitudes = result.outputs[InstanceResults::magnitudes].tensor.to_floats();
    const auto is_nan = [&](Kind kind) { return std::isnan(magnitudes[size_t(kind)]); };
    const char* faulty = nullptr;
    if (is_nan(Kind::scores))
        faulty = "scores are NaN";
    else if (is_nan(Kind::boxes))
        faulty = "boxes are NaN";
    else if (is_nan(Kind::finite_boxes) || magnitudes[size_t(Kind::finite_boxes)] == INFINITY)
        faulty = "boxes are NaN or infinite";
    else if (is_nan(Kind::masks))
        faulty = "masks are NaN";
    if (faulty == nullptr)
        return {};
    const char* const advice = precision == Precision::f16
                                   ? "; use precision f32, which holds larger values"
                                   : "; check its weights and the input's mean and std: `vkseg run --check-range` "
                                     "names the nodes that give such values";
    return Status(StatusCode::invalid_model, std::string("some of the network's ") + faulty + advice);
}

/// The instances of a run, with their masks encoded.
Result<std::vector<Instance>> instances_of(const RunResult& result, int width, int height)
{
    const std::vector<float> boxes = result.outputs[InstanceResults::boxes].tensor.to_floats();
    const std::vector<int64_t> labels = result.outputs[InstanceResults::labels].tensor.to_integers();
    const std::vector<float> scores = result.outputs[InstanceResults::scores].tensor.to_floats();
    const bool has_masks = result.outputs.size() > InstanceResults::bits;
    std::span<const uint32_t> bits;
    if (has_masks)
    {
        const std::span<const std::byte> bytes = result.outputs[InstanceResults::bits].tensor.bytes();
        bits = {reinterpret_cast<const uint32_t*>(bytes.data()), bytes.size() / sizeof(uint32_t)};
    }
    std::vector<Instance> instances;
    for (size_t i = 0; i < scores.size(); ++i)
    {
        Instance instance = {.label = labels[i], .score = scores[i], .mask = {}};
        std::copy_n(boxes.begin() + ptrdiff_t(4 * i), 4, instance.box.begin());
        if (has_masks)
        {
            const size_t words = bits.size() / scores.size();
            VKSEG_ASSIGN(instance.mask, encode_mask_bits(bits.subspan(i * words, words), height, width));
        }
        instances.push_back(std::move(instance));
    }
    return instances;
}

Status check_instances(std::span<const Instance> instances, const ModelDescription& description, Precision precision)
{
    const auto wrong = [](const std::string& message)
    { return Status(StatusCode::invalid_model, "the network gives " + message); };
    const size_t names = description.classes.size();
    float last_score = 1;
    for (const Instance& instance : instances)
    {
        const bool is_finite = std::isfinite(instance.score) &&
                               std::ranges::all_of(instance.box, [](float corner) { return std::isfinite(corner); });
        if (!is_finite)
            return wrong(std::string("a box or a score that is NaN or infinite") +
                         (precision == Precision::f16 ? "; use precision f32, which holds larger ones" : ""));
        if (instance.box[2] < instance.box[0] || instance.box[3] < instance.box[1])
            return wrong("a box whose second corner lies before its first; expected x1, y1, x2, y2");
        if (!(instance.score >= 0 && instance.score <= last_score))
            return wrong("a score of " + std::to_string(instance.score) + " after " + std::to_string(last_score) +
                         "; expected probabilities in falling order");
        last_score = instance.score;
        if (instance.label < 0)
            return wrong("label " + std::to_string(instance.label));
        if (names > 0 && size_t(instance.label) >= names)
            return wrong("label " + std::to_string(instance.label) + ", but 'classes' names " + std::to_string(names));
    }
    return {};
}

/// Adds advice to a failure: if the network's input size follows the picture's, or the masks of instances have the
/// picture's size, a smaller picture may do.
Status with_advice(const Status& status, const ModelDescription& description, const Graph& extended)
{
    const bool is_too_large = status.code() == StatusCode::out_of_memory || status.code() == StatusCode::unsupported;
    if (!is_too_large)
        return status;
    if (!description.placement.size.empty())
    {
        const bool has_instance_masks = description.kind != OutputKind::classes &&
                                        extended.outputs.size() - description.state.size() > InstanceResults::bits;
        if (!has_instance_masks)
            return status;
        return Status(status.code(), "the picture may be too large, as there is a mask of its size for each instance "
                                     "that the network can find (use a smaller picture, or allow more memory): " +
                                         status.message());
    }
    const int64_t longest_side = description.placement.longest_side;
    const std::string setting = longest_side == 0
                                    ? "set input.longest_side"
                                    : "lower input.longest_side, now " + std::to_string(longest_side) + ",";
    return Status(status.code(), "the picture is too large, as the size of the network's input follows it (use a "
                                 "smaller one, or " +
                                     setting + " in the model description): " + status.message());
}

} // namespace

Result<Segmenter> Segmenter::create(const Device& device, Graph graph, ModelDescription description,
                                    const SessionOptions& options)
{
    if (!options.state.empty())
        return Status(StatusCode::invalid_argument,
                      "Segmenter: expected states in ModelDescription::state, got them in "
                      "SessionOptions::state");
    const ScopedSpan span("load", "add the steps from picture to mask");
    VKSEG_ASSIGN(Graph extended, extend(std::move(graph), description));
    SessionOptions session_options = options;
    session_options.state = state_links(description);
    VKSEG_ASSIGN(Session session, Session::create(device, std::move(extended), session_options));
    return Segmenter(std::move(session), std::move(description), options.precision);
}

Status Segmenter::prepare(int width, int height, int channels)
{
    const NamedShape shape = {picture_name, {height, width, channels}};
    return with_advice(session_.prepare({&shape, 1}), *description_, session_.graph());
}

Pending<Segmentation>::Finish Segmenter::segmentation_of(const ImageView& picture, uint64_t sequence) const
{
    return [description = description_, sequences = sequences_, sequence, precision = precision_, width = picture.width,
            height = picture.height](Result<RunResult> run) -> Result<Segmentation>
    {
        VKSEG_TRY(run.status());
        if (const Status fault = first_fault(*run, *description, precision); !fault.is_ok())
        {
            sequences->end(sequence); // states may hold NaN
            return fault;
        }
        Segmentation segmentation;
        segmentation.width = width;
        segmentation.height = height;
        segmentation.labels = bytes_of(run->outputs[0].tensor);
        segmentation.confidence = bytes_of(run->outputs[1].tensor);
        segmentation.soft_mask = bytes_of(run->outputs[2].tensor);
        segmentation.times = stage_times_of(*run);
        return segmentation;
    };
}

Pending<Detections>::Finish Segmenter::detections_of(const ImageView& picture, uint64_t sequence) const
{
    return [description = description_, sequences = sequences_, sequence, precision = precision_, width = picture.width,
            height = picture.height](Result<RunResult> run) -> Result<Detections>
    {
        VKSEG_TRY(run.status());
        if (const Status fault = check_magnitudes(*run, precision); !fault.is_ok())
        {
            sequences->end(sequence);
            return fault;
        }
        Detections detections = {.width = width, .height = height, .times = stage_times_of(*run)};
        VKSEG_ASSIGN(detections.instances, instances_of(*run, width, height));
        VKSEG_TRY(check_instances(detections.instances, *description, precision));
        if (run->outputs.size() > InstanceResults::ids)
            detections.ids = bytes_of(run->outputs[InstanceResults::ids].tensor);
        return detections;
    };
}

/// The sequence that the next picture belongs to.
uint64_t Segmenter::sequence_for_submission()
{
    const uint64_t sequence = sequences_->current;
    if (sequences_->begun.exchange(sequence) != sequence)
        session_.reset_state();
    return sequence;
}

Result<PendingRun> Segmenter::submit_picture(const ImageView& picture)
{
    const NamedTensor input = {picture_name, as_tensor(picture)};
    Result<PendingRun> run = session_.submit({&input, 1});
    if (!run.is_ok())
        return with_advice(run.status(), *description_, session_.graph());
    return run;
}

template <class T>
Status Segmenter::submit_picture(const ImageView& picture, typename Pending<T>::Finish finish,
                                 std::function<void(Result<T>)> done)
{
    const NamedTensor input = {picture_name, as_tensor(picture)};
    const Status status = session_.submit({&input, 1}, [finish = std::move(finish), done = std::move(done)](
                                                           Result<RunResult> run) { done(finish(std::move(run))); });
    return with_advice(status, *description_, session_.graph());
}

Result<Pending<Segmentation>> Segmenter::submit(const ImageView& picture)
{
    VKSEG_TRY(check_gives_classes(*description_));
    VKSEG_TRY(check(picture));
    const uint64_t sequence = sequence_for_submission();
    VKSEG_ASSIGN(PendingRun run, submit_picture(picture));
    return Pending<Segmentation>(std::move(run), segmentation_of(picture, sequence));
}

Status Segmenter::submit(const ImageView& picture, std::function<void(Result<Segmentation>)> done)
{
    VKSEG_TRY(check_gives_classes(*description_));
    VKSEG_TRY(check(picture));
    return submit_picture<Segmentation>(picture, segmentation_of(picture, sequence_for_submission()), std::move(done));
}

Result<Pending<Detections>> Segmenter::submit_for_instances(const ImageView& picture)
{
    VKSEG_TRY(check_gives_instances(*description_));
    VKSEG_TRY(check(picture));
    const uint64_t sequence = sequence_for_submission();
    VKSEG_ASSIGN(PendingRun run, submit_picture(picture));
    return Pending<Detections>(std::move(run), detections_of(picture, sequence));
}

Status Segmenter::submit_for_instances(const ImageView& picture, std::function<void(Result<Detections>)> done)
{
    VKSEG_TRY(check_gives_instances(*description_));
    VKSEG_TRY(check(picture));
    return submit_picture<Detections>(picture, detections_of(picture, sequence_for_submission()), std::move(done));
}

Result<Segmentation> Segmenter::segment(const ImageView& picture)
{
    const ScopedSpan span("run", "segment");
    VKSEG_ASSIGN(Pending<Segmentation> pending, submit(picture));
    return pending.wait();
}

Result<Detections> Segmenter::find_instances(const ImageView& picture)
{
    const ScopedSpan span("run", "find instances");
    VKSEG_ASSIGN(Pending<Detections> pending, submit_for_instances(picture));
    return pending.wait();
}

std::string Segmenter::class_name(size_t label) const
{
    return label < description_->classes.size() ? description_->classes[label] : "class " + std::to_string(label);
}

Colour Segmenter::colour(size_t label) const
{
    return label < description_->colours.size() ? description_->colours[label] : default_colour(label);
}

} // namespace vkseg
