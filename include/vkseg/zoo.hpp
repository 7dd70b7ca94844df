#pragma once

#include "vkseg/graph.hpp"

#include <filesystem>

namespace vkseg {

/// Parameters of a network of the zoo; what is left open is the paper's.
struct ZooOptions
{
    int64_t classes = 0;
    /// Factor on the channels of every layer but the input and the classes: max(1, ⌊channels · width + ½⌋).
    double width = 1;
    Shape input = {};          ///< [N, C, spatial extents …]; rank 0: the paper's
    int64_t output_stride = 0; ///< of networks that come in several: 8 or 16
};

/// A network of the zoo and the parameters of its paper.
struct ZooNetwork
{
    std::string name; ///< "unet", "deeplab-v3-resnet50", …
    std::string title;
    std::string source; ///< the paper
    Shape input;
    int64_t classes = 0;
    int64_t output_stride = 0; ///< 0: it has but one
};

/// All networks that build_network() knows.
VKSEG_API std::vector<ZooNetwork> zoo_networks();

/// A classic network with the input "input" and the output "output", the scores of the classes before any softmax. Its
/// weights are open (Value::is_weight) and bear the names of the twin in samples/training/networks; where torchvision
/// has the network, torchvision's. Fails with invalid_argument if there is no such network, or not with these
/// parameters.
VKSEG_API Result<Graph> build_network(const std::string& name, const ZooOptions& options = {});

/// The same from "NAME" or "NAME:key=value,…", with the keys classes, width, input (1x3x256x256) and output-stride, and
/// with the weights of a safetensors file unless the path is empty. What the text leaves open, the file's metadata may
/// say under the keys classes, width, input and output_stride; its key "network", if there, must be NAME.
VKSEG_API Result<Graph> load_network(const std::string& text, const std::filesystem::path& weights = {});

} // namespace vkseg
