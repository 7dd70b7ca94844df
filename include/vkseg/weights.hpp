#pragma once

#include "vkseg/graph.hpp"

#include <filesystem>

/// Files of weights for graphs that name their weights (Value::is_weight) and leave them open.
namespace vkseg {

/// What a file of weights holds.
struct WeightFile
{
    std::vector<NamedTensor> tensors;
    std::map<std::string, std::string> metadata;
};

/// Reads a safetensors file (https://github.com/huggingface/safetensors, "Format"). Tensors point into the file, which
/// stays mapped while any of them lives and must not change meanwhile; those that the file does not align are copied.
/// Fails with io_error; with invalid_model, saying what is damaged; or with unsupported where a tensor has a type or
/// rank that vkseg does not have.
VKSEG_API Result<WeightFile> read_safetensors(const std::filesystem::path& path);

/// Gives every weight of the graph the tensor of its name, which makes a constant of it. Floats of any type fill a
/// float; a matrix [M,K] fills a weight [M,C,…] with as many values a row, as a fully connected layer fills the
/// convolution that it is. Spare tensors are refused, but for those that only training uses: NAME.num_batches_tracked,
/// and what begins with one of the prefixes that the graph's metadata lists under "vkseg.ignored_weights", separated by
/// spaces. Fails with invalid_argument and the list of all weights and tensors that do not fit; the graph is then as it
/// was.
VKSEG_API Status fill_weights(Graph& graph, const WeightFile& file);

/// Gives every weight of the graph whose shape is known seeded random values, so that a network can be timed without a
/// file. Their spread keeps activations of the order of one through layers with and without an activation behind them
/// (He et al. 2015, "Delving Deep into Rectifiers", section 2.2) and through sums of many residual branches.
VKSEG_API void invent_weights(Graph& graph, uint32_t seed = 1);

} // namespace vkseg
