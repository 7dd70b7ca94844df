#pragma once

#include "vkseg/weights.hpp"

#include <filesystem>

/// The zoo: classic segmentation networks, which need a file of weights alone.
///
///     Result<Graph> graph = load_network("fcn-8s", "fcn8s.safetensors");
///     Result<Graph> small = build_network("unet-padded", {.classes = 2, .width = 0.25, .input = {1, 3, 256, 256}});
namespace vkseg {

/// Parameters of a network of the zoo; those that are not set are the paper's.
struct ZooOptions
{
    int64_t classes = 0;
    /// Factor on the channels of every layer but the input and the classes: max(1, ⌊channels · width + ½⌋).
    double width = 1;
    Shape input = {};          ///< [N, C, spatial extents …]; rank 0: the paper's
    int64_t output_stride = 0; ///< 8 or 16, for networks that support both; 0: the paper's
};

/// A network of the zoo and the parameters of its paper.
struct ZooNetwork
{
    std::string name; ///< "unet", "deeplab-v3-resnet50", …
    std::string title;
    std::string source; ///< citation of the paper
    Shape input;
    int64_t classes = 0;
    int64_t output_stride = 0; ///< 0: the network has only one
};

/// Lists all networks that build_network() knows.
VKSEG_API std::vector<ZooNetwork> zoo_networks();

/// Builds a classic network with the input "input" and the output "output", the scores of the classes before any
/// softmax. Networks that find instances (faster-rcnn-…, mask-rcnn-…) have the outputs "boxes" [R,4] (x1, y1, x2, y2 in
/// pixels of the input), "labels" [R] (0 is the background), "scores" [R] in falling order and, with masks, "masks"
/// [R,1,h,w], probabilities within the boxes; R is found when the network runs. Its weights are not filled
/// (Value::is_weight). They have torchvision's names if torchvision has the network, otherwise those of the twin in
/// samples/training/networks. Fails with invalid_argument if there is no such network or it does not support these
/// parameters.
VKSEG_API Result<Graph> build_network(const std::string& name, const ZooOptions& options = {});

/// Builds a network from "NAME" or "NAME:key=value,…", with the keys classes, width, input (1x3x256x256) and
/// output-stride, and fills it from a safetensors file unless the path is empty. Keys that the text does not set are
/// taken from the file's metadata (classes, width, input, output_stride) if present there; the metadata's key
/// "network", if present, must be NAME.
VKSEG_API Result<Graph> load_network(const std::string& text, const std::filesystem::path& weights = {});
/// The same with weights that were read before.
VKSEG_API Result<Graph> load_network(const std::string& text, const WeightFile& weights);

} // namespace vkseg
