// Prints docs/tflite.md: what the reader of TensorFlow Lite accepts, from its own table.
#include "formats/tflite/operators.hpp"

#include <cstdio>
#include <map>

namespace vkseg::test {
namespace {

/// Note on the operators that are read in one way, of which it names one.
struct TfliteNote
{
    const char* op_type;
    const char* limits;
};

constexpr TfliteNote tflite_notes[] = {
    {"CONV_2D", "groups by the number of input channels; weights may be computed"},
    {"DEPTHWISE_CONV_2D", "any multiplier"},
    {"TRANSPOSE_CONV", "height and width of the output constant, or stated by the file"},
    {"MAX_POOL_2D", ""},
    {"RESIZE_BILINEAR", ""},
    {"RESIZE_NEAREST_NEIGHBOR", ""},
    {"Convolution2DTransposeBias", "MediaPipe's; height and width of the output as the file states"},
    {"MaxPoolingWithArgmax2D", "MediaPipe's; indices for MaxUnpooling2D only"},
    {"MaxUnpooling2D", "MediaPipe's; windows of the pool that gives the indices, side by side, which fill its input"},
    {"ABS", ""},
    {"GELU", ""},
    {"LEAKY_RELU", ""},
    {"RSQRT", ""},
    {"SQUARE", ""},
    {"SQUARED_DIFFERENCE", ""},
    {"ADD", "fused activations of ADD, SUB, MUL and DIV"},
    {"NOT_EQUAL", ""},
    {"ADD_N", ""},
    {"SELECT", "no condition for each entry of the batch"},
    {"CAST", ""},
    {"DEQUANTIZE", ""},
    {"QUANTIZE", "quantised values stay real numbers, rounded to the scale's steps"},
    {"CONCATENATION", ""},
    {"SPLIT", "axis and sizes constant; no size of -1"},
    {"PACK", ""},
    {"UNPACK", ""},
    {"PAD", "paddings constant; MIRROR_PAD SYMMETRIC by at most 1"},
    {"RESHAPE", ""},
    {"SQUEEZE", ""},
    {"EXPAND_DIMS", "axis constant"},
    {"TRANSPOSE", "perm constant; moving channels first or last mostly costs nothing"},
    {"STRIDED_SLICE", "begin, end and strides constant; no ellipsis_mask, no new_axis_mask"},
    {"SLICE", "begin and size constant"},
    {"TILE", "multiples constant"},
    {"BROADCAST_TO", ""},
    {"FILL", ""},
    {"GATHER", "no batch_dims"},
    {"DEPTH_TO_SPACE", ""},
    {"SPACE_TO_DEPTH", ""},
    {"SHAPE", ""},
    {"MEAN", "axes constant"},
    {"SOFTMAX", ""},
    {"ARG_MAX", "axis constant"},
    {"L2_NORMALIZATION", ""},
    {"FULLY_CONNECTED", "no shuffled weights"},
    {"BATCH_MATMUL", ""},
};

constexpr const char* introduction = R"(# TensorFlow Lite

This page is printed by `vkseg_tflite_table`; `scripts/generate_operator_table.sh` writes it anew.

```sh
vkseg segment samples/models/selfie.tflite photo.jpg -o out
```

`load_model` and the program tell TensorFlow Lite files from others by their first bytes. A file runs whole on the device, or is
refused with one message that lists every node in the way. selfie.tflite gives what its conversion to ONNX gives, up to 2e-5.

- **Shapes.** Inputs and outputs keep the shapes of the file, 1×H×W×C for pictures; `Segmenter` finds the layout from them. Inside,
  pictures have their channels first: the reader orders weights anew and adds transpositions only where a graph begins, ends or
  reshapes. Extents that `shape_signature` leaves open are open in the graph, too.
- **Names** of inputs and outputs are those of their tensors. A name that is missing or taken becomes `tensor N`.
- **f16.** Constants that DEQUANTIZE widens are read from the file as f16 where they are weights.
- **Quantised tensors** (INT8, UINT8 and INT16 with a scale; INT32 biases) are real numbers in the graph. Constants become floats when
  they are read. Results are rounded to the steps of their scale and clipped to the range of their type, so that they differ from
  TensorFlow Lite's by the rounding of its integer arithmetic: mostly nothing, sometimes a step. Inputs and outputs are integers as in
  the file; INT16 is not supported there. Nothing is computed in 8 bits, so such files take no less time or memory than others.
- **Dynamic range quantisation** (weights in INT8, activations in floats): activations stay floats, which is more precise than
  TensorFlow Lite's own arithmetic.
- **Not read**: metadata (labels, normalisation) and signatures; a [description](model_description.md) in `NAME.json` says what a
  picture becomes and what the classes are. Only the first graph of a file is read.
- **Not supported**: sparse constants, variables, control flow, types of less than 8 bits, strings.

The accessors of the format come from `lib/formats/tflite/schema.fbs` by FlatBuffers' compiler, `flatc`, when vkseg is built.
`-DVKSEG_TFLITE=OFF` leaves the reader out.

| operators | limits |
|---|---|
)";

using TfliteReader = void (*)(tflite::NodeReader&);

const tflite::OperatorReader* find_row(const char* op_type)
{
    const tflite::OperatorReader* const row = tflite::find_operator(op_type, false);
    return row == nullptr ? tflite::find_operator(op_type, true) : row;
}

bool print_tflite_operators()
{
    std::map<TfliteReader, std::string> names;
    for (const tflite::OperatorReader& row : tflite::operators())
    {
        std::string& list = names[row.read];
        list += (list.empty() ? "" : ", ") + std::string(row.op_type);
    }
    bool is_complete = true;
    std::string unlimited_names;
    for (const TfliteNote& note : tflite_notes)
    {
        const tflite::OperatorReader* const row = find_row(note.op_type);
        if (row == nullptr || !names.contains(row->read))
        {
            std::fprintf(stderr, "tflite_table: the note on %s is of no operator that is read, or not the only one\n",
                         note.op_type);
            is_complete = false;
            continue;
        }
        if (*note.limits != '\0')
            std::printf("| %s | %s |\n", names[row->read].c_str(), note.limits);
        else
            unlimited_names += (unlimited_names.empty() ? "" : ", ") + names[row->read];
        names.erase(row->read);
    }
    std::printf("| %s | none |\n", unlimited_names.c_str());
    for (const auto& [reader, list] : names)
    {
        std::fprintf(stderr, "tflite_table: %s has no note\n", list.c_str());
        is_complete = false;
    }
    return is_complete;
}

} // namespace
} // namespace vkseg::test

int main()
{
    std::printf("%s", vkseg::test::introduction);
    return vkseg::test::print_tflite_operators() ? 0 : 1;
}
