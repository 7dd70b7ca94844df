#pragma once

#include "vkseg/image.hpp"
#include "vkseg/instances.hpp"
#include "vkseg/session.hpp"
#include "vkseg/vulkan_types.hpp"

#include <atomic>
#include <filesystem>
#include <optional>
#include <string_view>

/// Segmentation from picture to mask. `photo` is an ImageView (image.hpp):
///
///     Result<Segmenter> segmenter = Segmenter::load(*device, "model.onnx");
///     if (!segmenter.is_ok())
///         return segmenter.status();
///     const Result<Segmentation> result = segmenter->segment(photo);
///     if (result.is_ok())
///         std::fwrite(result->soft_mask.data(), 1, result->soft_mask.size(), file);
namespace vkseg {

struct Colour
{
    uint8_t red = 0;
    uint8_t green = 0;
    uint8_t blue = 0;
    friend bool operator==(const Colour&, const Colour&) = default;
};

/// Default colour of a class, from the colour map of PASCAL VOC; class 0 is black.
VKSEG_API Colour default_colour(size_t class_index);

/// Order of the axes of a network's input or output.
enum class TensorLayout : uint8_t
{
    nchw, ///< Batch, channels, height, width, as in PyTorch.
    nhwc  ///< Batch, height, width, channels, as in TensorFlow.
};

/// Kind of results that a network gives.
enum class OutputKind : uint8_t
{
    classes,   ///< a class for each pixel
    instances, ///< a list of objects
    yolo_seg   ///< candidates of objects, which are decoded and selected (Jocher 2023, YOLOv8-seg)
};

/// Names of the outputs of a network that finds instances: boxes [R,4] (x1, y1, x2, y2 in pixels of its input), labels
/// [R], scores [R] in falling order, and masks [R,1 or classes,h,w], probabilities within the boxes.
struct InstanceOutputs
{
    std::string boxes = "boxes";
    std::string labels = "labels";
    std::string scores = "scores";
    std::string masks = "masks"; ///< empty, or the default name that the network lacks: it finds boxes only
};

/// Outputs of a network of the kind yolo_seg, and the selection among its candidates.
struct YoloOutputs
{
    /// Candidates [1,4 + classes + K,candidates]: x and y of the centre, width, height in pixels of the input, a
    /// probability of each class, and K coefficients.
    std::string candidates = "output0";
    std::string prototypes = "output1"; ///< [1,K,h,w]: a mask's logits are the sum of these, times the coefficients
    float min_score = 0.25f;            ///< candidates of higher probability are selected
    float iou = 0.7f;                   ///< above it, the candidate of lower probability of the same class is dropped
    int64_t most = 255;                 ///< number of instances at most
};

/// Meaning of a segmentation network's input and output, which the model file does not give. docs/model_description.md
/// describes the same as JSON.
struct ModelDescription
{
    std::string title; ///< Title for people; may be empty.

    std::string input;                        ///< Name of the graph input for the picture; empty: the only one.
    std::optional<TensorLayout> input_layout; ///< If not set, derived from the input's shape.
    PicturePlacement placement;               ///< An empty size means the size of the graph's input.
    ChannelOrder order = ChannelOrder::rgb;
    float pixel_maximum = 1; ///< Value of the brightest pixel (255) before mean and deviation are applied: 1 or 255.
    std::vector<float> mean; ///< Per channel in the network's order; empty: 0.
    std::vector<float> deviation; ///< Per channel: value = (pixel − mean) / deviation; empty: 1.
    std::vector<float> fill;      ///< Pixel (0 … pixel_maximum) around a letterboxed picture; empty: the mean.
    bool antialias = true;        ///< If set, shrinking averages all covered pixels.

    OutputKind kind = OutputKind::classes;
    InstanceOutputs instances;                 ///< For the kind `instances`.
    YoloOutputs yolo;                          ///< For the kind `yolo_seg`.
    std::string output;                        ///< Name of the graph output to read; empty: the only one.
    std::optional<TensorLayout> output_layout; ///< If not set, derived from shape, classes and the input's size.
    /// If not set: labels if the output is of integers or from an ArgMax, probabilities if it is from a softmax or
    /// sigmoid, otherwise logits.
    std::optional<MaskSource> source;
    /// For outputs of one channel: pixels are foreground from this probability on. For instances: pixels belong to an
    /// instance above it.
    float threshold = 0.5f;
    int64_t soft_class = -1; ///< Class whose probability the soft mask holds; −1: all but class 0.
    /// Refines the masks along the picture's edges, at the size of the network's input, before they are resized to the
    /// picture. Not for labels. If the output has one channel, the CRF's labels are background and foreground.
    std::optional<DenseCrf> crf;

