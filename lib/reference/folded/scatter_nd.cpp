#include "reference/folded/scatter.hpp"
#include "reference/folded/select.hpp"

namespace vkseg::reference {
namespace {

/// Place in the data of each value of the updates, whose slices go to the places that tuples of indices name.
std::vector<int64_t> places_of_slices(const Arguments& arguments)
{
    const Shape& data = arguments.inputs[0]->shape();
    const Shape& tuples = arguments.inputs[1]->shape();
    const std::vector<int64_t> indices = arguments.inputs[1]->to_integers();
    const std::vector<int64_t> strides = strides_of(data);
    const size_t depth = size_t(tuples.back());
    std::vector<int64_t> places;
    for (size_t tuple = 0; tuple < indices.size() / depth; ++tuple)
    {
        int64_t slice = 0;
        bool is_inside = true;
        for (size_t k = 0; k < depth; ++k)
        {
            const int64_t given = indices[tuple * depth + k];
            const int64_t index = given < 0 ? given + data[k] : given;
            is_inside = is_inside && index >= 0 && index < data[k];
            slice += index * strides[k];
        }
        for (int64_t i = 0; i < strides[depth - 1]; ++i)
            places.push_back(is_inside ? slice + i : outside);
    }
    return places;
}

} // namespace

Result<Tensors> evaluate(const ScatterNd& op, const Arguments& arguments)
{
    return scatter(op.reduction, places_of_slices(arguments), arguments);
}

} // namespace vkseg::reference
