#include "runtime/fuse.hpp"

#include <algorithm>
#include <cmath>

namespace vkseg {
namespace {

/// A product as factor · f₁ · f₂ · …
struct Product
{
    double factor = 1;
    std::vector<ValueId> values;
};

bool is_near(double a, double b)
{
    return std::abs(a - b) <= 1e-4 * std::abs(b); // exporters round differently
}

/// Traces values back to the nodes that computed them.
class Recogniser
{
public:
    explicit Recogniser(const Graph& graph)
        : graph_(graph), readers_(count_readers(graph)), producers_(find_producers(graph))
    {}

    /// The activation of `x` that the node computes, if it is one written out as arithmetic.
    std::optional<Unary> activation_of(const Node& node, ValueId& x) const
    {
        const Product product = product_of(node);
        if (product.values.size() == 1)
        {
            x = shifted_to_clip(product.values[0]);
            if (x != no_value && is_near(product.factor, 1.0 / 6))
                return Unary{.kind = UnaryKind::hard_sigmoid, .a = 1.0f / 6, .b = 0.5f};
            return std::nullopt;
        }
        if (product.values.size() != 2)
            return std::nullopt;
        for (const size_t first : {0, 1})
        {
            x = product.values[first];
            if (const std::optional<UnaryKind> kind = gated(x, product.values[1 - first], product.factor))
                return Unary{.kind = *kind};
        }
        return std::nullopt;
    }

private:
    /// The node that computes a value with exactly one reader.
    const Node* producer_of(ValueId id) const
    {
        if (id == no_value || producers_[id] < 0 || readers_[id] != 1)
            return nullptr;
        return &graph_.nodes[size_t(producers_[id])];
    }

    static bool is_binary(const Node& node, BinaryKind kind)
    {
        const auto* binary = std::get_if<Binary>(&node.op);
        return binary != nullptr && binary->kind == kind;
    }

    Product product_of(const Node& node) const
    {
        Product product;
        if (is_binary(node, BinaryKind::mul) || is_binary(node, BinaryKind::div))
            multiply_by(node, product, 4);
        return product;
    }

    /// Follows products nested up to `depth` levels.
    void multiply_by(const Node& node, Product& product, int depth) const
    {
        const bool divides = is_binary(node, BinaryKind::div);
        for (const size_t i : {0, 1})
        {
            const ValueId id = node.inputs[i];
            const Node* producer = producer_of(id);
            if (const std::optional<double> scalar = scalar_of(graph_, id))
                product.factor *= divides && i == 1 ? 1 / *scalar : *scalar;
            else if (divides && i == 1)
                product.values = std::vector<ValueId>(3, no_value); // a quotient of values: no known activation
            else if (depth > 0 && producer != nullptr &&
                     (is_binary(*producer, BinaryKind::mul) || is_quotient_by_scalar(*producer)))
                multiply_by(*producer, product, depth - 1);
            else
                product.values.push_back(id);
        }
    }

    bool is_quotient_by_scalar(const Node& node) const
    {
        return is_binary(node, BinaryKind::div) && scalar_of(graph_, node.inputs[1]).has_value();
    }

    /// a if `id` is kind(a); otherwise no_value.
    ValueId argument(ValueId id, UnaryKind kind) const
    {
        const Node* node = producer_of(id);
        const auto* unary = node == nullptr ? nullptr : std::get_if<Unary>(&node->op);
        return unary != nullptr && unary->kind == kind ? node->inputs[0] : no_value;
    }

    /// a if `id` is a + constant.
    ValueId without_term(ValueId id, double constant) const
    {
        const Node* node = producer_of(id);
        if (node == nullptr || !is_binary(*node, BinaryKind::add))
            return no_value;
        for (const size_t i : {0, 1})
        {
            const std::optional<double> scalar = scalar_of(graph_, node->inputs[i]);
            if (scalar && is_near(*scalar, constant))
                return node->inputs[1 - i];
        }
        return no_value;
    }

    /// a if `id` is a · factor.
    ValueId without_factor(ValueId id, double factor) const
    {
        const Node* node = producer_of(id);
        if (node == nullptr)
            return no_value;
        const Product product = product_of(*node);
        return product.values.size() == 1 && is_near(product.factor, factor) ? product.values[0] : no_value;
    }

