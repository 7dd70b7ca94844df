#include "ops/matrix/einsum.hpp"

#include "base/invalid.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "ops/operators.hpp"
#include "ops/shape_rules.hpp"

#include <algorithm>

namespace vkseg {
namespace {

constexpr int first_ellipsis_label = 256; // after all letters

/// One term of the equation, without spaces: letters before and after an ellipsis.
struct EinsumTerm
{
    std::string before;
    std::string after;
    bool has_ellipsis = false;

    size_t letters() const { return before.size() + after.size(); }
};

Result<EinsumTerm> parse_term(std::string_view text)
{
    EinsumTerm term;
    for (size_t i = 0; i < text.size(); ++i)
    {
        const char c = text[i];
        if (text.substr(i).starts_with("...") && !term.has_ellipsis)
        {
            term.has_ellipsis = true;
            i += 2;
        }
        else if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
            (term.has_ellipsis ? term.after : term.before) += c;
        else
            return invalid("expected letters and at most one ellipsis in the term '" + printable(text) + "'");
    }
    return term;
}

struct EinsumEquation
{
    std::vector<EinsumTerm> operands;
    std::optional<EinsumTerm> output;
};

Result<EinsumEquation> parse_equation(std::string text)
{
    std::erase(text, ' ');
    EinsumEquation equation;
    std::string_view operands = text;
    if (const size_t arrow = operands.find("->"); arrow != std::string_view::npos)
    {
        VKSEG_ASSIGN(equation.output, parse_term(operands.substr(arrow + 2)));
        operands = operands.substr(0, arrow);
    }
    while (true)
    {
        const size_t comma = operands.find(',');
        VKSEG_ASSIGN(EinsumTerm term, parse_term(operands.substr(0, comma)));
        equation.operands.push_back(std::move(term));
        if (comma == std::string_view::npos)
            return equation;
        operands = operands.substr(comma + 1);
    }
}

/// The labels of a term whose ellipsis stands for a number of axes.
std::vector<int> labels_of(const EinsumTerm& term, size_t ellipsis_axes)
{
    std::vector<int> labels(term.before.begin(), term.before.end());
    for (size_t i = ellipsis_axes; i-- > 0;)
        labels.push_back(first_ellipsis_label + int(i));
    labels.insert(labels.end(), term.after.begin(), term.after.end());
    return labels;
}

/// The result of an equation without an arrow: the axes of the ellipsis, then the letters that occur once, sorted.
EinsumTerm implied_output(const EinsumEquation& equation)
{
    std::map<char, size_t> counts;
    EinsumTerm output;
    for (const EinsumTerm& term : equation.operands)
    {
        output.has_ellipsis = output.has_ellipsis || term.has_ellipsis;
        for (const char letter : term.before + term.after)
            ++counts[letter];
    }
    for (const auto& [letter, count] : counts)
    {
        if (count == 1)
            output.after += letter;
    }
    return output;
}

Status note_extents(const std::vector<int>& labels, const Shape& shape, std::map<int, int64_t>& extents)
{
    std::map<int, int64_t> own;
    for (size_t axis = 0; axis < labels.size(); ++axis)
    {
        const int label = labels[axis];
        const std::string letter = label < first_ellipsis_label ? std::string("'") + char(label) + "'" : "the ellipsis";
        const auto [seen, is_first] = own.emplace(label, shape[axis]);
        int64_t& extent = extents.emplace(label, shape[axis]).first->second;
        if (!is_first && seen->second != shape[axis])
            return invalid("the extents of " + letter + " in one operand differ: " + std::to_string(seen->second) +
                           " and " + std::to_string(shape[axis]));
        if (extent != shape[axis] && extent != 1 && shape[axis] != 1)
            return invalid("the extents of " + letter + " differ: " + std::to_string(extent) + " and " +
                           std::to_string(shape[axis]));
        if (extent == 1)
            extent = shape[axis];
    }
    return {};
}

} // namespace

Result<EinsumTerms> einsum_terms(const Einsum& op, Inputs inputs)
{
    VKSEG_ASSIGN(const EinsumEquation equation, parse_equation(op.equation));
    if (equation.operands.size() != inputs.size())
        return invalid("the equation '" + printable(op.equation) + "' has " +
                       counted(equation.operands.size(), "operand") + ", but the node has " +
                       counted(inputs.size(), "input"));
    EinsumTerms terms;
    size_t ellipsis_axes = 0;
    for (size_t i = 0; i < inputs.size(); ++i)
    {
        const EinsumTerm& term = equation.operands[i];
        const size_t rank = inputs[i].shape.rank();
        if (term.has_ellipsis ? rank < term.letters() : rank != term.letters())
            return invalid("operand " + std::to_string(i) + " has " + std::to_string(rank) +
                           (rank == 1 ? " axis" : " axes") + ", but its term in '" + printable(op.equation) + "' has " +
                           counted(term.letters(), "letter"));
        const size_t axes = rank - term.letters();
        ellipsis_axes = std::max(ellipsis_axes, axes);
        terms.operands.push_back(labels_of(term, axes));
        VKSEG_TRY(note_extents(terms.operands.back(), inputs[i].shape, terms.extents));
    }
    const EinsumTerm output = equation.output ? *equation.output : implied_output(equation);
    terms.output = labels_of(output, output.has_ellipsis ? ellipsis_axes : 0);
    for (auto label = terms.output.begin(); label != terms.output.end(); ++label)
    {
        if (!terms.extents.contains(*label) || std::find(terms.output.begin(), label, *label) != label)
            return invalid("the result of '" + printable(op.equation) +
                           "' may have only letters of the operands, and each once");
    }
    return terms;
}

Signature signature(const Einsum&)
{
    return {.name = "Einsum", .max_inputs = unlimited, .data_inputs = unlimited};
}

Result<Outputs> infer(const Einsum& op, Inputs inputs)
{
    VKSEG_TRY(check_given(inputs, inputs.size()));
    VKSEG_ASSIGN(const EinsumTerms terms, einsum_terms(op, inputs));
    Shape shape;
    for (const int label : terms.output)
    {
        if (shape.rank() == Shape::max_rank)
            return Status(StatusCode::unsupported,
                          "the result has more than " + std::to_string(Shape::max_rank) + " axes");
        shape.append(terms.extents.at(label));
    }
    for (const TensorInfo& input : inputs)
    {
        if (input.type == DType::boolean || is_float(input.type) != is_float(inputs[0].type))
            return invalid(std::string("operands must be floats or integers of one type, got ") + name(inputs[0].type) +
                           " and " + name(input.type));
    }
    return single_output(inputs[0].type, shape);
}

/// Nodes are replaced by others (lib/runtime/expand_einsum.hpp) when their shapes are known.
LayoutRule layout_rule(const Einsum&, Inputs)
{
    return LayoutRule::any;
}

Result<Plan> plan(const Einsum&, const PlanRequest&)
{
    return host_only("the equation");
}

} // namespace vkseg