    /// Share of the earlier pictures in an exponential average of the probabilities over the pictures of a video, at
    /// least 0 and below 1. 0: none. The weights of the pictures add up to 1 from the first on. Not for labels or
    /// instances. A CRF refines the average.
    float smoothing = 0;
    /// States of a recurrent network: outputs that become inputs of the next picture's run, on the device. See
    /// Segmenter::reset_state().
    std::vector<StateLink> state;

    std::vector<std::string> classes; ///< Name of each label, or empty.
    std::vector<Colour> colours;      ///< Colour of each label; empty: default_colour().
};

/// Reads a description from JSON text. Messages begin with `who`, the file or key that the text came from.
VKSEG_API Result<ModelDescription> parse_description(std::string_view json, const std::string& who);

/// True if the model file has a description: NAME.json beside NAME.onnx, or the key "vkseg" in the model's metadata.
VKSEG_API bool has_description(const std::filesystem::path& model, const Graph& graph);

/// Reads the description of a model file: NAME.json beside NAME.onnx, otherwise the value of the key "vkseg" in the
/// model's metadata. Fails with invalid_model if there is neither.
VKSEG_API Result<ModelDescription> find_description(const std::filesystem::path& model, const Graph& graph);

/// Returns the network with a picture, u8 [height,width,channels] with 1, 3 or 4 channels, in place of its input: the
/// Segmenter's steps from the picture to the network are nodes. Fails with invalid_model if the description does not
/// fit the graph.
VKSEG_API Result<Graph> with_picture_input(Graph graph, ModelDescription description);

struct StageTimes
{
    double plan_ms = 0;    ///< Planning for a new picture size; 0 if a plan for the size existed.
    double total_ms = 0;   ///< From host to host.
    double device_ms = 0;  ///< Requires Timing::device or Timing::nodes.
    double prepare_ms = 0; ///< Resizing and normalising; this and the members below require Timing::nodes.
    double network_ms = 0;
    double refine_ms = 0;
    double mask_ms = 0;
};

/// Masks of the picture's size, one byte per pixel, row by row without gaps.
struct Segmentation
{
    int width = 0;
    int height = 0;
    std::vector<uint8_t> labels;     ///< Number of the class.
    std::vector<uint8_t> confidence; ///< Probability of that class, 0 … 255.
    std::vector<uint8_t> soft_mask;  ///< Probability of ModelDescription::soft_class, 0 … 255.
    StageTimes times;
};

/// The objects in a picture, in falling order of their scores.
struct Detections
{
    int width = 0;
    int height = 0;
    std::vector<Instance> instances;
    /// For each pixel, row by row, 1 + the index of the first instance whose mask holds it; 0 where there is none.
    /// Empty if the network gives no masks, or may find more than 255 instances.
    std::vector<uint8_t> ids;
    StageTimes times;
};

/// A result that the device is computing: see Segmenter::submit(). Movable. It may outlive the Segmenter. Destroying it
/// drops the result.
template <class T>
class Pending
{
public:
    /// True if wait() would not wait for the device.
    bool is_done() const { return run_.is_done(); }
    /// Waits for the result; to be called once.
    Result<T> wait() { return finish_(run_.wait()); }

private:
    friend class Segmenter;
    using Finish = std::function<Result<T>(Result<RunResult>)>;
    Pending(PendingRun run, Finish finish) : run_(std::move(run)), finish_(std::move(finish)) {}

    PendingRun run_;
    Finish finish_; // makes the result from the network's outputs
};

struct VulkanFrame;
struct RecordedRun;

/// The work of Segmenter::record() in a command buffer, and the memory that it uses. Movable. Must not be destroyed
/// before the command buffer has ended.
class VKSEG_API RecordedFrame
{
public:
    RecordedFrame(RecordedFrame&&) noexcept;
    RecordedFrame& operator=(RecordedFrame&&) noexcept;
    ~RecordedFrame();

    /// After the command buffer has ended: fails with invalid_model if the network's values contradict the description,
    /// as Segmenter::segment() does. The masks are then invalid.
    Status check() const;

private:
    friend class Segmenter;
    RecordedFrame(std::unique_ptr<RecordedRun> run, std::function<Status(std::span<const NamedTensor>)> check);
    std::unique_ptr<RecordedRun> run_;
    std::function<Status(std::span<const NamedTensor>)> check_;
};

/// A segmentation network on a device, from picture to mask. Movable. Several threads may use one Segmenter; its
/// pictures are computed one after the other.
class VKSEG_API Segmenter
{
public:
    /// Fails with invalid_model if the description does not fit the graph.
    static Result<Segmenter> create(const Device& device, Graph graph, ModelDescription description,
                                    const SessionOptions& options = {});
    /// Reads the model file and its description.
    static Result<Segmenter> load(const Device& device, const std::filesystem::path& model,
                                  const SessionOptions& options = {});

