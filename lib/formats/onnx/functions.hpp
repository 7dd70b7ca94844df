#pragma once

#include "formats/onnx/node.hpp"

namespace vkseg::onnx {

/// The functions of a model, and how much their calls have become so far.
class FunctionCalls
{
public:
    /// Fails if two functions have the same domain, name and overload. The functions must outlive this object.
    Status add(const std::vector<FunctionProto>& functions);
    /// The function that the node calls; null if it is an operator.
    const FunctionProto* find(const NodeProto& node) const;
    /// The scope of the function's body. Fails if the call does not fit the function, if functions call each other in a
    /// circle, or too deeply, and if the calls of a model become too many nodes, so that a small file cannot describe a
    /// large network.
    Result<Scope> enter(const FunctionProto& function, const NodeProto& call, const std::vector<ValueId>& inputs,
                        const Scope& caller);

private:
    std::unordered_map<std::string, const FunctionProto*> functions_;
    size_t cost_ = 0;
};

/// True if an attribute of the node, outside of its subgraphs, is one of the function around it.
bool refers_to_attributes(const NodeProto& node);
/// The node with the attributes that the function's call or a default gives; others are left out.
Result<NodeProto> with_attributes(const NodeProto& node, const Scope& scope);

} // namespace vkseg::onnx
