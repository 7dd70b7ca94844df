#pragma once

#include "vkseg/segment.hpp"

#include <array>

/// Extends a network by the steps from a picture to its input and from its output to masks.
namespace vkseg {

constexpr const char* picture_name = "vkseg.picture";
// Prefixes of the names of added nodes, one per stage; all other nodes are the network's.
constexpr const char* tensor_name = "vkseg.picture_to_tensor";
constexpr const char* mask_name = "vkseg.tensor_to_mask";
constexpr const char* crf_name = "vkseg.crf";
constexpr const char* smoothing_name = "vkseg.smoothing";

constexpr const char* decode_name = "vkseg.decode";
constexpr const char* boxes_name = "vkseg.boxes_to_picture";
constexpr const char* paste_name = "vkseg.paste_masks";
constexpr const char* magnitudes_name = "vkseg.magnitudes";

/// Outputs of an extended network that finds instances, by index; masks and ids only if it has masks.
struct InstanceResults
{
    static constexpr size_t boxes = 0;
    static constexpr size_t labels = 1;
    static constexpr size_t scores = 2;
    static constexpr size_t magnitudes = 3; ///< f32 [4]: the largest magnitude of each Kind, NaN if a value is NaN
    static constexpr size_t bits = 4;
    static constexpr size_t ids = 5;

    /// Values that decide which instances there are, before anything is dropped.
    enum class Kind : size_t
    {
        scores,
        boxes,
        finite_boxes, ///< offsets of boxes, and the boxes that are found
        masks,
    };
    static constexpr std::array kinds = {"scores", "boxes", "finite_boxes", "masks"}; ///< for names of nodes
};

/// Makes the graph picture → PictureToTensor → network → [average over pictures →] [DenseCrf →] TensorToMask → labels,
/// confidence and soft mask. With an average or a CRF there are two more outputs, labels and confidence before these,
/// which show faults in the network's values. For instances: picture → PictureToTensor → network → BoxesToPicture and
/// PasteMasks → the outputs of InstanceResults. Fills in the members of `description` that are not set and that the
/// graph determines: names, layouts, values and the input's size. The inputs and outputs that are states come last.
/// Fails if graph and description do not fit each other.
Result<Graph> extend(Graph graph, ModelDescription& description);

/// The states of an extended network.
std::vector<StateLink> state_links(const ModelDescription& description);

/// extend() for networks that give instances.
Result<Graph> extend_for_instances(Graph graph, ModelDescription& description);
/// extend() for YOLO networks: decodes their candidates and selects among them, class by class.
Result<Graph> extend_for_yolo(Graph graph, ModelDescription& description);

} // namespace vkseg
