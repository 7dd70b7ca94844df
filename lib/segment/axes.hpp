#pragma once

#include "vkseg/segment.hpp"

/// Derives from shapes which axes of a network's input and output are channels, height and width. If the shape is
/// ambiguous, the message names the key of the model description that decides.
namespace vkseg {

constexpr int64_t max_classes = 256; ///< labels are bytes

/// The shape of an input with the batch of 1, which may be missing.
Shape shape_of_batch(const Shape& picture);

/// Returns the layout of an input for pictures of this many channels. Extents may be unknown (−1).
Result<TensorLayout> input_layout(const Value& input, int64_t channels, std::optional<TensorLayout> described);

/// The output map of a network for an input of known size.
struct MapQuery
{
    std::string who; ///< Begins the messages.
    Shape shape;
    int64_t input_height = 0;
    int64_t input_width = 0;
    bool is_labels = false;
    size_t classes = 0; ///< Number of classes that the description names; 0: none.
    std::optional<TensorLayout> described;
};

struct MapAxes
{
    TensorLayout layout = TensorLayout::nchw;
    int64_t channels = 1;
};

/// Accepts 1xCxHxW, 1xHxWxC, both without the batch, and HxW. Fails if none of these readings has the right number of
/// channels, if two readings fit, or if height and width are swapped.
Result<MapAxes> map_axes(const MapQuery& query);

} // namespace vkseg
