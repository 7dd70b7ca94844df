#include "formats/onnx/order.hpp"

#include "base/text.hpp"
#include "base/try.hpp"
#include "formats/onnx/node.hpp"

#include <algorithm>
#include <functional>
#include <queue>

namespace vkseg::onnx {
namespace {

constexpr size_t outside = ~size_t(0); // "producer" of the graph's inputs and initializers

class Sorter
{
public:
    Sorter(const GraphProto& graph, std::span<const std::string_view> captured)
        : graph_(graph), captured_(captured), users_(graph.nodes.size()), waits_for_(graph.nodes.size(), 0)
    {}

    Result<std::vector<size_t>> sort();

private:
    Status define(std::string_view value, size_t producer);
    Status define_all();
    Status connect();
    Status cycle() const;
    std::string describe(size_t producer) const
    {
        return producer == outside ? "the graph's inputs and initializers" : NodeReader::label(graph_.nodes[producer]);
    }

    const GraphProto& graph_;
    std::span<const std::string_view> captured_;
    std::unordered_map<std::string_view, size_t> producers_;
    std::vector<std::vector<size_t>> users_;
    std::vector<size_t> waits_for_; ///< for each node, number of inputs that other nodes have yet to compute
};

Status Sorter::define(std::string_view value, size_t producer)
{
    // Messages, and the names of nodes and values derived from this value, repeat the name.
    constexpr size_t max_name_bytes = 4096;
    if (value.size() > max_name_bytes)
        return Status(StatusCode::invalid_model, "value '" + printable(value) + "': expected a name of at most " +
                                                     std::to_string(max_name_bytes) + " bytes, got " +
                                                     std::to_string(value.size()));
    const auto [entry, is_new] = producers_.emplace(value, producer);
    if (is_new)
        return {};
    return Status(StatusCode::invalid_model, "value '" + printable(value) + "' is defined twice: by " +
                                                 describe(entry->second) + " and by " + describe(producer));
}

Status Sorter::define_all()
{
    for (const std::string_view name : captured_)
        VKSEG_TRY(define(name, outside));
    std::unordered_set<std::string_view> inputs;
    for (const ValueInfoProto& input : graph_.inputs)
    {
        if (input.name.empty())
            return Status(StatusCode::invalid_model, "an input of the graph has no name");
        VKSEG_TRY(define(input.name, outside));
        inputs.insert(input.name);
    }
    for (const TensorProto& initializer : graph_.initializers)
    {
        if (initializer.name.empty())
            return Status(StatusCode::invalid_model, "an initializer has no name");
        if (inputs.erase(initializer.name) == 0) // an initializer may be the default of an input
            VKSEG_TRY(define(initializer.name, outside));
    }
    for (size_t i = 0; i < graph_.nodes.size(); ++i)
    {
        for (const std::string_view output : graph_.nodes[i].outputs)
        {
            if (!output.empty())
                VKSEG_TRY(define(output, i));
        }
    }
    return {};
}

Status Sorter::connect()
{
    for (size_t i = 0; i < graph_.nodes.size(); ++i)
    {
        const std::vector<std::string_view> inputs = names_read(graph_.nodes[i]);
        for (size_t k = 0; k < inputs.size(); ++k)
        {
            if (inputs[k].empty())
                continue;
            const auto producer = producers_.find(inputs[k]);
            if (producer == producers_.end())
            {
                return Status(StatusCode::invalid_model,
                              NodeReader::label(graph_.nodes[i]) + ": input " + std::to_string(k) + " '" +
                                  printable(inputs[k]) +
                                  "' is not computed by any node and is not an input or initializer of the graph");
            }
            if (producer->second == outside)
                continue;
            users_[producer->second].push_back(i);
            ++waits_for_[i];
        }
    }
    return {};
}

/// Finds a cycle. Every remaining node waits for another remaining node, so following these links must reach a cycle.
Status Sorter::cycle() const
{
    size_t at = 0;
    while (waits_for_[at] == 0)
        ++at;
    std::vector<size_t> path;
    std::unordered_map<size_t, size_t> place; // node → its index in the path
    while (place.emplace(at, path.size()).second)
    {
        path.push_back(at);
        for (const std::string_view input : names_read(graph_.nodes[path.back()]))
        {
            const auto producer = producers_.find(input);
            if (producer != producers_.end() && producer->second != outside && waits_for_[producer->second] > 0)
                at = producer->second;
        }
    }
    constexpr size_t shown = 10;
    std::string names;
    const size_t first = place.at(at);
    for (size_t i = first; i < path.size() && i - first < shown; ++i)
        names += (names.empty() ? "" : ", ") + describe(path[i]);
    if (path.size() - first > shown)
        names += ", …";
    return Status(StatusCode::invalid_model, "the nodes depend on each other in a cycle: " + names);
}

Result<std::vector<size_t>> Sorter::sort()
{
    VKSEG_TRY(define_all());
    VKSEG_TRY(connect());
    std::priority_queue<size_t, std::vector<size_t>, std::greater<>> ready;
    for (size_t i = 0; i < waits_for_.size(); ++i)
    {
        if (waits_for_[i] == 0)
            ready.push(i);
    }
    std::vector<size_t> order;
    while (!ready.empty())
    {
        order.push_back(ready.top());
        ready.pop();
        for (const size_t user : users_[order.back()])
        {
            if (--waits_for_[user] == 0)
                ready.push(user);
        }
    }
    if (order.size() < graph_.nodes.size())
        return cycle();
    return order;
}

} // namespace

std::vector<std::string_view> captured_names(const GraphProto& subgraph)
{
    std::unordered_set<std::string_view> seen; // names that are computed here, or captured already
    for (const ValueInfoProto& input : subgraph.inputs)
        seen.insert(input.name);
    for (const TensorProto& initializer : subgraph.initializers)
        seen.insert(initializer.name);
    for (const NodeProto& node : subgraph.nodes)
        seen.insert(node.outputs.begin(), node.outputs.end());
    std::vector<std::string_view> captured;
    const auto use = [&](std::string_view name)
    {
        if (!name.empty() && seen.insert(name).second)
            captured.push_back(name);
    };
    for (const NodeProto& node : subgraph.nodes)
        std::ranges::for_each(names_read(node), use);
    for (const ValueInfoProto& output : subgraph.outputs)
        use(output.name);
    return captured;
}

std::vector<std::string_view> names_read(const NodeProto& node)
{
    std::vector<std::string_view> names = node.inputs;
    for (const AttributeProto& attribute : node.attributes)
    {
        for (const GraphProto& subgraph : attribute.graphs)
        {
            const std::vector<std::string_view> captured = captured_names(subgraph);
            names.insert(names.end(), captured.begin(), captured.end());
        }
    }
    return names;
}

Result<std::vector<size_t>> execution_order(const GraphProto& graph, std::span<const std::string_view> captured)
{
    return Sorter(graph, captured).sort();
}

} // namespace vkseg::onnx
