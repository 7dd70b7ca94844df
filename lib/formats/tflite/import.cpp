#include "formats/tflite/import.hpp"

#include "base/invalid.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "formats/tflite/operators.hpp"

#include <algorithm>
#include <set>

namespace vkseg::tflite {
namespace {

using flatbuffers::uoffset_t;

std::string tensor_label(const schema::SubGraph& graph, int tensor)
{
    return "tensor " + std::to_string(tensor) + " '" +
           printable(text_of(graph.tensors()->Get(uoffset_t(tensor))->name())) + "'";
}

class Importer
{
public:
    Importer(const schema::Model& model, const schema::SubGraph& source, const TensorReader& tensors, size_t file_bytes)
        : model_(model)
        , source_(source)
        , translation_{.source = source, .tensors = tensors, .max_copied_bytes = max_copies * file_bytes}
    {}

    Result<Graph> import();

private:
    static constexpr size_t max_copies = 64;

    Status check_indices() const;
    Status check_list(const flatbuffers::Vector<int32_t>* list, bool may_be_missing) const;
    Status add_constants();
    Status add_inputs();
    Result<ValueId> add_input(int tensor);
    Status read_node(const schema::Operator& proto);
    Status describe_output(Value& value, const schema::Tensor& source) const;
    Status add_outputs();
    std::string unique_name(int tensor);

