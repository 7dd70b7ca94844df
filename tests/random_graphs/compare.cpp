#include "random_graphs/random_graph.hpp"

#include "runtime/host_transfer.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <set>

namespace vkseg::test {
namespace {

std::string difference(const Tensor& got, const ExpectedValue& expected, double error)
{
    if (got.shape() != expected.tensor.shape())
        return "has the shape " + to_string(got.shape()) + " instead of " + to_string(expected.tensor.shape());
    if (got.type() != expected.tensor.type())
        return std::string("has the type ") + vkseg::name(got.type()) + " instead of " +
               vkseg::name(expected.tensor.type());
    const auto at = [](size_t i, double a, double b, double allowed)
    {
        std::array<char, 160> text = {};
        std::snprintf(text.data(), text.size(), "is %.9g instead of %.9g in element %zu, allowed %.2g", a, b, i,
                      allowed);
        return std::string(text.data());
    };
    if (!is_float(got.type()))
    {
        const std::vector<int64_t> a = got.to_integers();
        const std::vector<int64_t> b = expected.tensor.to_integers();
        const auto differing = std::mismatch(a.begin(), a.end(), b.begin());
        return differing.first == a.end()
                   ? ""
                   : at(size_t(differing.first - a.begin()), double(*differing.first), double(*differing.second), 0);
    }
    const std::vector<float> a = got.to_floats();
    const std::vector<float> b = expected.tensor.to_floats();
    for (size_t i = 0; i < a.size(); ++i)
    {
        if (!(std::abs(double(a[i]) - double(b[i])) <= error))
            return at(i, a[i], b[i], error);
    }
    return "";
}

/// Drops what no output needs.
void prune(RandomGraph& random)
{
    Graph& graph = random.graph;
    std::set<ValueId> read(graph.outputs.begin(), graph.outputs.end());
    std::vector<Node> kept;
    for (auto node = graph.nodes.rbegin(); node != graph.nodes.rend(); ++node)
    {
        if (std::none_of(node->outputs.begin(), node->outputs.end(), [&](ValueId id) { return read.contains(id); }))
            continue;
        read.insert(node->inputs.begin(), node->inputs.end());
        kept.insert(kept.begin(), *node);
    }
    graph.nodes = kept;
    std::erase_if(graph.inputs, [&](ValueId id) { return !read.contains(id); });
    std::erase_if(random.inputs,
                  [&](const NamedTensor& input)
                  {
                      return std::none_of(graph.inputs.begin(), graph.inputs.end(),
                                          [&](ValueId id) { return graph.values[id].name == input.name; });
                  });
}

/// The graph with a node's results as inputs.
RandomGraph without_node(RandomGraph random, size_t index)
{
    const Node node = random.graph.nodes[index];
    random.graph.nodes.erase(random.graph.nodes.begin() + std::ptrdiff_t(index));
    for (const ValueId id : node.outputs)
    {
        Value& value = random.graph.values[id];
        value.shape = random.expected.at(id).tensor.shape();
        value.has_shape = true;
        random.graph.inputs.push_back(id);
        random.inputs.push_back({value.name, random.expected.at(id).tensor});
    }
    prune(random);
    return random;
}

RandomGraph without_output(RandomGraph random, size_t index)
{
    random.graph.outputs.erase(random.graph.outputs.begin() + std::ptrdiff_t(index));
    prune(random);
    return random;
}

} // namespace

std::string compare_with_reference(const RandomGraph& random, const Device& device, const SessionOptions& options)
{
    Result<Session> session = Session::create(device, random.graph, options);
    if (!session.is_ok())
        return session.status().message();
    const Result<RunResult> result = session->run(random.inputs);
    if (!result.is_ok())
        return result.status().message();
    for (size_t i = 0; i < random.graph.outputs.size(); ++i)
    {
        const ExpectedValue& expected = random.expected.at(random.graph.outputs[i]);
        const double error = options.precision == Precision::f16 ? expected.error_f16 : expected.error_f32;
        const std::string found = difference(result->outputs[i].tensor, expected, error);
        if (!found.empty())
            return "output " + std::to_string(i) + ", '" + result->outputs[i].name + "', " + found;
    }
    return "";
}

RandomGraph shrink(RandomGraph random, const std::function<bool(const RandomGraph&)>& is_wrong)
{
    for (bool has_shrunk = true; has_shrunk;)
    {
        has_shrunk = false;
        const auto take = [&](const RandomGraph& smaller)
        {
            if (!is_wrong(smaller))
                return;
            random = smaller;
            has_shrunk = true;
        };
        for (size_t i = random.graph.outputs.size(); i-- > 0 && random.graph.outputs.size() > 1;)
            take(without_output(random, i));
        for (size_t i = random.graph.nodes.size(); i-- > 0;)
        {
            if (i < random.graph.nodes.size() && random.graph.nodes.size() > 1)
                take(without_node(random, i));
        }
    }
    return random;
}

std::string listing(const RandomGraph& random)
{
    const Graph& graph = random.graph;
    // Values have their node's name, which is long; its first word says which it is.
    const auto short_name = [&](ValueId id)
    {
        return id == no_value
                   ? "–"
                   : graph.values[id].name.substr(0, graph.values[id].name.find(' ')) + "#" + std::to_string(id);
    };
    const auto described = [&](ValueId id)
    {
        const Tensor& tensor = random.expected.at(id).tensor;
        return std::string(vkseg::name(tensor.type())) + " " + to_string(tensor.shape());
    };
    std::string text;
    for (const ValueId id : graph.inputs)
        text += "    " + short_name(id) + " = input " + described(id) + "\n";
    std::set<ValueId> constants;
    for (const Node& node : graph.nodes)
        constants.insert(node.inputs.begin(), node.inputs.end());
    for (const ValueId id : constants)
    {
        if (id != no_value && graph.values[id].constant)
            text += "    " + short_name(id) + " = constant " + described(id) + "\n";
    }
    for (const Node& node : graph.nodes)
    {
        text += "   ";
        for (const ValueId id : node.outputs)
            text += " " + short_name(id) + " " + described(id);
        text += " = " + node.name.substr(node.name.find(' ') + 1) + " of";
        for (const ValueId id : node.inputs)
            text += " " + short_name(id);
        text += "\n";
    }
    text += "    outputs";
    for (const ValueId id : graph.outputs)
        text += " " + short_name(id);
    return text + "\n";
}

} // namespace vkseg::test