    /// x if `id` is x + 3, clipped to between 0 and 6.
    ValueId shifted_to_clip(ValueId id) const
    {
        const ValueId sum = argument(id, UnaryKind::clip);
        if (sum == no_value)
            return no_value;
        const auto& clip = std::get<Unary>(graph_.nodes[size_t(producers_[id])].op);
        return clip.a == 0 && clip.b == 6 ? without_term(sum, 3) : no_value;
    }

    /// x if `id` is a hard sigmoid of x with the slope and offset of ONNX's HardSwish.
    ValueId hard_gate(ValueId id) const
    {
        const ValueId x = argument(id, UnaryKind::hard_sigmoid);
        if (x == no_value)
            return no_value;
        const auto& unary = std::get<Unary>(graph_.nodes[size_t(producers_[id])].op);
        return is_near(unary.a, 1.0 / 6) && is_near(unary.b, 0.5) ? x : no_value;
    }

    /// x if `id` is x³.
    ValueId cube_root(ValueId id) const
    {
        const Node* node = producer_of(id);
        if (node == nullptr)
            return no_value;
        const std::optional<double> exponent =
            is_binary(*node, BinaryKind::pow) ? scalar_of(graph_, node->inputs[1]) : std::nullopt;
        if (exponent)
            return *exponent == 3 ? node->inputs[0] : no_value;
        const Product product = product_of(*node);
        const std::vector<ValueId>& values = product.values;
        const bool is_cube = values.size() == 3 && values[0] == values[1] && values[1] == values[2];
        return is_cube && product.factor == 1 ? values[0] : no_value;
    }

    /// True if `id` is √(2/π) (x + 0.044715 x³) (Hendrycks and Gimpel 2016, "Gaussian error linear units").
    bool is_tanh_argument(ValueId id, ValueId x) const
    {
        const ValueId sum = without_factor(id, 0.7978845608);
        const Node* node = producer_of(sum);
        if (node == nullptr || !is_binary(*node, BinaryKind::add))
            return false;
        for (const size_t i : {0, 1})
        {
            if (node->inputs[i] == x && cube_root(without_factor(node->inputs[1 - i], 0.044715)) == x)
                return true;
        }
        return false;
    }

    /// The function of x that x · gate · factor computes.
    std::optional<UnaryKind> gated(ValueId x, ValueId gate, double factor) const
    {
        if (x == no_value)
            return std::nullopt;
        if (is_near(factor, 0.5))
        {
            const ValueId sum = without_term(gate, 1);
            const ValueId erf_of = argument(sum, UnaryKind::erf);
            if (erf_of != no_value && without_factor(erf_of, std::sqrt(0.5)) == x)
                return UnaryKind::gelu;
            const ValueId tanh_of = argument(sum, UnaryKind::tanh);
            if (tanh_of != no_value && is_tanh_argument(tanh_of, x))
                return UnaryKind::gelu_tanh;
        }
        if (is_near(factor, 1.0 / 6) && shifted_to_clip(gate) == x)
            return UnaryKind::hard_swish;
        if (is_near(factor, 1) && hard_gate(gate) == x)
            return UnaryKind::hard_swish;
        const ValueId softplus = argument(gate, UnaryKind::tanh);
        if (is_near(factor, 1) && softplus != no_value && argument(softplus, UnaryKind::softplus) == x)
            return UnaryKind::mish;
        return std::nullopt;
    }

    const Graph& graph_;
    std::vector<int> readers_;
    std::vector<int> producers_;
};

} // namespace

void recognise_activations(Graph& graph)
{
    const Recogniser recogniser(graph);
    std::vector<std::pair<size_t, Node>> recognised;
    for (size_t i = 0; i < graph.nodes.size(); ++i)
    {
        ValueId x = no_value;
        const Node& node = graph.nodes[i];
        const std::optional<Unary> activation = recogniser.activation_of(node, x);
        if (activation && is_float(graph.values[x].type) &&
            graph.values[x].shape == graph.values[node.outputs[0]].shape)
            recognised.push_back({i, {.name = node.name, .op = *activation, .inputs = {x}, .outputs = node.outputs}});
    }
    for (auto& [i, node] : recognised)
        graph.nodes[i] = std::move(node);
}

} // namespace vkseg
