#include "formats/onnx/operators.hpp"

#include <algorithm>

namespace vkseg::onnx {
namespace {

std::array<std::span<const OperatorReader>, 7> families()
{
    return {control_flow_operators(), convolution_operators(), detection_operators(), elementwise_operators(),
            movement_operators(),     recurrent_operators(),   reduction_operators()};
}

} // namespace

std::vector<OperatorReader> operators()
{
    std::vector<OperatorReader> all;
    for (const auto& family : families())
        all.insert(all.end(), family.begin(), family.end());
    std::ranges::sort(all, {}, &OperatorReader::op_type);
    return all;
}

const OperatorReader* find_operator(std::string_view op_type)
{
    for (const auto& family : families())
    {
        const auto found = std::ranges::find(family, op_type, &OperatorReader::op_type);
        if (found != family.end())
            return &*found;
    }
    return nullptr;
}

} // namespace vkseg::onnx
