#pragma once

#include "base/mapped_file.hpp"
#include "formats/onnx/proto.hpp"
#include "vkseg/tensor.hpp"

#include <map>

namespace vkseg::onnx {

/// Turns TensorProtos into Tensors that share the bytes of the model file or, in large models, of external data files.
class TensorReader
{
public:
    /// `file` holds the protos that read() will get.
    TensorReader(std::filesystem::path directory, FileBytes file)
        : directory_(std::move(directory)), file_(std::move(file))
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
    Result<FileBytes> open_beside_model(std::string_view location);

    std::filesystem::path directory_;
    FileBytes file_;
    std::map<std::string, FileBytes, std::less<>> files_;
    std::map<std::string, size_t, std::less<>> external_bytes_; ///< total bytes read by all tensors, by file
};

/// Returns the DType of an ONNX type; fails with unsupported and the name of the type if there is none.
Result<DType> data_type(DataType type);

} // namespace vkseg::onnx
