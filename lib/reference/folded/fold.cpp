#include "reference/evaluate.hpp"

namespace vkseg::reference {
namespace {

template <class T, class... Foldable>
constexpr bool is_one_of = (std::is_same_v<T, Foldable> || ...);

template <class T>
constexpr bool folds = is_one_of<T, Unary, Binary, Where, Cast, Concat, Split, Slice, Pad, Transpose, Reshape, Expand,
                                 Tile, Gather, GatherElements, GatherNd, Reduce, ShapeOf, ConstantOfShape, Range,
                                 NonZero, ScatterElements, ScatterNd, CumSum>;

} // namespace

bool is_foldable(const Op& op)
{
    return std::visit([]<class T>(const T&) { return folds<T>; }, op);
}

Result<Tensors> fold(const Op& op, const Arguments& arguments)
{
    assert(is_foldable(op));
    return std::visit(
        [&]<class T>(const T& typed) -> Result<Tensors>
        {
            if constexpr (folds<T>)
                return evaluate(typed, arguments);
            else
                return Status(StatusCode::unsupported, "only shape arithmetic and moves are evaluated on the host");
        },
        op);
}

} // namespace vkseg::reference
