// Recurrent networks: one matrix product of all inputs, and the operator that computes step by step.
#include "base/text.hpp"
#include "formats/onnx/operators.hpp"

#include <algorithm>
#include <cctype>

namespace vkseg::onnx {
namespace {

constexpr std::array<std::pair<std::string_view, RecurrentDirection>, 3> directions = {{
    {"forward", RecurrentDirection::forward},
    {"reverse", RecurrentDirection::reverse},
    {"bidirectional", RecurrentDirection::bidirectional},
}};

/// An activation function, and whether it takes alpha and beta, with their defaults.
struct NamedFunction
{
    std::string_view name; ///< in lower case: case does not matter
    RecurrentFunction function;
    std::optional<float> alpha = {};
    std::optional<float> beta = {};
};

constexpr NamedFunction recurrent_functions[] = {
    {"tanh", RecurrentFunction::tanh},
    {"sigmoid", RecurrentFunction::sigmoid},
    {"relu", RecurrentFunction::relu},
    {"leakyrelu", RecurrentFunction::leaky_relu, 0.01f},
    {"thresholdedrelu", RecurrentFunction::thresholded_relu, 1.0f},
    {"elu", RecurrentFunction::elu, 1.0f},
    {"hardsigmoid", RecurrentFunction::hard_sigmoid, 0.2f, 0.5f},
    {"softsign", RecurrentFunction::softsign},
    {"softplus", RecurrentFunction::softplus},
    {"affine", RecurrentFunction::affine, 1.0f, 0.0f},
    {"scaledtanh", RecurrentFunction::scaled_tanh, 1.0f, 1.0f},
};

/// The functions by name; those with parameters take them from the lists in turn.
std::vector<RecurrentActivation> read_activations(NodeReader& node)
{
    std::vector<float> alphas = node.reals("activation_alpha");
    std::vector<float> betas = node.reals("activation_beta");
    const auto take_first = [](std::vector<float>& values, std::optional<float> fallback)
    {
        if (!fallback || values.empty())
            return fallback.value_or(0.0f);
        const float first = values.front();
        values.erase(values.begin());
        return first;
    };
    std::vector<RecurrentActivation> activations;
    for (const std::string_view text : node.texts("activations"))
    {
        std::string name(text);
        std::ranges::transform(name, name.begin(), [](unsigned char letter) { return char(std::tolower(letter)); });
        const auto* const found = std::ranges::find(recurrent_functions, name, &NamedFunction::name);
        if (found == std::end(recurrent_functions))
        {
            node.unsupported("attribute 'activations': value '" + printable(text) + "' is not supported");
            continue;
        }
        activations.push_back(
            {.function = found->function, .a = take_first(alphas, found->alpha), .b = take_first(betas, found->beta)});
    }
    return activations;
}

/// Products of all inputs [T,N,I] and the weights [D,G·H,I], plus the biases of these products.
ValueId append_products(NodeReader& node, ValueId x, ValueId bias)
{
    const ValueId columns = node.append(Transpose{.permutation = {2, 0, 1}}, {node.input(1)});
    const ValueId weights = node.append(Reshape{.shape = {0, -1}}, {columns});
    const ValueId products = node.append(MatMul{}, {x, weights});
    if (bias == no_value)
        return products;
    return node.append(Binary{}, {products, node.append(Reshape{.shape = {-1}}, {bias})});
}

void read_recurrent(NodeReader& node)
{
    Recurrent op;
    op.kind = node.op_type() == "LSTM"  ? RecurrentKind::lstm
              : node.op_type() == "GRU" ? RecurrentKind::gru
                                        : RecurrentKind::rnn;
    op.direction = node.choice("direction", directions);
    op.activations = read_activations(node);
    if (node.has("clip"))
        op.clip = node.real("clip", 0);
    if (op.kind == RecurrentKind::lstm)
        op.couples_forget = node.flag("input_forget", false);
    if (op.kind == RecurrentKind::gru)
        op.resets_after_product = node.flag("linear_before_reset", false);
    node.ignore("hidden_size"); // the shapes of weights say it
    const bool has_batch_first = node.flag("layout", false);
    const auto swapped = [&](ValueId id) {
        return has_batch_first && id != no_value ? node.append(Transpose{.permutation = {1, 0, 2}}, {id}) : id;
    };

    ValueId input_bias = no_value;
    ValueId recurrent_bias = no_value;
    if (node.has_input(3))
    {
        input_bias = node.append(Split{.axis = 1, .parts = 2}, {node.input(3)}, 2);
        recurrent_bias = input_bias + 1;
    }
    const ValueId products = append_products(node, swapped(node.input(0)), input_bias);
    std::vector<ValueId> inputs = {products,      node.input(2),          recurrent_bias,        node.input(4),
                                   node.input(7), swapped(node.input(5)), swapped(node.input(6))};
    if (!has_batch_first)
    {
        node.emit(std::move(op), std::move(inputs));
        return;
    }
    const size_t outputs = op.kind == RecurrentKind::lstm ? 3 : 2;
    const ValueId first = node.append(std::move(op), std::move(inputs), outputs);
    for (size_t i = 0; i < outputs; ++i)
    {
        if (node.is_wanted(i))
            node.emit_output(i, Transpose{.permutation = i == 0 ? Integers{2, 0, 1, 3} : Integers{1, 0, 2}},
                             {first + ValueId(i)});
    }
}

constexpr OperatorReader recurrent_readers[] = {
    {"GRU", read_recurrent, 3, 6, 2, 7},
    {"LSTM", read_recurrent, 3, 8, 3, 7},
    {"RNN", read_recurrent, 3, 6, 2, 7},
};

} // namespace

std::span<const OperatorReader> recurrent_operators()
{
    return recurrent_readers;
}

} // namespace vkseg::onnx