    const schema::Model& model_;
    const schema::SubGraph& source_;
    Translation translation_;
    std::set<std::string> names_; ///< names of inputs and outputs
};

Status Importer::check_list(const flatbuffers::Vector<int32_t>* list, bool may_be_missing) const
{
    const int64_t tensors = source_.tensors()->size();
    for (uoffset_t i = 0; list != nullptr && i < list->size(); ++i)
    {
        const int32_t index = list->Get(i);
        if (index >= tensors || index < (may_be_missing ? -1 : 0))
            return invalid("there is no tensor " + std::to_string(index) + ", only " + std::to_string(tensors));
    }
    return {};
}

Status Importer::check_indices() const
{
    VKSEG_TRY(check_list(source_.inputs(), false));
    VKSEG_TRY(check_list(source_.outputs(), false));
    const size_t codes = model_.operator_codes() == nullptr ? 0 : model_.operator_codes()->size();
    for (uoffset_t i = 0; source_.operators() != nullptr && i < source_.operators()->size(); ++i)
    {
        const schema::Operator& node = *source_.operators()->Get(i);
        VKSEG_TRY(check_list(node.inputs(), true));
        VKSEG_TRY(check_list(node.outputs(), false));
        if (node.opcode_index() >= codes)
            return invalid("there is no operator code " + std::to_string(node.opcode_index()) + ", only " +
                           std::to_string(codes));
    }
    const size_t buffers = model_.buffers() == nullptr ? 0 : model_.buffers()->size();
    for (uoffset_t i = 0; i < source_.tensors()->size(); ++i)
    {
        const schema::Tensor& tensor = *source_.tensors()->Get(i);
        if (tensor.buffer() != 0 && tensor.buffer() >= buffers)
            return invalid(tensor_label(source_, int(i)) + ": there is no buffer " + std::to_string(tensor.buffer()) +
                           ", only " + std::to_string(buffers));
        VKSEG_TRY(declared_shape(tensor).status().with_context(tensor_label(source_, int(i))));
    }
    return {};
}

std::string Importer::unique_name(int tensor)
{
    std::string name = printable(text_of(source_.tensors()->Get(uoffset_t(tensor))->name()));
    if (name.empty() || names_.contains(name))
        name.append(name.empty() ? "tensor " : ", tensor ").append(std::to_string(tensor));
    names_.insert(name);
    return name;
}

Status Importer::add_constants()
{
    translation_.states.resize(source_.tensors()->size());
    for (uoffset_t i = 0; i < source_.tensors()->size(); ++i)
    {
        const schema::Tensor& source = *source_.tensors()->Get(i);
        if (!translation_.tensors.is_constant(source))
            continue;
        if (is_quantized(source)) // its bytes become floats
            translation_.copied_bytes += translation_.tensors.stored_size(source) * sizeof(float);
        if (translation_.copied_bytes > translation_.max_copied_bytes)
            return invalid("the quantised constants share bytes too often");
        Result<Tensor> tensor = translation_.tensors.read(source);
        if (!tensor.is_ok())
        {
            VKSEG_TRY(translation_.unsupported.collect(tensor.status().with_context(tensor_label(source_, int(i)))));
            tensor = Tensor::from(Shape{0}, {}); // go on, to list everything unsupported
        }
        translation_.states[i].constant = std::move(*tensor);
    }
    return {};
}

Result<ValueId> Importer::add_input(int tensor)
{
    Graph& graph = translation_.graph;
    const schema::Tensor& source = *source_.tensors()->Get(uoffset_t(tensor));
    const std::string name = unique_name(tensor);
    VKSEG_ASSIGN(const Shape shape, declared_shape(source));
    VKSEG_ASSIGN(const DType type, stored_type(source));
    const ValueId input = graph.add_input(name, type, shape);
    graph.values[input].has_shape = has_rank(source);
    if (!is_quantized(source))
        return input;
    VKSEG_ASSIGN(const Quantization quantization, quantization_of(source));
    const ValueId real = graph.add_node(name + ".real", Cast{.to = DType::f32}, {input});
    const auto scalar = [&](float value) { return graph.add_constant(name, Tensor::from(Shape{}, {value})); };
    const ValueId steps = graph.add_node(name + ".steps", Binary{.kind = BinaryKind::sub},
                                         {real, scalar(float(quantization.zero_point))});
    return graph.add_node(name + ".values", Binary{.kind = BinaryKind::mul}, {steps, scalar(quantization.scale)});
}

Status Importer::add_inputs()
{
    for (uoffset_t i = 0; source_.inputs() != nullptr && i < source_.inputs()->size(); ++i)
    {
        const int tensor = source_.inputs()->Get(i);
        TensorState& state = translation_.states[size_t(tensor)];
        if (state.constant)
            continue;
        if (state.stored != no_value)
            return invalid("an input is listed twice: " + tensor_label(source_, tensor));
        Result<ValueId> value = add_input(tensor);
        if (!value.is_ok())
        {
            VKSEG_TRY(translation_.unsupported.collect(value.status().with_context(
                "input '" + printable(text_of(source_.tensors()->Get(uoffset_t(tensor))->name())) + "'")));
            value = translation_.graph.add_input(unique_name(tensor), DType::f32, {});
        }
        state.stored = *value;
    }
    return {};
}

Status Importer::read_node(const schema::Operator& proto)
{
    const schema::OperatorCode& code = *model_.operator_codes()->Get(proto.opcode_index());
    // Files from before the second field have the operator in the first, of one byte.
    const auto builtin = std::max(code.builtin_code(), schema::BuiltinOperator(code.deprecated_builtin_code()));
    const bool is_custom = builtin == schema::BuiltinOperator::CUSTOM;
    std::string op_type(is_custom ? text_of(code.custom_code()) : schema::EnumNameBuiltinOperator(builtin));
    if (op_type.empty())
        op_type = "operator " + std::to_string(int(builtin));
    NodeReader node(translation_, proto, op_type);

    const auto checked = [&]() -> Status
    {
        for (size_t i = 0; i < node.input_count(); ++i)
        {
            const int tensor = node.tensor_index(i);
            if (tensor < 0)
                continue;
            if (translation_.pool_indices.contains(tensor))
            {
                if (op_type == "MaxUnpooling2D")
                    continue;
                return Status(StatusCode::unsupported,
                              "indices of MaxPoolingWithArgmax2D are only supported as an input of "
                              "MaxUnpooling2D");
            }
            const TensorState& state = translation_.states[size_t(tensor)];
            if (state.constant || state.stored != no_value || state.channels_first != no_value)
                continue;
            if (source_.tensors()->Get(uoffset_t(tensor))->is_variable())
                return Status(StatusCode::unsupported, "variables are not supported");
            return invalid("input " + std::to_string(i) + " is not computed by an earlier node");
        }
        for (size_t i = 0; i < node.output_count(); ++i)
        {
            const int tensor = node.output_index(i);
            const TensorState* const state = tensor < 0 ? nullptr : &translation_.states[size_t(tensor)];
            if (state != nullptr && (state->constant || state->stored != no_value || state->channels_first != no_value))
                return invalid("output " + std::to_string(i) + " is computed twice");
        }
        const OperatorReader* reader = find_operator(op_type, is_custom);
        if (reader == nullptr)
            return Status(StatusCode::unsupported,
                          is_custom ? "the custom operator is not supported" : "the operator is not supported");
        const std::string wrong_inputs =
            wrong_count(node.input_count(), reader->min_inputs, reader->max_inputs, "input");
        if (!wrong_inputs.empty())
            return invalid(wrong_inputs);
        for (size_t i = 0; i < reader->min_inputs; ++i)
        {
            if (!node.has_input(i))
                return invalid("input " + std::to_string(i) + " is missing");
        }
        const std::string wrong_outputs = wrong_count(node.output_count(), 1, reader->max_outputs, "output");
        if (!wrong_outputs.empty())
            return invalid(wrong_outputs);
        reader->read(node);
        return {};
    };
    if (Status status = checked(); !status.is_ok())
        node.fail(std::move(status));
    return translation_.unsupported.collect(node.finish().with_context(node.label()));
}

/// The type and shape in the file are hints, for people.
Status Importer::describe_output(Value& value, const schema::Tensor& source) const
{
    if (const Result<DType> type = stored_type(source); type.is_ok())
        value.type = *type;
    VKSEG_ASSIGN(value.shape, declared_shape(source));
    value.has_shape = has_rank(source);
    return {};
}

Status Importer::add_outputs()
{
    Graph& graph = translation_.graph;
    for (uoffset_t i = 0; i < source_.outputs()->size(); ++i)
    {
        const int tensor = source_.outputs()->Get(i);
        const schema::Tensor& source = *source_.tensors()->Get(uoffset_t(tensor));
        const TensorState& state = translation_.states[size_t(tensor)];
        if (translation_.pool_indices.contains(tensor))
            return Status(StatusCode::unsupported, "indices of MaxPoolingWithArgmax2D are not supported as an output");
        if (!state.constant && state.stored == no_value && state.channels_first == no_value)
            return invalid("output " + std::to_string(i) +
                           " is not computed by any node: " + tensor_label(source_, tensor));
        ValueId id = value_of(translation_, tensor, Form::stored);
        const std::string name = unique_name(tensor);
        if (is_quantized(source) && !state.constant)
        {
            const Result<DType> type = stored_type(source);
            const Result<Quantization> quantization = quantization_of(source);
            for (const Status& status : {type.status(), quantization.status()})
                VKSEG_TRY(translation_.unsupported.collect(status.with_context("output '" + name + "'")));
            if (!type.is_ok() || !quantization.is_ok())
                continue;
            const auto scalar = [&](float value) { return graph.add_constant(name, Tensor::from(Shape{}, {value})); };
            id = graph.add_node(name + ".steps", Binary{.kind = BinaryKind::div}, {id, scalar(quantization->scale)});
            id = graph.add_node(name + ".rounded", Unary{.kind = UnaryKind::round}, {id});
            id = graph.add_node(name + ".shifted", Binary{.kind = BinaryKind::add},
                                {id, scalar(float(quantization->zero_point))});
            id = graph.add_node(name, Cast{.to = *type}, {id});
        }
        // Outputs have values of their own, with the names in the file.
        const bool is_input = std::ranges::find(graph.inputs, id) != graph.inputs.end();
        const bool is_listed = std::ranges::find(graph.outputs, id) != graph.outputs.end();
        if (graph.values[id].constant || is_input || is_listed || graph.values[id].name != name)
            id = graph.add_node(name, Unary{.kind = UnaryKind::identity}, {id});
        VKSEG_TRY(describe_output(graph.values[id], source));
        graph.outputs.push_back(id);
    }
    return {};
}

Result<Graph> Importer::import()
{
    if (source_.tensors() == nullptr || source_.outputs() == nullptr || source_.outputs()->size() == 0)
        return invalid("the graph has no outputs");
    VKSEG_TRY(check_indices());
    translation_.graph.name = printable(text_of(source_.name()));
    VKSEG_TRY(add_constants());
    VKSEG_TRY(add_inputs());
    for (uoffset_t i = 0; source_.operators() != nullptr && i < source_.operators()->size(); ++i)
        VKSEG_TRY(read_node(*source_.operators()->Get(i)));
    VKSEG_TRY(add_outputs());
    VKSEG_TRY(translation_.unsupported.status());
    VKSEG_TRY(validate(translation_.graph));
    return std::move(translation_.graph);
}

} // namespace

Result<Graph> import_model(const schema::Model& model, const FileBytes& file)
{
    if (model.subgraphs() == nullptr || model.subgraphs()->size() == 0)
        return invalid("there is no graph in the file");
    const TensorReader tensors(file, model);
    VKSEG_ASSIGN(Graph graph, Importer(model, *model.subgraphs()->Get(0), tensors, file.bytes.size()).import());
    if (const std::string_view description = text_of(model.description()); !description.empty())
        graph.metadata.emplace("description", description);
    return graph;
}

} // namespace vkseg::tflite
