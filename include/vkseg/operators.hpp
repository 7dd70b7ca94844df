#pragma once

#include "vkseg/tensor.hpp"

#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

/// The operators of a graph, for Graph::add_node() and GraphBuilder::node():
///
///     const Op op = Conv{.window = {.kernel = {3, 3}, .pads = {1, 1, 1, 1}}};
///     if (const Conv* const conv = std::get_if<Conv>(&op))
///         std::printf("%s in %d groups\n", name(op).c_str(), int(conv->groups)); // graph.hpp
///
/// Each operator is a plain struct of attributes with ONNX's meaning (https://onnx.ai/onnx/operators/) unless its
/// comment says otherwise. "Inputs" lists the inputs of the node in order; inputs in [brackets] are optional. Inputs in
/// *stars* are parameters: they must be constants, or computable from shapes, when the network is planned.
namespace vkseg {

using Integers = std::vector<int64_t>;

/// Elementwise functions of one value x. The comments give the meaning of the attributes a and b.
enum class UnaryKind : uint8_t
{
    identity,
    relu,
    leaky_relu, ///< a: slope below zero
    elu,        ///< a: alpha
    selu,       ///< a: alpha, b: gamma
    celu,       ///< a: alpha
    sigmoid,
    hard_sigmoid, ///< max(0, min(1, a x + b))
    hard_swish,   ///< x max(0, min(1, x / 6 + 0.5))
    tanh,
    softplus,
    softsign,
    thresholded_relu, ///< x > a ? x : 0
    clip,             ///< a: lower, b: upper bound
    exp,
    log,
    sqrt,
    abs,
    neg,
    floor,
    ceil,
    round, ///< halves to even
    reciprocal,
    erf,
    mish,
    gelu,      ///< by erf
    gelu_tanh, ///< by the tanh approximation
    sign,
    sin,
    cos,
    logical_not, ///< bool → bool
    tan,
    asin,
    acos,
    atan,
    sinh,
    cosh,
    asinh,
    acosh,
    atanh,
};

/// A unary function that a convolution applies to its result before the store.
struct Activation
{
    UnaryKind kind = UnaryKind::identity;
    float a = 0;
    float b = 0;
    friend bool operator==(const Activation&, const Activation&) = default;
};

enum class AutoPad : uint8_t
{
    explicit_pads,
    same_upper,
    same_lower,
    valid
};

/// Window geometry of convolutions and pools, one entry per spatial axis, outermost first. An empty list means the
/// default: stride 1, dilation 1, no padding. `pads` holds all begins, then all ends.
struct Window
{
    Integers kernel;
    Integers strides;
    Integers dilations;
    Integers pads;
    AutoPad auto_pad = AutoPad::explicit_pads;
};

/// Inputs: x [N,C,…], *weights* [M,C/groups,…], [*bias* [M]], [scale [N,C,1,…], a factor on x], [residual of the
/// output's shape, added before or after the activation]. Weights that the network computes are data, without a bias.
struct Conv
{
    Window window; ///< kernel may be empty: taken from the weights' shape
    int64_t groups = 1;
    Activation activation;
    bool has_scale = false;            ///< only with one group and 1 × 1 windows of stride 1
    bool has_residual = false;         ///< the last input is the residual
    bool adds_residual_last = false;   ///< after the activation, which must be one that kernels fuse
    bool has_computed_weights = false; ///< the network computes the weights; set when it is planned
    /// x and weights hold integers whose sums of products stay below 2^24 in magnitude: computed in f32 and without
    /// Winograd, so that no sum rounds.
    bool is_exact = false;
};

/// Scale and zero point of bytes, which stand for (byte - zero point) · scale.
struct Quantization
{
    float scale = 1;
    int zero_point = 0;
};

/// A convolution of bytes with 32-bit sums: activation((start + Σ weights · (x - x_zero_point)) · factor + bias), as
/// floats or, with `y`, as the nearest bytes. Planning puts it in place of a Conv (runtime/multiply_bytes.cpp). Inputs:
/// x i8 [N,C,…], *weights* i8 [M,C/groups,…], *start* i32 [M], *factor* [M], *bias* [M], [residual of the output's
/// shape, as for Conv].
struct ByteConv
{
    Window window;
    int64_t groups = 1; ///< 1, or as many as channels
    int x_zero_point = 0;
    Activation activation; ///< one that kernels fuse
    bool has_residual = false;
    bool adds_residual_last = false;
    std::optional<Quantization> y;
};

/// Inputs: x [N,C,…], *weights* [C,M/groups,…], [*bias* [M]].
struct ConvTranspose
{
    Window window;
    int64_t groups = 1;
    Integers output_padding;
    Integers output_shape; ///< spatial extents; if given, pads are derived from them as in ONNX
    Activation activation;
};

enum class PoolKind : uint8_t
{
    max,
    average,
    lp
};

/// Inputs: x [N,C,…]. Outputs: y, [indices i64, flat over N·C·spatial extents of x] (max only).
struct Pool
{
    PoolKind kind = PoolKind::max;
    Window window;
    bool ceil_mode = false;
    bool count_include_pad = false;    ///< average only
    bool column_major_indices = false; ///< ONNX storage_order 1
    int64_t p = 2;                     ///< lp only
};

/// Inputs: x, indices from Pool, [*output_shape*]. Writes each value to its index, which is flat over the whole output;
/// the rest is zero. The window only determines the output's shape if none is given. If several values have the same
/// index, the last in row-major order is written; values with an index outside the output are dropped.
struct MaxUnpool
{
    Window window;
    Integers output_shape; ///< the whole shape; empty: derived from the window
    /// Window of the pool that computed the indices, if known; the input of that pool has the output's shape.
    std::optional<Window> pool = {};
};

/// Upsampling that writes each value to the top left of its cell and zeros elsewhere. Inputs: x [N,C,…].
struct BedOfNails
{
    Integers strides; ///< cell extents, one per spatial axis
};

enum class ResizeMode : uint8_t
{
    nearest,
    linear,
    cubic
};
enum class CoordinateTransformation : uint8_t
{
    half_pixel,
    pytorch_half_pixel,
    align_corners,
    asymmetric,
    tf_half_pixel_for_nn,
    tf_crop_and_resize,
    half_pixel_symmetric, ///< half_pixel, shifted to keep the centre if the extent was rounded down (ONNX 19)
};
enum class NearestMode : uint8_t
{
    round_prefer_floor,
    round_prefer_ceil,
    floor,
    ceil
};

enum class AspectPolicy : uint8_t
{
    stretch,
    not_larger, ///< the largest extents in proportion that do not exceed the sizes
    not_smaller ///< the smallest extents in proportion that are not below the sizes
};

/// Inputs: x, [*roi*], [*scales*], [*sizes*]. Either scales or sizes is given, one entry per axis of x.
struct Resize
{
    ResizeMode mode = ResizeMode::nearest;
    CoordinateTransformation coordinates = CoordinateTransformation::half_pixel;
    NearestMode nearest_mode = NearestMode::round_prefer_floor;
    float cubic_coeff_a = -0.75f;
    bool exclude_outside = false;
    bool antialias = false; ///< linear and cubic: shrinking averages all pixels that the widened filter covers
    AspectPolicy aspect_policy = AspectPolicy::stretch; ///< applies to sizes
    float extrapolation_value = 0;
    std::vector<float> roi;
    std::vector<float> scales;
    Integers sizes;
    Integers axes; ///< axes that roi, scales and sizes refer to; empty: all (ONNX 18)
};

/// Value of positions outside of a picture.
enum class GridPadding : uint8_t
{
    zeros,
    border,    ///< the nearest pixel
    reflection ///< mirrored at the borders, as often as needed
};

/// Samples x at positions that are computed or given (Jaderberg 2015), as torch.nn.functional.grid_sample does. Inputs:
/// x [N,C,H,W] or [N,C,D,H,W]; grid [N,H',W',2] or [N,D',H',W',3], coordinates (x, y[, z]) from -1 to 1, which are the
/// outer edges of the outermost pixels or, with align_corners, their centres. Output: [N,C,H',W'] or [N,C,D',H',W'].
/// Coordinates that are NaN count as far below -1. Reflection takes NaN and positions beyond 2^20 pixels for pixel 0.
struct GridSample
{
    ResizeMode mode = ResizeMode::linear;
    GridPadding padding = GridPadding::zeros;
    bool align_corners = false;
};

/// The grid that GridSample needs for an affine transformation of a picture. Inputs: theta [N,2,3] or [N,3,4], which
/// takes the position (x, y[, z], 1) of a pixel of the output to a position in the input; [*size*]. Output: [N,H,W,2]
/// or [N,D,H,W,3]. An axis of extent 1 has position 0.
struct AffineGrid
{
    Integers size; ///< N, C, H, W or N, C, D, H, W of the picture that is sampled by the grid
    bool align_corners = false;
};

/// Inputs: x, *scale*, *bias*, *mean*, *variance*, each [C].
struct BatchNormalization
{
    float epsilon = 1e-5f;
};

/// Inputs: x, *scale*, *bias*, each [C].
struct InstanceNormalization
{
    float epsilon = 1e-5f;
};

enum class NormalizationKind : uint8_t
{
    layer, ///< (x − mean) / √(variance + epsilon)
    rms,   ///< x / √(mean of x² + epsilon)
    l2     ///< x / √(sum of x² + epsilon)
};

/// Place at which a normalisation adds epsilon; s is the variance, the mean or the sum of squares.
enum class EpsilonPlace : uint8_t
{
    under_root, ///< √(s + epsilon)
    after_root, ///< √s + epsilon
    min_root    ///< max(√s, epsilon)
};

/// Normalises over adjacent axes together; mean and squares are f32 even if x is stored as f16. Inputs: x, [*scale*],
/// [*bias*]. Scale and bias vary along `axes` only and broadcast to x.
struct LayerNormalization
{
    NormalizationKind kind = NormalizationKind::layer;
    Integers axes = {-1};
    float epsilon = 1e-5f;
    EpsilonPlace epsilon_place = EpsilonPlace::under_root;
    bool to_last = false; ///< from the one axis given to the last axis, whatever the rank
};

/// Local response normalisation across channels (Krizhevsky 2012). Inputs: x.
struct Lrn
{
    float alpha = 1e-4f;
    float beta = 0.75f;
    float bias = 1;
    int64_t size = 5;
};

/// Inputs: x.
struct Unary
{
    UnaryKind kind = UnaryKind::identity;
    float a = 0;
    float b = 0;
};

enum class BinaryKind : uint8_t
{
    add,
    sub,
    mul,
    div,
    min,
    max,
    pow,
    prelu,       ///< x < 0 ? x · slope : x
    mod,         ///< sign of the divisor (ONNX fmod = 0)
    fmod,        ///< sign of the dividend (ONNX fmod = 1)
    bitwise_and, ///< integers only, as the four kinds below
    bitwise_or,
    bitwise_xor,
    shift_left, ///< 0 if the distance is negative or at least the width of the type, as shift_right
    shift_right,
    equal, ///< bool result, as for all kinds below
    greater,
    greater_or_equal,
    less,
    less_or_equal,
    logical_and,
    logical_or,
    logical_xor,
};

/// Inputs: a, b, broadcast against each other as NumPy does.
struct Binary
{
    BinaryKind kind = BinaryKind::add;
};

/// One step of a Chain: applies a function to the value v, or to v and an operand.
struct ChainStep
{
    std::variant<Unary, Binary> function;
    int operand = -1;       ///< Binary: index of the input that is the other operand; −1: `constant`
    float constant = 0;     ///< Binary
    bool is_second = false; ///< Binary: v is the second operand
};

/// Elementwise operators in sequence; the initial value is the first input. Inputs: one to three tensors of floats or
/// i8, broadcast against each other.
struct Chain
{
    std::vector<ChainStep> steps;
    bool makes_bytes = false; ///< the results are the nearest i8, as a ByteConv reads them
};

/// Inputs: condition (bool), a, b, broadcast against each other.
struct Where
{};

/// Inputs: x, [like: a value whose type replaces `to`].
struct Cast
{
    DType to = DType::f32;
};

/// Inputs: one or more.
struct Concat
{
    int64_t axis = 1;
};

/// Inputs: x, [*split*]. Outputs: one for each entry of `split`, or equal parts.
struct Split
{
    int64_t axis = 0;
    Integers split;    ///< extents along the axis; empty: equal parts, the last smaller
    int64_t parts = 0; ///< number of outputs
};

/// Inputs: x, [*starts*], [*ends*], [*axes*], [*steps*].
struct Slice
{
    Integers starts;
    Integers ends;
    Integers axes;
    Integers steps;
};

enum class PadMode : uint8_t
{
    constant,
    reflect,
    edge,
    wrap ///< repeats the tensor; an axis is not cropped at one end and padded at the other
};

/// Inputs: x, [*pads*], [*value*], [*axes*]. Negative pads crop.
struct Pad
{
    PadMode mode = PadMode::constant;
    Integers pads; ///< begins of all axes, then ends
    float value = 0;
    Integers axes; ///< empty: all
};

/// Inputs: x.
struct Transpose
{
    Integers permutation; ///< empty: reversed
};

enum class ReshapeKind : uint8_t
{
    reshape,
    flatten,
    squeeze,
    unsqueeze
};

/// Another shape for the same elements in row-major order. Inputs: x, [*shape or axes*].
struct Reshape
{
    ReshapeKind kind = ReshapeKind::reshape;
    Integers shape;          ///< reshape: 0 copies, −1 is derived
    bool allow_zero = false; ///< reshape: 0 means 0
    Integers axes;           ///< squeeze (empty: all of extent 1), unsqueeze; flatten: one entry
};

/// Inputs: x, [*shape*].
struct Expand
{
    Integers shape;
};

/// Inputs: x, [*repeats*].
struct Tile
{
    Integers repeats;
};

/// Inputs: x, indices (integers).
struct Gather
{
    int64_t axis = 0;
};

/// Value (i, j, …) of the output is the one at (i, j, …) of x with the index at (i, j, …) as its coordinate along
/// `axis`. Negative indices count from the end; computed indices outside of the axis select the nearest value. Inputs:
/// x; indices (integers) of the rank of x, with extents up to those of x along axes other than `axis`. Output: like the
/// indices.
struct GatherElements
{
    int64_t axis = 0;
};

/// Gathers slices of x by tuples of indices, which lie along the last axis of the indices. Negative indices count from
/// the end; computed indices outside of an axis select the nearest slice. Inputs: x; indices (integers) [batch…,…,k].
/// Output: [batch…,…] of the indices, then the axes of x after the batch and the k indexed ones.
struct GatherNd
{
    int64_t batch_dims = 0; ///< number of leading axes that x and the indices share
};

/// Combination of a value and an update that goes to its place.
enum class ScatterReduction : uint8_t
{
    none, ///< the update replaces the value
    add,
    mul,
    max,
    min
};

/// Copies the data and replaces the values that the indices name: update (i, j, …) goes to place (i, j, …) with the
/// index at (i, j, …) as its coordinate along `axis`. Negative indices count from the end. Computed indices outside of
/// the axis, and 2^31 - 1, write nothing, so that entries can be left out. If several updates go to one place, the last
/// along the axis counts, or all are combined with the value in the order of their positions along it. Inputs: data, of
/// any type; indices (integers) of the updates' shape, or with an extent of 1 along axes other than `axis`, which then
/// broadcasts; updates, of the rank and type of the data, with extents up to those of the data along axes other than
/// `axis`. Output: like the data.
struct ScatterElements
{
    int64_t axis = 0;
    ScatterReduction reduction = ScatterReduction::none;
};

/// Copies the data and replaces the slices that tuples of indices name, or combines updates with them. Indices are
/// those of ScatterElements; of several updates of one slice the last in row-major order counts. Inputs: data, of any
/// type; indices (integers) [U…,k], tuples along the last axis; updates [U…, axes of the data after the first k].
/// Output: like the data.
struct ScatterNd
{
    ScatterReduction reduction = ScatterReduction::none;
};

/// Sums along an axis up to each value; floats are stored as f32. Inputs: x, floats or integers; [*axis*].
struct CumSum
{
    int64_t axis = 0;
    bool is_exclusive = false; ///< without the value itself
    bool is_reverse = false;   ///< from the end
};

enum class DepthOrder : uint8_t
{
    depth_column_row,
    column_row_depth
};

/// Inputs: x [N,C,H,W].
struct DepthToSpace
{
    int64_t block_size = 2;
    DepthOrder order = DepthOrder::depth_column_row;
};

/// Inputs: x [N,C,H,W].
struct SpaceToDepth
{
    int64_t block_size = 2;
};

/// Inputs: x.
struct Softmax
{
    int64_t axis = -1;
    bool is_log = false;
    bool flattens = false; ///< opset < 13: all axes from `axis` on are reduced together
};

/// Index of the largest or smallest value along an axis. Inputs: x. Output: i64.
struct ArgReduce
{
    bool is_min = false;
    int64_t axis = 0;
    bool keep_dims = true;
    bool select_last = false;
    /// Resize applied to x before the search, without storing its result: spatial axes only, not cubic. Requires axis 1
    /// and keep_dims.
    std::optional<Resize> resize = {};
};

enum class ReduceKind : uint8_t
{
    mean,
    sum,
    max,
    min,
    prod,
    sum_square,
    l1,
    l2,
    log_sum,
    log_sum_exp
};

/// Inputs: x, [*axes*].
struct Reduce
{
    ReduceKind kind = ReduceKind::mean;
    Integers axes; ///< empty: all, unless noop_with_empty_axes
    bool keep_dims = true;
    bool noop_with_empty_axes = false;
    bool is_f32 = false;      ///< stored as f32, and so the arithmetic after it, whatever the session's precision
    bool all_spatial = false; ///< axes 2 and up, whatever the rank, as in the Global…Pool operators; `axes` is empty
};

/// NumPy's matmul. Inputs: a, b.
struct MatMul
{
    /// If not 0, a and b hold integers, and sums of this many products stay below 2^24 in magnitude: computed in f32,
    /// so that no sum rounds. Longer sums are cut into parts, which are added as integers.
    int64_t max_exact_depth = 0;
};

/// alpha · a' · b' + beta · c. Inputs: a [M,K], b [K,N], [c broadcast to M×N].
struct Gemm
{
    float alpha = 1;
    float beta = 1;
    bool transpose_a = false;
    bool transpose_b = false;
};

/// A matrix product with constant weights, computed by the kernels of pointwise convolutions. Fusion makes it from
/// MatMul and Gemm. Inputs: x [...,K]; *weights* [N,K], or [K,N]; [*bias* [N]]; [residual of the output's shape, added
/// before or after the activation]. Output: [...,N]. K and N are multiples of 4.
struct FullyConnected
{
    bool has_inputs_first = false; ///< weights are [K,N]
    bool is_over_channels = false; ///< x is [B,K,...] and the output [B,N,...], as of pointwise convolutions
    Activation activation;
    bool has_residual = false;       ///< the last input is the residual
    bool adds_residual_last = false; ///< after the activation, which must be one that kernels fuse
    bool is_exact = false;           ///< the same as Conv::is_exact
};

/// softmax(scale · q · kᵀ + terms) · v for each batch entry and head, without storing all scores (Vaswani et al. 2017).
/// Fusion makes it from MatMul, Softmax and MatMul. Inputs: q [...,L,D], k [...,S,D], v [...,S,V], and up to two terms
/// that broadcast to the scores [...,L,S]. Output: [...,L,V]. D and V are multiples of 4.
struct ScaledDotProductAttention
{
    float scale = 1;
    bool is_k_transposed = false; ///< k is [...,D,S]
};

/// Sum of products (NumPy's einsum): multiplies the operands, whose axes have the letters of the equation, and sums
/// over each letter that the result does not have. A letter that an operand has twice takes its diagonal. When the
/// network is planned, the node becomes matrix products, or products and sums of elements. Inputs: one or more
/// operands.
struct Einsum
{
    std::string equation; ///< "...ij,jk->...ik"; without an arrow, the result has the letters that occur once
};

enum class RecurrentKind : uint8_t
{
    rnn,
    gru,
    lstm
};

enum class RecurrentDirection : uint8_t
{
    forward,
    reverse,
    bidirectional
};

/// Activation functions of recurrent networks, with ONNX's alpha and beta as a and b.
enum class RecurrentFunction : uint8_t
{
    tanh,
    sigmoid,
    relu,
    leaky_relu,
    thresholded_relu,
    elu,
    hard_sigmoid,
    softsign,
    softplus,
    affine,     ///< a x + b
    scaled_tanh ///< a tanh(b x)
};

struct RecurrentActivation
{
    RecurrentFunction function = RecurrentFunction::tanh;
    float a = 0;
    float b = 0;
};

/// The recurrent part of ONNX's LSTM, GRU and RNN: everything but the products of the inputs and their weights. G is
/// the number of gates (4, 3, 1), in ONNX's order, D that of directions, H that of hidden values. All floats are stored
/// as f32. Inputs: gates [T,N,D·G·H], the products of the inputs plus their biases; *weights* [D,G·H,H]; [*bias*
/// [D,G·H] of the recurrent products]; [*lengths* [N] of the sequences]; [*peepholes* [D,3·H]]; [initial h [D,N,H]];
/// [initial c [D,N,H]]. Outputs: y [T,D,N,H], zeros after the end of a sequence; last h [D,N,H]; last c [D,N,H] (LSTM).
struct Recurrent
{
    RecurrentKind kind = RecurrentKind::lstm;
    RecurrentDirection direction = RecurrentDirection::forward;
    /// For each direction those of ONNX: 1 (RNN), 2 (GRU) or 3 (LSTM); empty: tanh, with sigmoid for gates.
    std::vector<RecurrentActivation> activations;
    std::optional<float> clip = {};    ///< bound of the magnitude of what activation functions read
    bool couples_forget = false;       ///< LSTM: the forget gate is 1 − the input gate
    bool resets_after_product = false; ///< GRU: linear_before_reset
};

/// The columns of a deformable convolution (Dai 2017; with a mask Zhu 2018), which is then a pointwise convolution:
/// values of x, sampled linearly, with zeros around x, at each tap of the window plus its offset. Inputs: x [N,C,H,W];
/// offsets [N,offset_groups·taps·2,H',W'] (y and x in turn); [mask [N,offset_groups·taps,H',W'], a factor]. Output:
/// [N,groups·taps·C/groups,H',W'].
struct DeformColumns
{
    Window window;
    int64_t groups = 1;        ///< groups of the convolution
    int64_t offset_groups = 1; ///< groups of channels that share their offsets
};

/// Sums overlapping blocks into pictures, the inverse of taking columns. Inputs: x [N,C·taps,L]; [*image shape*];
/// [*block shape*]. Output: [N,C,image shape…], of one to three spatial axes.
struct Col2im
{
    Integers image;
    Window window; ///< its kernel is the block
};

/// Extents of a tensor as integers; always known when the network is planned. Inputs: x.
struct ShapeOf
{
    int64_t start = 0;
    std::optional<int64_t> end;
    bool is_size = false; ///< ONNX Size: gives the number of elements instead
};

/// Inputs: *shape*. Output: a tensor of this shape, filled with `value` (one element).
struct ConstantOfShape
{
    Tensor value;
};

/// Inputs: *start*, *limit*, *delta* (scalars).
struct Range
{};

/// Fit of a picture into the input of a network.
enum class PictureFit : uint8_t
{
    stretch,            ///< fills the whole input
    letterbox,          ///< keeps the picture's proportions, in the middle
    letterbox_top_left, ///< keeps the picture's proportions, at the top left
};

/// Part of a tensor that a picture fills. The tensor's extents are fixed or derived from the picture's. Derived extents
/// are shrunk until the longest side is at most `longest_side`, then rounded to a multiple of `multiple_of`: to the
/// nearest one for stretch, up for letterbox.
struct PicturePlacement
{
    PictureFit fit = PictureFit::stretch;
    Integers size = {}; ///< {height, width}; empty: derived from the picture
    int64_t multiple_of = 1;
    int64_t longest_side = 0; ///< 0: no limit
};

enum class ChannelOrder : uint8_t
{
    rgb,
    bgr,
    grey ///< 0.299 R + 0.587 G + 0.114 B
};

/// Resizes, normalises and lays out a picture for a network: value = (pixel − mean) · scale for pixels of 0 … 255.
/// Inputs: picture u8 [H,W,channels] with 1 (grey), 3 (R, G, B) or 4 channels (R, G, B and an alpha that is ignored).
/// Output: [1,3,h,w], or [1,1,h,w] for grey.
struct PictureToTensor
{
    PicturePlacement placement = {};
    ChannelOrder order = ChannelOrder::rgb;
    std::vector<float> mean = {};  ///< per channel of the output; empty: 0
    std::vector<float> scale = {}; ///< per channel of the output; empty: 1
    std::vector<float> fill = {};  ///< pixel around a letterboxed picture, per channel of the output; empty: the mean
    /// If set, shrinking averages all pixels that an output covers (a triangle filter), otherwise the nearest four.
    bool antialias = true;
};

/// Meaning of the output of a segmentation network.
enum class MaskSource : uint8_t
{
    logits,        ///< scores that sigmoid (one channel) or softmax (several) turns into probabilities
    probabilities, ///< one channel: probability of the foreground; several: of each class
    labels         ///< one channel: the number of the class
};

/// Computes masks of the picture's size from a network's output, by linear interpolation (labels: nearest). Inputs: x
/// [1,C,h,w], the picture (for its extents). Outputs, u8 [H,W], optional: labels (if C = 1: 1 from the threshold on),
/// confidence (probability of that label, 0 … 255), soft mask (probability, 0 … 255). Confidence 0 marks a bad pixel:
/// with label 255 its values are NaN or infinite, with label 254 they are not probabilities or labels.
struct TensorToMask
{
    PicturePlacement placement = {}; ///< the same as in the PictureToTensor that made the network's input
    MaskSource source = MaskSource::logits;
    float threshold = 0.5f;
    int64_t soft_class = -1; ///< class whose probability the soft mask holds; −1: all classes but 0, the background
};

/// Normalisation of a DenseCrf's Gaussian sums by the total weight at a pixel.
enum class CrfNormalization : uint8_t
{
    symmetric, ///< divides by the root of the weight before and after the filter, as pydensecrf does
    after      ///< divides by the weight after the filter, as CRF-RNN does
};

/// Algorithm by which a DenseCrf sums over all pairs of pixels.
enum class CrfFilter : uint8_t
{
    automatic, ///< exact for small pictures, otherwise lattice
    exact,     ///< pair by pair
    lattice    ///< permutohedral lattice (Adams, Baek and Davis 2010), an approximation
};

/// Mean-field inference in a fully connected CRF (Krähenbühl and Koltun 2011) whose pairwise potentials are a Gaussian
/// of positions and a Gaussian of positions and colours. The initial probabilities of the labels are softmax(unary).
/// Each iteration filters the probabilities with both Gaussians (each pixel includes itself), weights the results by
/// the labels' compatibility, adds them to unary and applies softmax. Names and defaults are those of pydensecrf.
/// Inputs: unary [1,C,H,W], logits or log probabilities (negative energies) of up to 256 labels; picture [1,3,H,W],
/// clamped to 0 … 255; for CRF-RNN (Zheng 2015) also [*spatial weights*, *bilateral weights*, *compatibility*], each
/// [C,C], which replace both compat: unary − compatibility · (spatial weights · S + bilateral weights · B), where S and
/// B are the sums of the two Gaussians. Output: like unary.
struct DenseCrf
{
    int64_t iterations = 10;
    float gaussian_sxy = 3;    ///< first Gaussian: standard deviation of positions in pixels
    float gaussian_compat = 3; ///< first Gaussian: weight
    float bilateral_sxy = 80;  ///< second Gaussian: standard deviation of positions in pixels
    float bilateral_srgb = 13; ///< second Gaussian: standard deviation of colours in levels
    float bilateral_compat = 10;
    CrfNormalization normalization = CrfNormalization::symmetric;
    CrfFilter filter = CrfFilter::automatic;
    bool gives_logits = false; ///< outputs the sums of the last iteration without the softmax
};

/// The first k entries along an axis in falling order (`is_smallest`: in rising order). Equal entries come in the order
/// of their indices, and NaN counts as larger than all numbers. Inputs: x, floats or integers; [*k*]. Outputs: values;
/// indices i64.
struct TopK
{
    int64_t axis = -1;
    bool is_smallest = false;
    int64_t k = 0; ///< at most the extent of the axis
};

/// Non-maximum suppression, separately for each batch entry and class: goes through the boxes in falling order of their
/// scores (equal scores: in the order of their indices), and selects each box whose overlap with every selected box is
/// at most iou_threshold · union. Boxes whose score is NaN are never selected, and boxes with a corner that is infinite
/// or NaN overlap nothing. Inputs: boxes [N,boxes,4]; scores [N,classes,boxes]; [*max_output_boxes_per_class*;
/// *iou_threshold*; *score_threshold*]. Outputs: selected i64 [N · classes · min(boxes, max_outputs),3], rows of (batch
/// entry, class, box); count i64 [1], the number of valid rows, which come first. The others are 0.
struct NonMaxSuppression
{
    bool has_centers = false; ///< boxes are (x centre, y centre, width, height), otherwise (y1, x1, y2, x2)
    int64_t max_outputs = 0;  ///< for each batch entry and class
    float iou_threshold = 0;  ///< from 0 to 1
    std::optional<float> score_threshold = {}; ///< scores must be above it
};

/// Non-maximum suppression in which only boxes of the same group (class, pyramid level) suppress each other, as in
/// torchvision.ops.batched_nms, with the selections that torchvision makes before and after it. Overlaps are judged as
/// for NonMaxSuppression. Inputs: boxes [N,4] (x1, y1, x2, y2); scores [N]; groups [N] (integers). Outputs: kept i64
/// [min(N, max_outputs)], the indices of the kept boxes in falling order of their scores (equal scores: in the order of
/// indices); count i64 [1], the number of valid entries of `kept`, which come first. The others are 0.
struct BatchedNms
{
    float iou_threshold = 0.5f;                ///< from 0 to 1
    std::optional<float> score_threshold = {}; ///< scores must be above it; boxes whose score is NaN are dropped anyway
    float min_size = 0;                        ///< boxes with a side below it are dropped; 0: none
    int64_t max_outputs = 0;                   ///< keeps only the first boxes; 0: all
    /// Corners are the first and the last pixel of a box, whose width is x2 − x1 + 1, as in Girshick's programs.
    bool has_inclusive_corners = false;
};

/// Coordinates of the values that are not 0; NaN is not 0, and floats are tested as they are stored. Inputs: x, of any
/// type, with at least one axis. Outputs: indices i64 [rank of x, elements of x], a column of coordinates for each such
/// value, in row-major order of x; count i64 [1], the number of valid columns, which come first. The others are 0. The
/// indices of a constant have only valid columns.
struct NonZero
{};

/// Corners of the anchors at every pixel of a feature map (Ren 2015, section 3.1): base box a, moved by (x · stride_x,
/// y · stride_y), is row (y · width + x) · anchors + a. Inputs: x [N,C,h,w] (for its extents). Output: [h·w·anchors,4].
struct Anchors
{
    std::vector<float> base; ///< four corners (x1, y1, x2, y2) for each anchor
    float stride_y = 1;
    float stride_x = 1;
};

/// Boxes from the offsets that a network predicts for reference boxes (Girshick 2014, appendix C): moves the centre by
/// (dx, dy) of the width and height, and multiplies these by exp(dw) and exp(dh). Inputs: boxes [N,4] (x1, y1, x2, y2),
/// deltas [N,4·K] (dx, dy, dw, dh for each of K classes), [*size* (height, width), to which boxes are clipped]. Output:
/// [N·K,4].
struct DecodeBoxes
{
    std::vector<float> weights;               ///< divisors of dx, dy, dw, dh; empty: 1
    float max_log_scale = 4.135166556742356f; ///< upper bound of dw and dh: log(1000 / 16)
    Integers size;                            ///< height and width; empty: no clipping
    /// The width of a reference box is x2 − x1 + 1, and boxes are clipped to the last pixel, width − 1. As in
    /// Girshick's programs, decoded corners still lie half a width from the centre, with nothing subtracted.
    bool has_inclusive_corners = false;
};

/// RoIAlign (He 2017, section 3): the mean, or maximum, of bilinear samples in each bin of a box, as
/// torchvision.ops.roi_align and ONNX compute it. With several levels of a pyramid, each box is read from level
/// ⌊canonical_level + log2(√area / canonical_size)⌋ (Lin 2017, equation 1), or the nearest level that there is. Boxes
/// with a corner that is not finite, or beyond 2^20 pixels of x, give zeros. Inputs: the levels, x [N,C,h,w] each, from
/// the finest; boxes [R,4] (x1, y1, x2, y2) in pixels of the picture; batch indices i64 [R] if `has_batch_indices`,
/// otherwise N is 1. Negative batch indices count from the end; others outside of the batch select its nearest entry.
/// Output: [R,C,output height,output width].
struct RoiAlign
{
    bool is_max = false;             ///< takes the largest weighted neighbour of all samples (ONNX mode "max")
    Integers output_size = {1, 1};   ///< height, width
    std::vector<float> scales = {1}; ///< for each level: pixels of x per pixel of the picture; each half of the last
    int64_t sampling_ratio = 0;      ///< samples per bin and axis; 0: ⌈extent of the box / bins⌉
    bool is_aligned = true;          ///< moves boxes by half a pixel; otherwise their sides are at least 1
    float canonical_size = 224;      ///< √area of a box that is read from canonical_level
    float canonical_level = 4;       ///< level n has a scale of 2^-n
    bool has_batch_indices = false;  ///< the last input holds them
};

/// RoI max pooling (Girshick 2015), as torchvision.ops.roi_pool and ONNX's MaxRoiPool compute it: corners are rounded
/// to pixels, and the bounds of a bin outwards, from exact fractions. A bin without pixels of x gives 0, and so does a
/// box with a corner that is not finite, or beyond 2^20 pixels of x. Inputs: x [N,C,h,w]; boxes [R,5] (batch entry, x1,
/// y1, x2, y2) or [R,4] (N is 1), in pixels of the picture. Batch entries outside of x are those of RoiAlign. Output:
/// [R,C,output height,output width].
struct RoiPool
{
    Integers output_size = {1, 1}; ///< height, width
    float scale = 1;               ///< pixels of x per pixel of the picture
};

/// Boxes in pixels of the picture from boxes in pixels of the network's input. Inputs: boxes [R,4] (x1, y1, x2, y2),
/// the picture (for its extents). Output: [R,4].
struct BoxesToPicture
{
    PicturePlacement placement = {}; ///< the same as in the PictureToTensor that made the network's input
    bool clips = true;               ///< clips boxes to the picture
};

/// Masks of instances at the picture's size, from masks in the coordinates of their boxes, as torchvision 0.14 pastes
/// them: linear interpolation of the mask with a border of zeros; a pixel is set if its value is above the threshold.
/// A box that is not finite, or reaches beyond 2^18 pixels, has no pixels. Inputs: masks [R,K,h,w] (probabilities; h
/// and w are at most 1022); boxes [R,4] (x1, y1, x2, y2, in pixels of the picture); labels [R] (integers: the channel
/// of each mask; others than 0 to K - 1 select the nearest); [*size* (height, width of the picture)]. Outputs: bits i32
/// [R,height,⌈width/32⌉], pixel x in bit x % 32 of word x / 32; [ids u8 [height,width], 1 + the first instance at the
/// pixel, 0 if there is none; then R is at most 255].
struct PasteMasks
{
    float threshold = 0.5f;
    /// If set, masks cover the network's whole input, in which the picture has this place (Bolya 2019, YOLACT, section
    /// 3.1), instead of their boxes: a pixel is set if its value, interpolated linearly between the mask's, is above
    /// the threshold, and it lies in the box.
    std::optional<PicturePlacement> placement = {};
    Integers size; ///< height, width
};

/// Masks of instances at the picture's size with values between 0 and 1, as torchvision's export to ONNX pastes them:
/// each mask is resized to its box by linear interpolation (ONNX Resize with half_pixel coordinates), and pixels
/// outside of the box are 0. A box with a corner beyond 2^18 pixels has no pixels. Inputs: masks [R,1,h,w] (h and w are
/// at most 1022); boxes [R,4] (integers x1, y1, x2, y2 in pixels of the picture: the first and the last column and
/// row); [*size* (height, width of the picture)]. Output: [R,height,width].
struct PasteSoftMasks
{
    Integers size; ///< height, width
};

struct Graph;

/// One of two graphs, by a condition that must be known when the network is planned. A condition that asks whether a
/// tensor has entries, whose number the device finds, selects the graph for a tensor with entries, if the other graph
/// returns tensors without entries. Inputs: *condition* (one bool); the inputs of both graphs. Outputs: those of the
/// selected graph.
struct If
{
    std::shared_ptr<const Graph> then_branch;
    std::shared_ptr<const Graph> else_branch; ///< has as many inputs and outputs
};

/// Repeats a graph; its number of turns must be known when the network is planned. Inputs: [*most turns*]; [*condition*
/// of the first turn]; initial values of `carried` variables; other inputs of the graph. The graph's inputs: number of
/// the turn i64; condition; the variables; the others. Its outputs: condition of the next turn; the variables; results
/// of this turn. Outputs: the variables after the last turn; the results of all turns, joined along a new first axis.
struct Loop
{
    std::shared_ptr<const Graph> body;
    size_t carried = 0;
};

enum class SequenceKind : uint8_t
{
    construct, ///< sequence of the inputs. Inputs: any number of tensors
    insert,    ///< inputs: sequence, tensor, [*position*; missing: the end]
    erase,     ///< inputs: sequence, [*position*; missing: the last]
    element,   ///< tensor. Inputs: sequence, *position*
    argument,  ///< the same, or the tensor itself. Inputs: sequence or tensor, *position*
    length,    ///< i64 scalar. Inputs: sequence
    split,     ///< sequence of parts of x. Inputs: x, [*split*: extent of each part, or a list of all extents]
    concat,    ///< tensor. Inputs: sequence
    none,      ///< an optional value that is missing. No inputs
    has_value  ///< a bool, false if the input is such a value or left out. Inputs: [tensor, sequence or missing value]
};

/// Sequences of tensors, and optional values. They exist only while a network is planned: If, Loop, the identity
/// function and this operator take them, and a graph has none among its inputs and outputs. Negative positions count
/// from the end.
struct TensorSequence
{
    SequenceKind kind = SequenceKind::construct;
    int64_t axis = 0;      ///< split and concat
    bool keep_dims = true; ///< split without extents: the parts keep the axis, with extent 1
    bool is_stack = false; ///< concat: along a new axis
};

using OperatorVariant =
    std::variant<Conv, ByteConv, ConvTranspose, Pool, MaxUnpool, BedOfNails, Resize, GridSample, AffineGrid,
                 BatchNormalization, InstanceNormalization, LayerNormalization, Lrn, Unary, Binary, Chain, Where, Cast,
                 Concat, Split, Slice, Pad, Transpose, Reshape, Expand, Tile, Gather, GatherElements, GatherNd,
                 ScatterElements, ScatterNd, CumSum, Recurrent, DeformColumns, Col2im, DepthToSpace, SpaceToDepth,
                 Softmax, ArgReduce, Reduce, MatMul, Gemm, FullyConnected, ScaledDotProductAttention, Einsum, ShapeOf,
                 ConstantOfShape, Range, If, Loop, TensorSequence, PictureToTensor, TensorToMask, DenseCrf, TopK,
                 NonMaxSuppression, BatchedNms, NonZero, Anchors, DecodeBoxes, RoiAlign, RoiPool, BoxesToPicture,
                 PasteMasks, PasteSoftMasks>;

template <class T, class Variant>
constexpr bool is_alternative = false; ///< True if the variant can hold a T.
template <class T, class... Alternatives>
constexpr bool is_alternative<T, std::variant<Alternatives...>> = (std::is_same_v<T, Alternatives> || ...);

/// Any of the operators above, for std::visit, std::get, std::get_if and std::holds_alternative; std::variant_size
/// takes OperatorVariant. Copies, moves and the destructor are compiled once, in the library: inline they would take a
/// third of the compile time of every file.
class VKSEG_API Op : public OperatorVariant
{
public:
    template <class T>
    requires is_alternative<T, OperatorVariant> Op(T operation)
        : OperatorVariant(std::in_place_type<T>, std::move(operation))
    {}
    Op();
    Op(const Op& other);
    Op(Op&& other) noexcept;
    Op& operator=(const Op& other);
    Op& operator=(Op&& other) noexcept;
    ~Op();
};

} // namespace vkseg
