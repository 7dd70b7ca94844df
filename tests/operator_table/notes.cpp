#include "operator_table/notes.hpp"

namespace vkseg::test {

const char* const introduction = R"(# Operators

Written by `scripts/generate_operator_table.sh`; a test compares it with what the code says.

vkseg reads ONNX files with operator sets 1 to 24, in the default domain, and those operators of the domain com.microsoft that ONNX
Runtime's optimiser writes. An operator that had another meaning in the oldest sets, such as Add before set 7, is read from the set
that gave it today's meaning. Calls of a model's own functions become the nodes of their bodies. A model with anything else is
refused with one message that counts and lists such nodes.

Tensors have at most eight axes and fewer than 2^31 values. Floats (f32, f16, bf16, f64) are stored in the session's precision,
f32 or f16, and summed in f32. In f16, results beyond 65504 are stored as 65504; nodes whose constants show that they exceed f16
are computed in f32. Integers and booleans are i32 on the device. A *parameter* must be constant, or computable from shapes alone,
when the network is planned. Values that depend only on constants and shapes are computed on the host at that time, with 64-bit
integers.

Extents of 0 are allowed in every tensor. A tensor without values never reaches the device: an operator without input values gives
an output without values, Concat skips such inputs, and sums, products and extremes of no values are 0, 1, and −inf or inf (for
integers, the smallest or largest of the type). The mean of no floats is NaN. Refused are ArgMax and ArgMin along an extent of 0,
the mean of no integers, weights without values, and Resize, Conv, ConvTranspose and pools that would compute pixels from none.

**Integers.** A constant beyond 32 bits that the device would read is refused with its node, unless only comparisons, Min, Max or
Clip read it: their results are exact. A network is also refused if constants and shapes show that results may need more than 32
bits. If nothing is known about an input, results wrap at 32 bits. Quotient and remainder (Mod) of a division by 0 are 0; a constant
divisor of 0 is refused. A Cast from floats truncates: values beyond 32 bits become the nearest 32-bit integer, and NaN becomes 0,
or true as a boolean.

**Quantised networks** become operators on floats, in which bytes are exact ([quantization.md](quantization.md)). Sums of products of
integers are those of 32-bit integers. Integers of other types than u8 and i8, and i32 for biases, are refused.

**Infinities and NaN** give the same results on every device. In f16, values above 65504 in magnitude, including infinities, are
stored as 65504 with their sign, whether they are inputs, constants or computed; NaN stays NaN. IsInf reads inputs of the network
in f32, and finds their infinities, but no infinities that are stored in f16. Functions of one value, Min, Max,
Clip, max pools, ReduceMax and ReduceMin give NaN if a value is NaN. ArgMax, ArgMin and the indices of max pools point to the first
NaN, or to the last with select_last_index. Comparisons with NaN are false. Softmax and LogSoftmax give NaN for a row that contains
NaN or +infinity, or only -infinity; a row that contains only the lowest float is uniform. ReduceLogSumExp gives NaN if a value is
NaN, otherwise +infinity if a value is +infinity, and -infinity if all are. Log and ReduceLogSum are NaN for negative numbers and
-infinity for 0. Pow is C's pow, and fmod is C's fmod, exactly. Convolutions by Winograd's method spread a NaN or an infinity over
its tile. Convolutions whose groups are not multiples of four channels spread it over the groups that share a block of four channels
with its own. Kernels that multiply in f16, as on AMD and Adreno, give infinity for a product beyond 65504, and NaN if one of four
products is +infinity and another -infinity; `--half-products never` keeps to f32.

)";

