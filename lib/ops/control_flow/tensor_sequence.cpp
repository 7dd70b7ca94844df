#include "ops/operators.hpp"
#include "ops/shape_rules.hpp"

namespace vkseg {
namespace {

struct SequenceFacts
{
    const char* name;
    size_t min_inputs;
    size_t max_inputs;
    size_t data_inputs; ///< the others are parameters
};

SequenceFacts facts_of(SequenceKind kind)
{
    switch (kind)
    {
    case SequenceKind::construct:
        return {"SequenceConstruct", 0, unlimited, unlimited};
    case SequenceKind::insert:
        return {"SequenceInsert", 2, 3, 2};
    case SequenceKind::erase:
        return {"SequenceErase", 1, 2, 1};
    case SequenceKind::element:
        return {"SequenceAt", 2, 2, 1};
    case SequenceKind::argument:
        return {"SequenceMap", 2, 2, 1};
    case SequenceKind::length:
        return {"SequenceLength", 1, 1, 1};
    case SequenceKind::split:
        return {"SplitToSequence", 1, 2, 1};
    case SequenceKind::concat:
        return {"ConcatFromSequence", 1, 1, 1};
    case SequenceKind::none:
        return {"Optional", 0, 0, 0};
    default:
        return {"OptionalHasElement", 0, 1, 1};
    }
}

Status unknown_parameter(SequenceKind kind)
{
    return host_only(kind == SequenceKind::split ? "the extents of a sequence's tensors"
                                                 : "the position in a sequence of tensors");
}

} // namespace

Signature signature(const TensorSequence& op)
{
    const SequenceFacts facts = facts_of(op.kind);
    return {.name = facts.name,
            .min_inputs = facts.min_inputs,
            .max_inputs = facts.max_inputs,
            .data_inputs = facts.data_inputs};
}

/// Planning replaces these nodes (lib/runtime/sequences.hpp) unless a parameter is not known.
Result<Outputs> infer(const TensorSequence& op, Inputs)
{
    return unknown_parameter(op.kind);
}

LayoutRule layout_rule(const TensorSequence&, Inputs)
{
    return LayoutRule::any;
}

Result<Plan> plan(const TensorSequence& op, const PlanRequest&)
{
    return unknown_parameter(op.kind);
}

} // namespace vkseg
