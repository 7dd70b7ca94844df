#pragma once

#include "vkseg/graph.hpp"

#include <string_view>

/// Builds a network layer by layer, as one would in PyTorch:
///
///     GraphBuilder net("two layers");
///     ValueId x = net.input("input", {1, 3, 224, 224});
///     x = net.relu(net.conv(x, "conv1", {.channels = 64, .padding = 1}));
///     x = net.conv(x, "score", {.channels = 21, .kernel = 1});
///     Result<Graph> graph = net.finish({x});
namespace vkseg {

/// One number for all spatial axes, or one for each: `.kernel = 3`, `.kernel = {1, 7}`.
class PerAxis
{
public:
    PerAxis(int64_t all) : values_{all} {}                          // NOLINT: implicit, so that `= 3` reads
    PerAxis(std::initializer_list<int64_t> each) : values_(each) {} // NOLINT: as above
    explicit PerAxis(Integers each) : values_(std::move(each)) {}
    /// Returns one number for each of `axes` axes; a list of several numbers is returned as given.
    Integers of(size_t axes) const { return values_.size() == 1 ? Integers(axes, values_[0]) : values_; }

private:
    Integers values_;
};

struct ConvLayer
{
    int64_t channels = 0; ///< output channels
    PerAxis kernel = 3;
    PerAxis stride = 1;
    PerAxis padding = 0; ///< at both ends of an axis
    PerAxis dilation = 1;
    int64_t groups = 1;
    bool has_bias = true;
};

struct ConvTransposeLayer
{
    int64_t channels = 0;
    PerAxis kernel = 2;
    PerAxis stride = 2;
    PerAxis padding = 0; ///< cropped from both ends of the full result
    PerAxis output_padding = 0;
    int64_t groups = 1;
    bool has_bias = true;
};

struct PoolLayer
{
    PerAxis kernel = 2;
    PerAxis stride = 2;
    PerAxis padding = 0;
    PerAxis dilation = 1;
    bool ceil_mode = false;
    bool count_include_pad = true; ///< average pooling only; default of PyTorch and Caffe
};

/// Interpolation of values. `align_corners` has PyTorch's meaning: the centres of the corner pixels keep their places.
struct Interpolation
{
    ResizeMode mode = ResizeMode::linear;
    bool align_corners = false;
};

/// Builds a Graph from calls that each add a layer. Tensors are [N, C, spatial axes …], with one to three spatial axes.
/// The weights of a layer have PyTorch's names ("conv1.weight", "conv1.bias", …) and are inputs of the graph until
/// fill_weights() (weights.hpp) gives them values; two layers with the same name share their weights. Shapes are known
/// immediately. After the first mistake all further calls do nothing; finish() returns the mistake with the layer's
/// name.
class VKSEG_API GraphBuilder
{
public:
    explicit GraphBuilder(std::string name);

    ValueId input(std::string name, Shape shape); ///< f32
    ValueId weight(const std::string& name, Shape shape);
    ValueId constant(Tensor tensor);
    /// Adds any operator and returns its first output; the others, if they are always computed (indices of a max pool
    /// and of TopK), have the ids after it. Messages call the node `name` or, if that is empty, by its kind and number.
    ValueId node(Op op, std::vector<ValueId> inputs, std::string name = {});

    // Layers with weights. The weight is [C_out, C_in / groups, kernel …], for transposed convolutions [C_in, C_out /
    // groups, kernel …].
    ValueId conv(ValueId x, const std::string& layer, const ConvLayer& options);
    ValueId conv_transpose(ValueId x, const std::string& layer, const ConvTransposeLayer& options);
    ValueId linear(ValueId x, const std::string& layer, int64_t features); ///< x [N, K]
    /// Batch normalisation for inference, with the running mean and variance.
    ValueId batch_norm(ValueId x, const std::string& layer, float epsilon = 1e-5f);
    ValueId prelu(ValueId x, const std::string& layer); ///< one slope per channel

    ValueId relu(ValueId x);
    ValueId sigmoid(ValueId x);
    ValueId unary(ValueId x, UnaryKind kind, float a = 0, float b = 0);
    ValueId add(ValueId a, ValueId b);
    ValueId mul(ValueId a, ValueId b);
    ValueId scale(ValueId x, float factor);
    ValueId softmax(ValueId x, int64_t axis = 1);

    struct Pooled
    {
        ValueId values = no_value;
        ValueId indices = no_value; ///< positions of the maxima, for max_unpool()
    };
    ValueId max_pool(ValueId x, const PoolLayer& options = {});
    Pooled max_pool_with_indices(ValueId x, const PoolLayer& options = {});
    /// Writes each value to the place where the pool found it, and zeros elsewhere. `like` has the extents of the
    /// pool's input.
    ValueId max_unpool(ValueId x, ValueId indices, ValueId like, const PoolLayer& options = {});
    ValueId average_pool(ValueId x, const PoolLayer& options = {});
    /// Averages over `bins` bins along every spatial axis, whatever its extent n: bin i covers floor(i n / bins) …
    /// ceil((i + 1) n / bins).
    ValueId adaptive_average_pool(ValueId x, int64_t bins);

    ValueId resize(ValueId x, const PerAxis& extents, const Interpolation& how = {}); ///< to these spatial extents
    ValueId resize_like(ValueId x, ValueId like, const Interpolation& how = {});      ///< to the extents of `like`
    ValueId concat(const std::vector<ValueId>& parts, int64_t axis = 1);
    ValueId pad(ValueId x, const PerAxis& begins, const PerAxis& ends, PadMode mode = PadMode::constant);
    /// Cuts out a window as large as `like` that begins at `offset` along every spatial axis.
    ValueId crop_like(ValueId x, ValueId like, const PerAxis& offset);
    ValueId center_crop_like(ValueId x, ValueId like);
    ValueId slice(ValueId x, int64_t axis, int64_t begin, int64_t end);
    ValueId reshape(ValueId x, Integers shape); ///< 0 copies an extent, −1 is derived
    ValueId transpose(ValueId x, Integers permutation);

    /// Shape of a value; rank 0 after a mistake.
    Shape shape(ValueId x) const;
    int64_t channels(ValueId x) const { return shape(x)[1]; }
    size_t spatial_axes(ValueId x) const;

    /// Sets an entry of Graph::metadata.
    void note(std::string key, std::string value);
    /// Returns the graph and leaves the builder empty. Outputs without an entry in `names` are named after their nodes.
    Result<Graph> finish(const std::vector<ValueId>& outputs, const std::vector<std::string>& names = {});

private:
    bool has_failed() const { return !status_.is_ok(); }
    ValueId fail(const std::string& layer, Status status);
    Status infer_outputs(Node& node);
    Integers spatial_extents(ValueId x) const;

    Graph graph_;
    Status status_;
    std::map<std::string, ValueId, std::less<>> weights_;
};

} // namespace vkseg
