// Sequences of tensors and optional values, which are planned away.
#include "formats/onnx/operators.hpp"

namespace vkseg::onnx {
namespace {

void read_sequence_empty(NodeReader& node)
{
    node.ignore("dtype");
    node.emit(TensorSequence{.kind = SequenceKind::construct});
}

template <SequenceKind kind>
void read_sequence(NodeReader& node)
{
    node.emit(TensorSequence{.kind = kind});
}

void read_split_to_sequence(NodeReader& node)
{
    node.emit(TensorSequence{
        .kind = SequenceKind::split, .axis = node.integer("axis", 0), .keep_dims = node.flag("keepdims", true)});
}

void read_concat_from_sequence(NodeReader& node)
{
    node.emit(TensorSequence{
        .kind = SequenceKind::concat, .axis = node.required_integer("axis"), .is_stack = node.flag("new_axis", false)});
}

/// An optional value that is there is read as the value itself.
void read_optional(NodeReader& node)
{
    node.ignore("type");
    if (node.has_input(0))
        node.emit(Unary{.kind = UnaryKind::identity});
    else
        node.emit(TensorSequence{.kind = SequenceKind::none});
}

void read_optional_get_element(NodeReader& node)
{
    node.emit(Unary{.kind = UnaryKind::identity});
}

constexpr OperatorReader sequence_readers[] = {
    {"ConcatFromSequence", read_concat_from_sequence},
    {"Optional", read_optional, 0, 1},
    {"OptionalGetElement", read_optional_get_element},
    {"OptionalHasElement", read_sequence<SequenceKind::has_value>, 0, 1},
    {"SequenceAt", read_sequence<SequenceKind::element>, 2, 2},
    {"SequenceConstruct", read_sequence<SequenceKind::construct>, 1, unlimited},
    {"SequenceEmpty", read_sequence_empty, 0, 0},
    {"SequenceErase", read_sequence<SequenceKind::erase>, 1, 2},
    {"SequenceInsert", read_sequence<SequenceKind::insert>, 2, 3},
    {"SequenceLength", read_sequence<SequenceKind::length>},
    {"SplitToSequence", read_split_to_sequence, 1, 2},
};

} // namespace

std::span<const OperatorReader> sequence_operators()
{
    return sequence_readers;
}

} // namespace vkseg::onnx