namespace {

constexpr const char* all_attributes = "";
constexpr const char* spatial = "floats; 1 to 3 spatial axes";

const Note table[] = {
    // Convolutions, pools, resizing.
    {"Conv", "Conv", "floats; 1 to 3 spatial axes; any kernel, stride, dilation, groups, pads, auto_pad; bias",
     "kernel, stride and dilation are bounded by 2^15"},
    {"ConvTranspose", "ConvTranspose",
     "floats; 1 to 3 spatial axes; any kernel, stride, dilation, groups, pads, auto_pad, output_padding, output_shape; "
     "bias",
     all_attributes},
    {"MaxPool", "Pool",
     "floats, for maxima 8-bit integers too; 1 to 3 spatial axes; stride, dilation, pads, auto_pad, ceil_mode, "
     "count_include_pad, storage_order, p",
     all_attributes},
    {"GlobalAveragePool", "Reduce", spatial, "GlobalLpPool: p of 1 or 2"},
    {"MaxUnpool", "MaxUnpool",
     "floats; 1 to 3 spatial axes; indices alone say where values go, flat over the output; of several values with one "
     "index the last in row-major order counts; computed indices outside the output are ignored",
     "output_shape is a parameter; constant indices lie in the output"},
    {"Resize", "Resize",
     "floats; 1 to 3 spatial axes; nearest (every nearest_mode), linear and cubic; every "
     "coordinate_transformation_mode; antialias; every keep_aspect_ratio_policy",
     "roi, scales and sizes are parameters; batch and channels keep their size"},
    {"Upsample", "Resize", "as Resize before opset 10", "scales is a parameter"},
    {"GridSample", "GridSample",
     "floats; 2 or 3 spatial axes; linear, nearest and cubic; every padding_mode; coordinates are f32, and NaN is far "
     "outside",
     all_attributes},
    {"AffineGrid", "AffineGrid", "floats; 2 or 3 spatial axes; computed in f32", "size is a parameter"},
    {"DeformConv", "DeformColumns",
     "floats; 2 spatial axes; any kernel, stride, dilation, pads, group, offset_group; mask; bias; offsets are f32, "
     "and "
     "NaN is outside",
     "weights and bias are parameters, and the weights' shape is in the file or in kernel_shape"},
    {"Col2Im", "Col2im", "floats; 1 to 3 spatial axes; any stride, dilation, pads",
     "image_shape and block_shape are parameters"},
    // Normalisation.
    {"BatchNormalization", "BatchNormalization", "floats; ranks 2 to 5", "inference only"},
    {"InstanceNormalization", "InstanceNormalization", spatial, all_attributes},
    {"LayerNormalization", "LayerNormalization", "floats; any axis; mean and deviation of LayerNormalization",
     all_attributes},
    {"GroupNormalization", "InstanceNormalization", "floats; scale and bias of each group (opset 18) or channel (21)",
     all_attributes},
    {"MeanVarianceNormalization", "Reduce and Binary", "floats; any axes", all_attributes},
    {"LpNormalization", "LayerNormalization", "floats; any axis", "p of 1 or 2"},
    {"LRN", "Lrn", spatial, all_attributes},
    // Elementwise.
    {"Swish", "Unary and Binary", "floats", all_attributes},
    {"IsInf", "Binary", "floats", all_attributes},
    {"IsNaN", "Cast", "floats", all_attributes},
    {"Relu", "Unary", "floats; Abs, Neg and Sign integers too; Not: booleans", all_attributes},
    {"Clip", "Unary", "floats and integers", "min and max are parameters"},
    {"Gelu", "Unary", "floats; by erf or by tanh", all_attributes},
    {"Dropout", "Unary", "anything; it is dropped", "training_mode is false, or ratio is 0; no mask"},
    {"Add", "Binary", "two floats, two integers or two booleans, with broadcasting; BitwiseAnd, Or, Xor: integers",
     all_attributes},
    {"BitShift", "Binary", "integers, with broadcasting", "no 16-bit integers, no unsigned integers of 32 or 64 bits"},
    {"BitwiseNot", "Binary", "integers", "no 16-bit integers, no unsigned integers of 32 or 64 bits"},
    {"Mod", "Binary", "floats (fmod 1) and integers, with broadcasting", all_attributes},
    {"Sum", "Binary",
     "any number of floats, or of integers but for Mean, with broadcasting; one Binary for each but the first",
     all_attributes},
    {"Where", "Where", "a boolean and two tensors of one type, with broadcasting", all_attributes},
    {"Cast", "Cast", "between floats, integers and booleans", "no strings, complex numbers or 8-bit floats"},
    {"CastLike", "Cast", "between floats, integers and booleans", "no strings, complex numbers or 8-bit floats"},
    // Movement.
    {"Concat", "Concat", "any axis", all_attributes},
    {"Split", "Split", "any axis", "split is a parameter"},
    {"Slice", "Slice", "any axes and steps, also backwards", "all but x are parameters"},
    {"Pad", "Pad", "constant, reflect, edge and wrap; negative pads crop",
     "all but x are parameters; wrap does not crop an axis at one end and pad it at the other"},
    {"CenterCropPad", "Pad", "any axes", "shape is a parameter"},
    {"Trilu", "Where", "anything; k may be computed", all_attributes},
    {"ReverseSequence", "Gather", "anything; lengths may be computed", all_attributes},
    {"OneHot", "Where", "indices and values may be computed; any axis", "depth is a parameter"},
    {"EyeLike", "Cast", "rank 2", all_attributes},
    {"Transpose", "Transpose", "any permutation", all_attributes},
    {"Reshape", "Reshape", "any ranks up to 8", "shape and axes are parameters"},
    {"Expand", "Expand", "any ranks up to 8", "shape is a parameter"},
    {"Tile", "Tile", "any ranks up to 8", "repeats is a parameter"},
    {"Gather", "Gather", "any axis; indices of any rank, computed ones too", "the result has at most eight axes"},
    {"GatherElements", "GatherElements", "anything; any axis; constant or computed indices", all_attributes},
    {"GatherND", "GatherNd", "anything; any batch_dims; constant or computed indices",
     "the result has at most eight axes"},
    {"ScatterElements", "ScatterElements",
     "anything; any axis; of several updates of one place the last counts, or all are combined in their order; "
     "computed "
     "indices outside of the axis write nothing",
     "reductions: floats and 32-bit integers"},
    {"ScatterND", "ScatterNd", "as ScatterElements, with tuples of indices", "reductions: floats and 32-bit integers"},
    {"Compress", "NonZero", "anything; any axis, or all values; the number of entries is found on the device",
     all_attributes},
    {"DepthToSpace", "DepthToSpace", "rank 4; DCR and CRD", all_attributes},
    {"SpaceToDepth", "SpaceToDepth", "rank 4", all_attributes},
    // Reductions and matrix products.
    {"Softmax", "Softmax", "floats; any axis; before opset 13 over all axes from `axis` on", all_attributes},
    {"Hardmax", "ArgReduce", "floats; any axis; before opset 13 over all axes from `axis` on", all_attributes},
    {"ArgMax", "ArgReduce", "floats and integers; any axis; select_last_index", all_attributes},
    {"TopK", "TopK",
     "floats and integers; any axis; NaN counts as the largest value; equal values in the order of indices",
     "k is a parameter"},
    {"CumSum", "CumSum", "floats, computed in f32, and integers; any axis; exclusive and reverse",
     "axis is a parameter"},
    {"Unique", "TopK", "anything that TopK sorts; sorted or in the order of first occurrences; each NaN is unique",
     "no axis"},
    {"NonZero", "NonZero",
     "anything; the number of columns is found on the device, or on the host for constants; NaN is not 0",
     "at least one axis"},
    {"ReduceMean", "Reduce", "floats; mean, sum, max, min, prod, squares and l1 of integers too; any axes",
     "axes is a parameter"},
    {"MatMul", "MatMul", "floats; any ranks up to 8, with broadcasting of what is not a matrix", all_attributes},
    {"Gemm", "Gemm", "floats", all_attributes},
    {"Einsum", "MatMul, or Binary and Reduce",
     "floats and integers; any number of operands, ellipses, implied results, repeated letters (diagonals); a product "
     "of floats with a sum is a MatMul",
     "values between have at most six axes"},
    {"Attention", "MatMul and Softmax",
     "floats; 3 and 4 axes; heads that share keys, masks of booleans and floats, is_causal, softcap, keys and values "
     "of the past; a query that sees no key gives 0",
     "in f16, a float mask that leaves a query no key gives the mean of the values"},
    {"RotaryEmbedding", "Binary", "floats; 3 and 4 axes", all_attributes},
    {"NegativeLogLikelihoodLoss", "Where and Reduce", "floats; weights, ignore_index, every reduction", all_attributes},
    {"SoftmaxCrossEntropyLoss", "Softmax, Where and Reduce", "floats; weights, ignore_index, every reduction",
     all_attributes},
    {"LSTM", "Recurrent",
     "floats, computed in f32; every direction, activation and layout; bias, initial states, peepholes, clip, "
     "input_forget, linear_before_reset; one matrix product for the inputs of all steps",
     "recurrent weights, their bias, sequence_lens and peepholes are parameters"},
    // Operators of ONNX Runtime's optimiser.
    {"BiasGelu", "Unary", "floats", all_attributes, "com.microsoft"},
    {"QuickGelu", "Unary and Binary", "floats", all_attributes, "com.microsoft"},
    {"SkipLayerNormalization", "LayerNormalization", "floats; the sum as an output", "no mean, no deviation",
     "com.microsoft"},
    {"FusedConv", "Conv", "as Conv; a summand; Relu, Sigmoid, Tanh, LeakyRelu, HardSigmoid and Clip as activation",
     "as Conv", "com.microsoft"},
    {"FusedGemm", "Gemm", "as Gemm; the activations of FusedConv", all_attributes, "com.microsoft"},
    {"FusedMatMul", "MatMul", "floats; alpha and every transposition", "at least two axes", "com.microsoft"},
    // Quantised networks.
    {"QuantizeLinear", "Binary, Unary",
     "x of floats or i32; u8 and i8; a scale for all of x, or for each entry of an axis",
     "the zero point is a constant, an input of the graph or a Cast, so that its type is known; block_size of 0"},
    {"DequantizeLinear", "Binary",
     "u8, i8 and i32; a scale for all of x, for each entry of an axis, or for blocks of it",
     "blocks only of constants"},
    {"DynamicQuantizeLinear", "Reduce, Binary, Unary", "floats; the scale of zeros alone is 2^-126", all_attributes},
    {"ConvInteger", "Conv", "u8 and i8; as Conv", "w is a parameter, or an input of the graph with a known shape"},
    {"MatMulInteger", "MatMul", "u8 and i8; a zero point for each row of a and column of b too", all_attributes},
    {"QLinearConv", "Conv", "u8 and i8; as Conv; a scale of w for each output channel; bias", "as ConvInteger"},
    {"QLinearMatMul", "MatMul", "u8 and i8; as MatMulInteger", all_attributes},
    {"QLinearAdd", "Binary", "u8 and i8, with broadcasting", all_attributes, "com.microsoft"},
    {"QLinearSigmoid", "Unary", "u8 and i8", all_attributes, "com.microsoft"},
    {"QLinearAveragePool", "Pool", "u8 and i8; as AveragePool", "channels_last of 0", "com.microsoft"},
    {"QLinearGlobalAveragePool", "Reduce", "u8 and i8", "channels_last of 0", "com.microsoft"},
    {"QLinearSoftmax", "Softmax", "u8 and i8", all_attributes, "com.microsoft"},
    {"QLinearConcat", "Concat", "u8 and i8, each with its scale", all_attributes, "com.microsoft"},
    // Subgraphs.
    {"If", "If",
     "the branch that is taken is planned; the other one must have operators that are read, whatever its shapes",
     "the condition is a parameter, or asks whether a tensor has entries whose number the device finds, and the branch "
     "for none returns no entries"},
    {"Loop", "Loop", "every turn is planned",
     "the number of turns and the condition of each turn are parameters; results of no turns are refused"},
    {"Scan", "Loop", "every slice is planned; all axes and directions", "results of no slices are refused"},
    {"SequenceMap", "Loop", "every tensor is planned", all_attributes},
    // Sequences.
    {"SequenceConstruct", "TensorSequence",
     "tensors of one type; lists that are known when the network is planned, also as variables of a Loop and results "
     "of an If",
     "no inputs or outputs of a model"},
    {"SequenceEmpty", "TensorSequence", "as SequenceConstruct", "dtype is ignored"},
    {"SequenceInsert", "TensorSequence", "as SequenceConstruct", "position is a parameter"},
    {"SequenceErase", "TensorSequence", "as SequenceConstruct", "position is a parameter"},
    {"SequenceAt", "TensorSequence", "as SequenceConstruct", "position is a parameter"},
    {"SequenceLength", "TensorSequence", "as SequenceConstruct", all_attributes},
    {"SplitToSequence", "TensorSequence", "anything; keepdims", "split is a parameter"},
    {"ConcatFromSequence", "TensorSequence", "as Concat; new_axis", "at least one tensor"},
    {"Optional", "Unary or TensorSequence", "a tensor, a sequence or nothing", "no inputs or outputs of a model"},
    {"OptionalGetElement", "Unary", "as Optional", all_attributes},
    {"OptionalHasElement", "TensorSequence", "as Optional", all_attributes},
    // Detection.
    {"NonMaxSuppression", "NonMaxSuppression",
     "exactly the greedy result; equal scores in the order of their indices; boxes whose score is NaN are dropped",
     "max_output_boxes_per_class, iou_threshold and score_threshold are parameters; iou_threshold is from 0 to 1"},
    {"RoiAlign", "RoiAlign",
     "floats; avg and max; every coordinate_transformation_mode; boxes that are not finite, or exceed 2^20 pixels of "
     "the map, give zeros",
     "sampling_ratio is at most 4096"},
    {"MaxRoiPool", "RoiPool",
     "floats; bounds of bins are exact fractions, rounded outwards; boxes that are not finite, or exceed 2^20 pixels "
     "of "
     "the map, give zeros",
     all_attributes},
    // Shape arithmetic: on the host, when the network is planned.
    {"Constant", "–", "numbers and booleans; it becomes a constant of the graph", "no strings, no sparse tensors"},
    {"ConstantOfShape", "ConstantOfShape", "on the host", "shape is a parameter"},
    {"Shape", "ShapeOf", "on the host, of anything", all_attributes},
    {"Range", "Range", "on the host", "all are parameters"},
    {"HannWindow", "Range and Unary", "on the host", "size is a parameter"},
    {"DFT", "MatMul", "floats; any axis but the last; onesided",
     "dft_length and axis are parameters; not inverse and onesided"},
    {"STFT", "Gather and MatMul", "floats; with and without a window", "frame_step and frame_length are parameters"},
};

} // namespace

std::span<const Note> notes()
{
    return table;
}

} // namespace vkseg::test
