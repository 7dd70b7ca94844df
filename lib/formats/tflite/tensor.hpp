#pragma once

#include "base/mapped_file.hpp"
#include "formats/tflite/schema.hpp"
#include "vkseg/tensor.hpp"

/// Tensors of a TensorFlow Lite file.
namespace vkseg::tflite {

/// Type of the values that the graph computes with: quantised values become f32.
Result<DType> data_type(const schema::Tensor& tensor);

/// The type in the file; fails if vkseg has no such type.
Result<DType> stored_type(const schema::Tensor& tensor);

/// Shape as far as the file knows it: extents that may change are −1.
Result<Shape> declared_shape(const schema::Tensor& tensor);

/// True if the file gives the number of axes; older files give scalars and tensors of unknown rank alike.
bool has_rank(const schema::Tensor& tensor);

/// Affine quantisation: value = (stored − zero point) · scale.
struct Quantization
{
    float scale = 1;
    int64_t zero_point = 0;
    int64_t min = 0; ///< range of stored values
    int64_t max = 0;
};

/// True if the tensor holds integers that stand for real numbers.
bool is_quantized(const schema::Tensor& tensor);
/// Quantisation of a tensor that the network computes, which has one scale.
Result<Quantization> quantization_of(const schema::Tensor& tensor);

/// Reads constants. They point into the file, except quantised ones, which become f32.
class TensorReader
{
public:
    TensorReader(FileBytes file, const schema::Model& model) : file_(std::move(file)), model_(model) {}

    bool is_constant(const schema::Tensor& tensor) const;
    Result<Tensor> read(const schema::Tensor& tensor) const;
    size_t stored_size(const schema::Tensor& tensor) const; ///< bytes of a constant

private:
    Result<FileBytes> bytes_of(const schema::Buffer& buffer) const;

    FileBytes file_;
    const schema::Model& model_;
};

/// The tensor with axis permutation[i] of `tensor` as its axis i.
Tensor permuted(const Tensor& tensor, std::span<const size_t> permutation);

/// Text of a file, which may be missing.
inline std::string_view text_of(const flatbuffers::String* text)
{
    return text == nullptr ? std::string_view() : std::string_view(text->data(), text->size());
}

} // namespace vkseg::tflite
