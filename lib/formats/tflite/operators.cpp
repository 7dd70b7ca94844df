#include "formats/tflite/operators.hpp"

#include <algorithm>

namespace vkseg::tflite {
namespace {

std::array<std::span<const OperatorReader>, 4> families()
{
    return {convolution_operators(), elementwise_operators(), movement_operators(), reduction_operators()};
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

const OperatorReader* find_operator(std::string_view op_type, bool is_custom)
{
    for (const auto& family : families())
    {
        const auto found = std::ranges::find_if(family, [&](const OperatorReader& reader)
                                                { return reader.op_type == op_type && reader.is_custom == is_custom; });
        if (found != family.end())
            return &*found;
    }
    return nullptr;
}

} // namespace vkseg::tflite
