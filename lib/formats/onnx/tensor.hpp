#pragma once

#include "base/mapped_file.hpp"
#include "formats/onnx/proto.hpp"
#include "vkseg/tensor.hpp"

#include <functional>
#include <map>

namespace vkseg::onnx {

/// Turns TensorProtos into Tensors that share the bytes of the model file or, in large models, of external data files.
class TensorReader
{
public:
    /// `file` holds the protos that read() will get; `external_data` opens files of external data; if it is
    /// empty, tensors with such data fail.
    TensorReader(FileBytes file, std::function<Result<FileBytes>(std::string_view location)> external_data)
        : file_(std::move(file)), external_data_(std::move(external_data))
    {}

    /// Reads a tensor. vkseg must support its type and shape, and the data must have exactly the size of these.
    /// Messages name the tensor.
    Result<Tensor> read(const TensorProto& proto);

private:
    struct Description
    {
        DType type = DType::f32;
        Shape shape;
        size_t bytes = 0;
    };

    static Result<Description> describe(const TensorProto& proto);
    Result<Tensor> read_data(const TensorProto& proto, const Description& description);
    Result<FileBytes> external_bytes(const TensorProto& proto, size_t size);

    FileBytes file_;
    std::function<Result<FileBytes>(std::string_view location)> external_data_;
    std::map<std::string, FileBytes, std::less<>> files_;
    std::map<std::string, size_t, std::less<>> external_bytes_; ///< total bytes read by all tensors, by file
};

/// Maps a file of external data in the model's directory; refuses locations that lead out of it.
Result<FileBytes> open_beside_model(const std::filesystem::path& directory, std::string_view location);

/// Returns the DType of an ONNX type; fails with unsupported and the name of the type if there is none.
Result<DType> data_type(DataType type);

} // namespace vkseg::onnx
