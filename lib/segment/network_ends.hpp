#pragma once

#include "runtime/states.hpp"
#include "vkseg/segment.hpp"

/// Inputs and outputs of a network, as its description names them.
namespace vkseg {

/// A status of invalid_model whose message begins with "model description".
Status wrong_description(const std::string& message);

/// Names for a message: "'a', 'b'", or "none".
std::string quoted_names(const Graph& graph, const std::vector<ValueId>& ids);

/// Finds the input or output that the description names; without a name, the only one.
Result<ValueId> find_end(const Graph& graph, const std::vector<ValueId>& ids, const std::string& what,
                         const std::string& wanted);

/// The output that holds the map of classes: the one that the description names, otherwise the only one that is no
/// state.
Result<ValueId> find_map(const Graph& graph, const ModelDescription& description);

/// The states that the description names.
Result<std::vector<StateEnds>> find_described_states(const Graph& graph, const ModelDescription& description);

/// Puts the picture in place of the network's only input besides states, and returns it. Fills in what the description
/// leaves open about the input.
Result<ValueId> take_picture(Graph& graph, ModelDescription& description);

/// Shape of a picture that networks of any size accept; height and width differ.
inline const Shape sample_picture = {192, 256, 3};

/// The network up to these outputs, specialised for sample_picture: their shapes and types are known.
Result<Graph> with_sample_picture(const Graph& graph, std::span<const ValueId> outputs,
                                  const ModelDescription& description);

} // namespace vkseg
