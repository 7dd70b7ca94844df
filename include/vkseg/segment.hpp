#pragma once

#include "vkseg/image.hpp"
#include "vkseg/session.hpp"

#include <filesystem>
#include <optional>
#include <string_view>

namespace vkseg {

struct Colour
{
    uint8_t red = 0;
    uint8_t green = 0;
    uint8_t blue = 0;
    friend bool operator==(const Colour&, const Colour&) = default;
};

/// Colour of a class where the model gives none: the colour map of PASCAL VOC; class 0 is black.
VKSEG_API Colour default_colour(size_t class_index);

/// The order of axes of a network's input or output.
enum class TensorLayout : uint8_t
{
    nchw, ///< Batch, channels, height, width, as PyTorch has them.
    nhwc  ///< Batch, height, width, channels, as TensorFlow has them.
};

/// What a segmentation network takes and what it gives, which its file does not say. docs/model_description.md has the
/// same as JSON.
struct ModelDescription
{
    std::string title; ///< For people; may be empty.

    std::string input;                        ///< Name of the graph input for the picture; empty: the only one.
    std::optional<TensorLayout> input_layout; ///< Left open: as the input's shape tells.
    PicturePlacement placement;               ///< A size left open is that of the graph's input.
    ChannelOrder order = ChannelOrder::rgb;
    float pixel_maximum = 1; ///< What the brightest pixel (255) is before mean and deviation are applied: 1 or 255.
    std::vector<float> mean; ///< Per channel in the network's order; empty: 0.
    std::vector<float> deviation; ///< Per channel: value = (pixel − mean) / deviation; empty: 1.
    std::vector<float> fill;      ///< Pixel (0 … pixel_maximum) around a letterboxed picture; empty: the mean.
    bool antialias = true;        ///< Shrinking averages all pixels that it covers.

    std::string output;                        ///< Name of the graph output to read; empty: the only one.
    std::optional<TensorLayout> output_layout; ///< Left open: as shape, classes and the input's size tell.
    /// Left open: labels if the output is of integers or from an ArgMax, probabilities if it is from a softmax or
    /// sigmoid, else logits.
    std::optional<MaskSource> source;
    float threshold = 0.5f;  ///< Of one channel: the probability from which a pixel is foreground.
    int64_t soft_class = -1; ///< Whose probability the soft mask is; −1: all but class 0.
    /// Refines the masks along the picture's edges, at the size of the network's input, before they are brought to the
    /// picture's own. Not of labels; of one channel, foreground and background are its labels.
    std::optional<DenseCrf> crf;

    std::vector<std::string> classes; ///< Name of each label, or empty.
    std::vector<Colour> colours;      ///< Of each label, or empty: default_colour().
};

/// Reads a description from JSON text. Messages begin with `who`, the file or key it came from.
VKSEG_API Result<ModelDescription> parse_description(std::string_view json, const std::string& who);

/// The description that belongs to a model file: NAME.json beside NAME.onnx, else the value of the key "vkseg" in the
/// model's metadata. Fails with invalid_model if there is neither.
VKSEG_API Result<ModelDescription> find_description(const std::filesystem::path& model, const Graph& graph);

struct StageTimes
{
    double plan_ms = 0;    ///< Planning for a new picture size; 0 if it was known.
    double total_ms = 0;   ///< From host to host.
    double device_ms = 0;  ///< With Timing::device or nodes.
    double prepare_ms = 0; ///< Resizing and normalising; this and what follows with Timing::nodes.
    double network_ms = 0;
    double refine_ms = 0;
    double mask_ms = 0;
};

/// One byte a pixel, row by row without gaps, of the picture's own size.
struct Segmentation
{
    int width = 0;
    int height = 0;
    std::vector<uint8_t> labels;     ///< Number of the class.
    std::vector<uint8_t> confidence; ///< Probability of that class, 0 … 255.
    std::vector<uint8_t> soft_mask;  ///< Probability of ModelDescription::soft_class, 0 … 255.
    StageTimes times;
};

/// A segmentation network on a device, from picture to mask. Movable; segment() may be called from several threads, one
/// is served at a time.
class VKSEG_API Segmenter
{
public:
    /// Fails with invalid_model when description and graph do not fit each other.
    static Result<Segmenter> create(const Device& device, Graph graph, ModelDescription description,
                                    const SessionOptions& options = {});
    /// Reads the model file and its description.
    static Result<Segmenter> load(const Device& device, const std::filesystem::path& model,
                                  const SessionOptions& options = {});

    /// Plans for pictures of this size, so that the first segment() is as fast as the others.
    Status prepare(int width, int height, int channels = 3);

    /// Fails with invalid_model if the network's values are not what the description says: scores that are NaN,
    /// probabilities outside 0 and 1, labels that are no whole number of 0 to 255 or that have no name in `classes`.
    Result<Segmentation> segment(const ImageView& picture);

    /// With what it left open filled in from the graph.
    const ModelDescription& description() const { return description_; }
    /// Name of a label: as the model says, or "class N".
    std::string class_name(size_t label) const;
    Colour colour(size_t label) const;
    MemoryUse memory_use() const { return session_.memory_use(); }
    std::vector<std::string> warnings() const { return session_.warnings(); } ///< As Session::warnings().

private:
    Segmenter(Session session, ModelDescription description, Precision precision)
        : session_(std::move(session)), description_(std::move(description)), precision_(precision)
    {}
    Session session_;
    ModelDescription description_;
    Precision precision_ = Precision::f32;
};

} // namespace vkseg
