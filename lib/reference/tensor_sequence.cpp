#include "reference/evaluate.hpp"

#include "base/try.hpp"

#include <algorithm>

namespace vkseg::reference {
namespace {

// Evaluation passes only tensors on, so a sequence is a tensor of integers: a mark, the number of tensors (−1: an
// optional value that is missing), and for each tensor its type, rank, extents, and its bytes.
constexpr int64_t sequence_mark = 0x73657175656e6365;
constexpr int64_t missing_value = -1;

bool is_packed(const Tensor* tensor)
{
    return tensor != nullptr && tensor->type() == DType::i64 && tensor->shape().rank() == 1 &&
           tensor->elements() >= 2 && tensor->to_integers()[0] == sequence_mark;
}

Tensor packed(std::vector<int64_t> integers)
{
    const auto count = int64_t(integers.size());
    return Tensor::from_integers({count}, std::move(integers));
}

Tensor packed_sequence(const Tensors& tensors)
{
    std::vector<int64_t> integers = {sequence_mark, int64_t(tensors.size())};
    for (const Tensor& tensor : tensors)
    {
        integers.push_back(int64_t(tensor.type()));
        integers.push_back(int64_t(tensor.shape().rank()));
        integers.insert(integers.end(), tensor.shape().begin(), tensor.shape().end());
        for (const std::byte value : tensor.bytes())
            integers.push_back(int64_t(value));
    }
    return packed(std::move(integers));
}

Result<Tensors> unpacked_sequence(const Tensor* tensor)
{
    if (!is_packed(tensor))
        return Status(StatusCode::invalid_model, "expected a sequence of tensors");
    const std::vector<int64_t> integers = tensor->to_integers();
    Tensors tensors;
    size_t at = 2;
    for (int64_t i = 0; i < integers[1]; ++i)
    {
        const auto type = DType(integers[at]);
        const auto rank = size_t(integers[at + 1]);
        const Shape shape(std::span<const int64_t>(integers.data() + at + 2, rank));
        at += 2 + rank;
        std::vector<std::byte> bytes(size_t(shape.elements()) * size_bytes(type));
        for (std::byte& value : bytes)
            value = std::byte(integers[at++]);
        tensors.push_back(Tensor::from_bytes(type, shape, std::move(bytes)));
    }
    return tensors;
}

/// The position that input `input` gives, from 0 to `end` exclusive; the last of these if there is none.
Result<size_t> position_of(const Arguments& arguments, size_t input, int64_t count, int64_t end)
{
    const bool is_given = arguments.inputs.size() > input && arguments.inputs[input] != nullptr;
    const int64_t given = is_given ? arguments.inputs[input]->to_integers()[0] : end - 1;
    const int64_t position = given < 0 ? given + count : given;
    if (position < 0 || position >= end)
        return Status(StatusCode::invalid_model, "position " + std::to_string(given) + " is out of range");
    return size_t(position);
}

Result<Tensors> parts_of(const TensorSequence& op, const Arguments& arguments)
{
    const Tensor& x = *arguments.inputs[0];
    const bool has_extents = arguments.inputs.size() > 1 && arguments.inputs[1] != nullptr;
    const int64_t axis = op.axis < 0 ? op.axis + int64_t(x.shape().rank()) : op.axis;
    const int64_t extent = x.shape()[size_t(axis)];
    std::vector<int64_t> ends;
    if (has_extents && arguments.inputs[1]->shape().rank() == 1)
    {
        for (const int64_t part : arguments.inputs[1]->to_integers())
            ends.push_back((ends.empty() ? 0 : ends.back()) + part);
    }
    else
    {
        const int64_t step = has_extents ? arguments.inputs[1]->to_integers()[0] : 1;
        for (int64_t end = step; end < extent + step; end += step)
            ends.push_back(std::min(end, extent));
    }
    Tensors parts;
    int64_t begin = 0;
    for (const int64_t end : ends)
    {
        const Tensor* const whole[] = {&x};
        VKSEG_ASSIGN(Tensors part, evaluate(Op(Slice{.starts = {begin}, .ends = {end}, .axes = {axis}}), whole));
        if (!has_extents && !op.keep_dims)
        {
            const Tensor* const slice[] = {&part[0]};
            VKSEG_ASSIGN(Tensors squeezed, evaluate(Op(Reshape{.kind = ReshapeKind::squeeze, .axes = {axis}}), slice));
            part = std::move(squeezed);
        }
        parts.push_back(std::move(part[0]));
        begin = end;
    }
    return parts;
}

Result<Tensors> concatenated(const TensorSequence& op, Tensors tensors)
{
    std::vector<const Tensor*> inputs;
    for (Tensor& tensor : tensors)
    {
        if (op.is_stack)
        {
            const Tensor* const part[] = {&tensor};
            VKSEG_ASSIGN(Tensors row, evaluate(Op(Reshape{.kind = ReshapeKind::unsqueeze, .axes = {op.axis}}), part));
            tensor = std::move(row[0]);
        }
        inputs.push_back(&tensor);
    }
    if (inputs.empty())
        return Status(StatusCode::invalid_model, "an empty sequence");
    return evaluate(Op(Concat{.axis = op.axis}), inputs);
}

} // namespace

Result<Tensors> evaluate(const TensorSequence& op, const Arguments& arguments)
{
    const std::span<const Tensor* const> inputs = arguments.inputs;
    if (op.kind == SequenceKind::none)
        return Tensors{packed({sequence_mark, missing_value})};
    if (op.kind == SequenceKind::has_value)
    {
        const bool is_missing = inputs.empty() || inputs[0] == nullptr ||
                                (is_packed(inputs[0]) && inputs[0]->to_integers()[1] == missing_value);
        return Tensors{Tensor::from_bytes(DType::boolean, Shape{}, {std::byte(!is_missing)})};
    }
    Tensors tensors;
    if (op.kind == SequenceKind::construct)
    {
        for (const Tensor* tensor : inputs)
            tensors.push_back(*tensor);
        return Tensors{packed_sequence(tensors)};
    }
    if (op.kind == SequenceKind::split)
    {
        VKSEG_ASSIGN(tensors, parts_of(op, arguments));
        return Tensors{packed_sequence(tensors)};
    }
    if (op.kind == SequenceKind::argument && !is_packed(inputs[0]))
        return Tensors{*inputs[0]};
    VKSEG_ASSIGN(tensors, unpacked_sequence(inputs[0]));
    const auto count = int64_t(tensors.size());
    if (op.kind == SequenceKind::concat)
        return concatenated(op, std::move(tensors));
    if (op.kind == SequenceKind::length)
        return Tensors{Tensor::from_integers(Shape{}, {count})};
    if (op.kind == SequenceKind::insert)
    {
        VKSEG_ASSIGN(const size_t position, position_of(arguments, 2, count, count + 1));
        tensors.insert(tensors.begin() + std::ptrdiff_t(position), *inputs[1]);
        return Tensors{packed_sequence(tensors)};
    }
    if (op.kind == SequenceKind::element || op.kind == SequenceKind::argument)
    {
        VKSEG_ASSIGN(const size_t position, position_of(arguments, 1, count, count));
        return Tensors{tensors[position]};
    }
    VKSEG_ASSIGN(const size_t position, position_of(arguments, 1, count, count));
    tensors.erase(tensors.begin() + std::ptrdiff_t(position));
    return Tensors{packed_sequence(tensors)};
}

} // namespace vkseg::reference
