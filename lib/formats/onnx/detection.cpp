// Operators that select boxes and read regions of feature maps.
#include "formats/onnx/operators.hpp"

namespace vkseg::onnx {
namespace {

constexpr std::array<std::pair<std::string_view, bool>, 2> max_modes = {{{"avg", false}, {"max", true}}};
constexpr std::array<std::pair<std::string_view, bool>, 2> alignments = {
    {{"half_pixel", true}, {"output_half_pixel", false}}};

void read_roi_align(NodeReader& node)
{
    RoiAlign op;
    op.is_max = node.choice("mode", max_modes);
    op.output_size = {node.integer("output_height", 1), node.integer("output_width", 1)};
    op.scales = {node.real("spatial_scale", 1)};
    op.sampling_ratio = node.integer("sampling_ratio", 0);
    constexpr int64_t first_aligned_opset = 16;
    op.is_aligned = node.opset() >= first_aligned_opset && node.choice("coordinate_transformation_mode", alignments);
    op.has_batch_indices = true;
    node.emit(std::move(op));
}

void read_max_roi_pool(NodeReader& node)
{
    node.emit(RoiPool{.output_size = node.required_integers("pooled_shape"), .scale = node.real("spatial_scale", 1)});
}

void read_non_max_suppression(NodeReader& node)
{
    node.emit(NonMaxSuppression{.has_centers = node.flag("center_point_box", false)});
}

constexpr OperatorReader detection_readers[] = {
    {"MaxRoiPool", read_max_roi_pool, 2, 2},
    {"NonMaxSuppression", read_non_max_suppression, 2, 5},
    {"RoiAlign", read_roi_align, 3, 3},
};

} // namespace

std::span<const OperatorReader> detection_operators()
{
    return detection_readers;
}

} // namespace vkseg::onnx
