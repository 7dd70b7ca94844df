#pragma once

#include "vkseg/graph.hpp"
#include "vkseg/memory_file.hpp"

#include <filesystem>

/// Weights for graphs that name their weights but do not hold them (Value::is_weight).
///
///     Result<Graph> graph = build_network("unet"); // zoo.hpp
///     const Result<WeightFile> file = read_safetensors("unet.safetensors");
///     const Status status = fill_weights(*graph, *file); // or, to time the network: invent_weights(*graph);
namespace vkseg {

/// Contents of a weight file.
struct WeightFile
{
    std::vector<NamedTensor> tensors;
    std::map<std::string, std::string> metadata;
};

/// Reads a safetensors file (https://github.com/huggingface/safetensors, "Format"). Tensors point into the file, which
/// stays mapped as long as any tensor lives and must not change while it is mapped; tensors that are not aligned in the
/// file are copied. Fails with io_error; with invalid_model and a message that says what is damaged; or with
/// unsupported if vkseg does not support the type or rank of a tensor.
VKSEG_API Result<WeightFile> read_safetensors(const std::filesystem::path& path);
/// The same for a file in memory.
VKSEG_API Result<WeightFile> read_safetensors(const MemoryFile& file);

/// Turns every weight of the graph into a constant with the value of the tensor of the same name. Float weights accept
/// tensors of any float type. A weight [M,C,…] accepts a matrix [M,K] with as many values per row: the weights of a
/// fully connected layer that is written as a convolution. Tensors that match no weight are refused, except those that
/// only training uses: NAME.num_batches_tracked, and names with one of the prefixes that the graph's metadata lists
/// under "vkseg.ignored_weights", separated by spaces. Fails with invalid_argument and the list of all weights and
/// tensors that do not fit, and then leaves the graph unchanged.
VKSEG_API Status fill_weights(Graph& graph, const WeightFile& file);

/// Fills every weight of known shape with seeded random values, so that a network can be timed without a weight file.
/// The spread of the values keeps activations near one in magnitude, through layers with and without an activation
/// function (He et al. 2015, "Delving Deep into Rectifiers", section 2.2) and through sums of many residual branches.
VKSEG_API void invent_weights(Graph& graph, uint32_t seed = 1);

} // namespace vkseg
