#pragma once

#include "vkseg/segment.hpp"

/// Which axes of a network's input and output are channels, height and width, as far as shapes tell. Messages name the
/// key of the model description that says more.
namespace vkseg {

constexpr int64_t max_classes = 256; ///< labels are bytes

/// The layout of an input for pictures of this many channels. Extents may be open (−1).
Result<TensorLayout> input_layout(const Value& input, int64_t channels, std::optional<TensorLayout> described);

/// The map that a network gives for an input of a known size.
struct MapQuery
{
    std::string who; ///< Begins the messages.
    Shape shape;
    int64_t input_height = 0;
    int64_t input_width = 0;
    bool is_labels = false;
    size_t classes = 0; ///< How many the description names; 0: none.
    std::optional<TensorLayout> described;
};

struct MapAxes
{
    TensorLayout layout = TensorLayout::nchw;
    int64_t channels = 1;
};

/// Reads 1xCxHxW, 1xHxWxC, both without the batch, and HxW. Fails if none has the right number of channels, if two
/// would do, and if height and width are exchanged.
Result<MapAxes> map_axes(const MapQuery& query);

} // namespace vkseg
