#include "base/try.hpp"
#include "ops/picture/picture_placement.hpp"
#include "reference/evaluate.hpp"

#include <algorithm>
#include <cmath>

namespace vkseg::reference {

Result<Tensors> evaluate(const BoxesToPicture& op, const Arguments& arguments)
{
    const Shape& picture = arguments.inputs[1]->shape();
    VKSEG_ASSIGN(const PlacedPicture placed, place_picture(op.placement, picture));
    std::vector<float> corners = arguments.inputs[0]->to_floats();
    for (size_t i = 0; i < corners.size(); ++i)
    {
        const bool is_x = i % 2 == 0;
        const int64_t extent = is_x ? picture[1] : picture[0];
        const int64_t begin = is_x ? placed.left : placed.top;
        const int64_t filled = is_x ? placed.width : placed.height;
        const double moved = (double(corners[i]) - double(begin)) * double(extent) / double(filled);
        corners[i] = float(op.clips && !std::isnan(moved) ? std::clamp(moved, 0.0, double(extent)) : moved);
    }
    return Tensors{Tensor::from(arguments.outputs[0].shape, std::move(corners))};
}

} // namespace vkseg::reference
