#pragma once

#include "formats/tflite/schema.hpp"

#include <string>
#include <vector>

/// Writes TensorFlow Lite files of one graph.
namespace vkseg::test {

namespace tfl = vkseg::tflite::schema;

class TfliteWriter
{
public:
    using Shape = std::vector<int32_t>;

    /// Adds a tensor that is an input or computed, and returns its index.
    int tensor(const std::string& name, const Shape& shape, tfl::TensorType type = tfl::TensorType::FLOAT32)
    {
        return add(name, shape, type, 0);
    }
    /// Adds a constant.
    template <class T>
    int constant(const Shape& shape, const std::vector<T>& values, tfl::TensorType type)
    {
        const auto* const bytes = reinterpret_cast<const uint8_t*>(values.data());
        builder_.ForceVectorAlignment(values.size() * sizeof(T), 1, 16);
        buffers_.push_back(tfl::CreateBuffer(builder_, builder_.CreateVector(bytes, values.size() * sizeof(T))));
        return add("constant", shape, type, uint32_t(buffers_.size() - 1));
    }
    int floats(const Shape& shape, const std::vector<float>& values)
    {
        return constant(shape, values, tfl::TensorType::FLOAT32);
    }
    int integers(const Shape& shape, const std::vector<int32_t>& values)
    {
        return constant(shape, values, tfl::TensorType::INT32);
    }
    /// Quantises the tensors that are added next; no scales: none.
    void quantize(const std::vector<float>& scales = {}, const std::vector<int64_t>& zero_points = {}, int axis = 0)
    {
        scales_ = scales;
        zero_points_ = zero_points;
        axis_ = axis;
    }

    /// Adds a node, with options that `builder()` made.
    void node(tfl::BuiltinOperator type, const std::vector<int32_t>& inputs, const std::vector<int32_t>& outputs,
              tfl::BuiltinOptions kind = tfl::BuiltinOptions::NONE, flatbuffers::Offset<void> options = 0)
    {
        // Old readers know the operator by the first field, of one byte.
        const auto old = int8_t(std::min(type, tfl::BuiltinOperator::PLACEHOLDER_FOR_GREATER_OP_CODES));
        codes_.push_back(tfl::CreateOperatorCode(builder_, old, 0, 1, type));
        add_node(inputs, outputs, kind, options, 0);
    }
    /// Adds a custom operator with options of 32-bit integers.
    void custom(const std::string& type, const std::vector<int32_t>& inputs, const std::vector<int32_t>& outputs,
                const std::vector<int32_t>& options = {})
    {
        codes_.push_back(tfl::CreateOperatorCode(builder_, int8_t(tfl::BuiltinOperator::CUSTOM),
                                                 builder_.CreateString(type), 1, tfl::BuiltinOperator::CUSTOM));
        const auto* const bytes = reinterpret_cast<const uint8_t*>(options.data());
        add_node(inputs, outputs, tfl::BuiltinOptions::NONE, 0,
                 builder_.CreateVector(bytes, options.size() * sizeof(int32_t)));
    }
    flatbuffers::FlatBufferBuilder& builder() { return builder_; }

    /// Ends the file.
    std::string bytes(const std::vector<int32_t>& inputs, const std::vector<int32_t>& outputs, uint32_t version = 3)
    {
        const auto graph = tfl::CreateSubGraph(builder_, builder_.CreateVector(tensors_), builder_.CreateVector(inputs),
                                               builder_.CreateVector(outputs), builder_.CreateVector(nodes_),
                                               builder_.CreateString("main"));
        const std::vector<flatbuffers::Offset<tfl::SubGraph>> graphs = {graph};
        tfl::FinishModelBuffer(
            builder_, tfl::CreateModel(builder_, version, builder_.CreateVector(codes_), builder_.CreateVector(graphs),
                                       builder_.CreateString("written by a test"), builder_.CreateVector(buffers_)));
        return std::string(reinterpret_cast<const char*>(builder_.GetBufferPointer()), builder_.GetSize());
    }

private:
    int add(const std::string& name, const Shape& shape, tfl::TensorType type, uint32_t buffer)
    {
        flatbuffers::Offset<tfl::QuantizationParameters> quantization = 0;
        if (!scales_.empty())
            quantization = tfl::CreateQuantizationParameters(builder_, 0, 0, builder_.CreateVector(scales_),
                                                             builder_.CreateVector(zero_points_), 0, axis_);
        tensors_.push_back(tfl::CreateTensor(builder_, builder_.CreateVector(shape), type, buffer,
                                             builder_.CreateString(name), quantization, false, 0, 0, true));
        return int(tensors_.size() - 1);
    }
    void add_node(const std::vector<int32_t>& inputs, const std::vector<int32_t>& outputs, tfl::BuiltinOptions kind,
                  flatbuffers::Offset<void> options, flatbuffers::Offset<flatbuffers::Vector<uint8_t>> custom_options)
    {
        nodes_.push_back(tfl::CreateOperator(builder_, uint32_t(codes_.size() - 1), builder_.CreateVector(inputs),
                                             builder_.CreateVector(outputs), kind, options, custom_options));
    }

    flatbuffers::FlatBufferBuilder builder_;
    std::vector<flatbuffers::Offset<tfl::Buffer>> buffers_ = {tfl::CreateBuffer(builder_)};
    std::vector<flatbuffers::Offset<tfl::Tensor>> tensors_;
    std::vector<flatbuffers::Offset<tfl::OperatorCode>> codes_;
    std::vector<flatbuffers::Offset<tfl::Operator>> nodes_;
    std::vector<float> scales_;
    std::vector<int64_t> zero_points_;
    int axis_ = 0;
};

} // namespace vkseg::test
