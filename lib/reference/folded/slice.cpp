#include "ops/movement/slice_ranges.hpp"
#include "reference/evaluate.hpp"
#include "reference/folded/select.hpp"

#include "base/try.hpp"

namespace vkseg::reference {

Result<Tensors> evaluate(const Slice& op, const Arguments& arguments)
{
    const Tensor& x = *arguments.inputs[0];
    VKSEG_ASSIGN(const std::vector<SliceRange> ranges, slice_ranges(op, x.shape()));
    const std::vector<int64_t> strides = strides_of(x.shape());
    Offsets offsets;
    for (size_t axis = 0; axis < ranges.size(); ++axis)
        offsets.push_back(
            progression(ranges[axis].count, ranges[axis].step * strides[axis], ranges[axis].begin * strides[axis]));
    return Tensors{select(x, arguments.outputs[0].shape, offsets)};
}

} // namespace vkseg::reference