    /// Plans for pictures of this size, so that the first segment() is as fast as later ones.
    Status prepare(int width, int height, int channels = 3);

    /// Computes the masks of a picture. Fails with invalid_model if the network's values contradict the description:
    /// scores that are NaN, probabilities outside 0 … 1, labels that are not whole numbers of 0 … 255 or have no name
    /// in `classes`. Fails with invalid_argument if the network finds instances: see find_instances().
    Result<Segmentation> segment(const ImageView& picture);

    /// Finds the objects in a picture. Fails with invalid_argument if the network gives classes of pixels, and with
    /// invalid_model if its scores or boxes are not finite, or a label has no name in `classes`.
    Result<Detections> find_instances(const ImageView& picture);

    /// Submits a picture for segment() and returns without waiting for the device: see Session::submit(). The picture
    /// is copied. Fails with invalid_argument if the picture or the kind of network is wrong; what segment() finds
    /// wrong in the network's values, wait() tells.
    Result<Pending<Segmentation>> submit(const ImageView& picture);
    /// Like submit(), and calls `done` on a thread of the library; `done` must not throw, nor destroy the Segmenter.
    /// The Segmenter's destructor waits for these calls; from then on, this function fails with invalid_argument.
    Status submit(const ImageView& picture, std::function<void(Result<Segmentation>)> done);

    /// The same for find_instances().
    Result<Pending<Detections>> submit_for_instances(const ImageView& picture);
    Status submit_for_instances(const ImageView& picture, std::function<void(Result<Detections>)> done);

    /// Submits a picture that is on the device, and writes masks there: see vulkan.hpp. The picture must not change,
    /// and the masks must not be used, before the run has ended: before wait() has returned, or the semaphores were
    /// signalled. wait() tells what segment() finds wrong in the network's values; the masks are then invalid. Fails
    /// with invalid_argument if something in `frame` does not fit.
    Result<Pending<StageTimes>> submit_on_device(const VulkanFrame& frame);

    /// Adds the work of submit_on_device() to a command buffer of the app, which is being recorded outside of a render
    /// pass and will be submitted to the queue of the Device. The result must outlive the command buffer's execution.
    /// Fails with unsupported if the network has states or ModelDescription::smoothing.
    Result<RecordedFrame> record(VkCommandBuffer commands, const VulkanFrame& frame);

    /// Lets the next submitted picture be the first of a sequence: the states of a recurrent network begin as zeros,
    /// and ModelDescription::smoothing without earlier pictures. States also begin anew if the size or the number of
    /// channels of the pictures changes, and with the first picture submitted after a run has failed or after wait()
    /// has found values that contradict the description. Pictures that were in flight by then have been computed from
    /// the states of the faulty one, and mostly fail as well. prepare() for other sizes keeps the states as long as
    /// SessionOptions::kept_plans is 2 and more, and memory allows.
    void reset_state() { session_.reset_state(); }

    /// True if the network finds instances, for find_instances(); otherwise it gives classes, for segment().
    bool finds_instances() const { return description().kind != OutputKind::classes; }
    /// The description, with the members that were not set filled in from the graph.
    const ModelDescription& description() const { return *description_; }
    /// Name of a label from the model, or "class N".
    std::string class_name(size_t label) const;
    Colour colour(size_t label) const;
    MemoryUse memory_use() const { return session_.memory_use(); }
    std::vector<std::string> warnings() const { return session_.warnings(); } ///< See Session::warnings().

private:
    Segmenter(Session session, ModelDescription description, Precision precision)
        : description_(std::make_shared<const ModelDescription>(std::move(description)))
        , precision_(precision)
        , session_(std::move(session))
    {}
    /// Numbers of sequences of pictures: a fault in a picture ends its sequence, and states begin anew with the next.
    struct Sequences
    {
        std::atomic<uint64_t> current = 0;
        std::atomic<uint64_t> begun = 0;

        void end(uint64_t sequence) { current.compare_exchange_strong(sequence, sequence + 1); }
    };
    uint64_t sequence_for_submission();
    Pending<Segmentation>::Finish segmentation_of(const ImageView& picture, uint64_t sequence) const;
    Pending<Detections>::Finish detections_of(const ImageView& picture, uint64_t sequence) const;
    Result<PendingRun> submit_picture(const ImageView& picture);
    template <class T>
    VKSEG_HIDDEN Status submit_picture(const ImageView& picture, typename Pending<T>::Finish finish,
                                       std::function<void(Result<T>)> done);

    std::shared_ptr<const ModelDescription> description_;                  // shared with pending results
    std::shared_ptr<Sequences> sequences_ = std::make_shared<Sequences>(); // shared with these, too
    Precision precision_ = Precision::f32;
    Session session_; // last: its end waits for functions that may still use the members above
};

} // namespace vkseg
