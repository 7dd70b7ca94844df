#include "random_graphs/random_nodes.hpp"

#include <algorithm>
#include <numeric>

namespace vkseg::test {
namespace {

const KnownValue* any_of_rank(GraphMaker& maker, size_t least, size_t most)
{
    return maker.any([&](const KnownValue& x) { return x.shape().rank() >= least && x.shape().rank() <= most; });
}

size_t any_axis(GraphMaker& maker, const Shape& shape)
{
    // Channels of images, whose parts may share memory with the whole, rather than others.
    if (shape.rank() >= 2 && maker.chance(2))
        return 1;
    return size_t(maker.number(0, int64_t(shape.rank()) - 1));
}

/// An axis as ONNX lets it be written: also counted from the end.
int64_t written(GraphMaker& maker, size_t axis, const Shape& shape)
{
    return maker.chance(3) ? int64_t(axis) - int64_t(shape.rank()) : int64_t(axis);
}

} // namespace

std::string text(const Integers& values)
{
    std::string joined;
    for (const int64_t value : values)
        joined += (joined.empty() ? "" : ",") + std::to_string(value);
    return "[" + joined + "]";
}

bool add_concat(GraphMaker& maker)
{
    const KnownValue* x = any_of_rank(maker, 1, 6);
    if (x == nullptr)
        return false;
    const size_t axis = any_axis(maker, x->shape());
    const auto fits = [&](const KnownValue& part)
    {
        if (part.type != x->type || part.shape().rank() != x->shape().rank())
            return false;
        Shape shape = part.shape();
        shape[axis] = x->shape()[axis];
        return shape == x->shape();
    };
    std::vector<ValueId> parts = {x->id};
    Effect effect = moves({x});
    const DType type = x->type;
    for (int64_t more = maker.number(0, 3); more > 0; --more)
    {
        const KnownValue* part = maker.any(fits);
        if (maker.chance(3))
        {
            Shape shape = x->shape();
            shape[axis] = maker.one_of<int64_t>({1, 3, 4, 5, 8});
            part = &maker.fresh(type, shape);
        }
        x = &maker.known(parts.front());
        const Effect both = moves({part, x});
        effect = {.error_f32 = std::max(effect.error_f32, both.error_f32),
                  .error_f16 = std::max(effect.error_f16, both.error_f16),
                  .grain =
                      effect.grain && both.grain ? std::optional(std::min(*effect.grain, *both.grain)) : std::nullopt};
        parts.insert(maker.chance(2) ? parts.end() : parts.begin() + 1, part->id);
    }
    const int64_t where = written(maker, axis, x->shape());
    return maker.add("concat axis " + std::to_string(where), Concat{.axis = where}, parts, effect);
}

bool add_split(GraphMaker& maker)
{
    const KnownValue* x = any_of_rank(maker, 1, 6);
    if (x == nullptr)
        return false;
    const size_t axis = any_axis(maker, x->shape());
    Integers extents;
    for (int64_t rest = x->shape()[axis]; rest > 0 && extents.size() < 4;)
    {
        const int64_t extent =
            extents.size() == 3 ? rest : std::min(rest, maker.one_of<int64_t>({1, 3, 4, 4, 8, rest}));
        extents.push_back(extent);
        rest -= extent;
    }
    const int64_t where = written(maker, axis, x->shape());
    return maker.add("split axis " + std::to_string(where) + " into " + text(extents),
                     Split{.axis = where, .split = extents, .parts = int64_t(extents.size())}, {x->id}, moves({x}),
                     extents.size());
}

bool add_slice(GraphMaker& maker)
{
    const KnownValue* x = any_of_rank(maker, 1, 6);
    if (x == nullptr)
        return false;
    Slice slice;
    for (size_t axis = 0; axis < x->shape().rank(); ++axis)
    {
        const bool is_likely = axis == 1;
        if (!maker.chance(is_likely ? 2 : 4))
            continue;
        const int64_t extent = x->shape()[axis];
        const int64_t begin =
            maker.chance(2) ? std::min(extent - 1, maker.one_of<int64_t>({0, 4, 8})) : maker.number(0, extent - 1);
        const int64_t end = maker.number(begin + 1, extent);
        const bool is_backwards = maker.chance(6);
        slice.axes.push_back(int64_t(axis));
        slice.steps.push_back((is_backwards ? -1 : 1) * (maker.chance(5) ? 2 : 1));
        slice.starts.push_back(is_backwards ? end - 1 : begin);
        slice.ends.push_back(is_backwards ? begin - 1 - extent : end);
    }
    return maker.add("slice axes " + text(slice.axes) + " starts " + text(slice.starts) + " ends " + text(slice.ends) +
                         " steps " + text(slice.steps),
                     slice, {x->id}, moves({x}));
}

bool add_pad(GraphMaker& maker)
{
    const KnownValue* x = any_of_rank(maker, 1, 6);
    if (x == nullptr || x->type == DType::boolean)
        return false;
    Pad pad = {.mode = maker.one_of({PadMode::constant, PadMode::reflect, PadMode::edge})};
    const size_t rank = x->shape().rank();
    pad.pads.assign(2 * rank, 0);
    for (size_t axis = 0; axis < rank; ++axis)
    {
        const int64_t extent = x->shape()[axis];
        const int64_t most = pad.mode == PadMode::reflect ? std::min<int64_t>(extent - 1, 2) : 2;
        for (const size_t side : {axis, axis + rank})
        {
            if (maker.chance(rank > 3 ? 4 : 2))
                pad.pads[side] = maker.number(pad.mode == PadMode::constant && extent > 3 ? -1 : 0, most);
        }
    }
    if (pad.mode == PadMode::constant && is_float(x->type))
        pad.value = float(maker.number(-1, 1));
    return maker.add("pad mode " + std::to_string(int(pad.mode)) + " by " + text(pad.pads), pad, {x->id}, moves({x}));
}

bool add_transpose(GraphMaker& maker)
{
    const KnownValue* x = any_of_rank(maker, 2, 6);
    if (x == nullptr)
        return false;
    Integers permutation(x->shape().rank());
    std::iota(permutation.begin(), permutation.end(), 0);
    for (size_t i = permutation.size(); i-- > 1;)
        std::swap(permutation[i], permutation[size_t(maker.number(0, int64_t(i)))]);
    return maker.add("transpose " + text(permutation), Transpose{.permutation = permutation}, {x->id}, moves({x}));
}

bool add_reshape(GraphMaker& maker)
{
    const KnownValue* x = any_of_rank(maker, 1, 6);
    if (x == nullptr)
        return false;
    const auto rank = int64_t(x->shape().rank());
    switch (maker.number(0, 3))
    {
    case 0:
        return maker.add("flatten", Reshape{.kind = ReshapeKind::flatten, .axes = {maker.number(0, rank)}}, {x->id},
                         moves({x}));
    case 1:
        return maker.add("squeeze", Reshape{.kind = ReshapeKind::squeeze}, {x->id}, moves({x}));
    case 2:
        if (rank == 6)
            return false;
        return maker.add("unsqueeze", Reshape{.kind = ReshapeKind::unsqueeze, .axes = {maker.number(0, rank)}}, {x->id},
                         moves({x}));
    default:
        break;
    }
    // Batch and channels often stay, which then may share memory.
    Integers extents;
    int64_t rest = x->shape().elements();
    if (rank >= 2 && maker.chance(2))
    {
        extents = {x->shape()[0], x->shape()[1]};
        rest /= extents[0] * extents[1];
    }
    while (rest > 1 && extents.size() < 5)
    {
        int64_t factor = maker.number(1, 8);
        while (rest % factor != 0)
            --factor;
        extents.push_back(factor);
        rest /= factor;
    }
    extents.push_back(rest);
    return maker.add("reshape to " + text(extents), Reshape{.shape = extents}, {x->id}, moves({x}));
}

bool add_repetition(GraphMaker& maker)
{
    const KnownValue* x = any_of_rank(maker, 1, 6);
    if (x == nullptr)
        return false;
    const size_t rank = x->shape().rank();
    Integers extents(rank, 1);
    const bool expands = maker.chance(2);
    for (size_t axis = 0; axis < rank; ++axis)
    {
        if (expands ? x->shape()[axis] == 1 : maker.chance(3))
            extents[axis] = maker.number(1, 4);
    }
    if (!expands)
        return maker.add("tile " + text(extents), Tile{.repeats = extents}, {x->id}, moves({x}));
    while (extents.size() < 6 && maker.chance(4))
        extents.insert(extents.begin(), maker.number(1, 3));
    return maker.add("expand to " + text(extents), Expand{.shape = extents}, {x->id}, moves({x}));
}

bool add_gather(GraphMaker& maker)
{
    const KnownValue* x = any_of_rank(maker, 1, 5);
    if (x == nullptr)
        return false;
    const auto axis = size_t(maker.number(0, int64_t(x->shape().rank()) - 1));
    const int64_t extent = x->shape()[axis];
    const size_t most_rank = 7 - x->shape().rank();
    const KnownValue* indices = maker.any(
        [&](const KnownValue& value)
        {
            return (value.type == DType::i64 || value.type == DType::i32) && value.shape().rank() <= most_rank &&
                   value.magnitude < double(extent);
        });
    const ValueId id = x->id;
    if (indices == nullptr || maker.chance(2))
    {
        const Shape shape = maker.shape(size_t(maker.number(0, 1)), 8);
        const Tensor tensor = maker.integers(shape, DType::i64, -extent, extent - 1);
        indices = maker.chance(3) ? &maker.input(tensor) : &maker.constant(tensor);
    }
    const int64_t where = written(maker, axis, maker.known(id).shape());
    return maker.add("gather axis " + std::to_string(where), Gather{.axis = where}, {id, indices->id},
                     moves({&maker.known(id)}));
}

bool add_scatter(GraphMaker& maker)
{
    const KnownValue* data = any_of_rank(maker, 1, 6);
    if (data == nullptr)
        return false;
    const ValueId id = data->id;
    const DType type = data->type;
    const Shape whole = data->shape();
    const auto axis = size_t(maker.number(0, int64_t(whole.rank()) - 1));
    Shape updated = whole;
    Shape indexed = whole;
    for (size_t i = 0; i < whole.rank(); ++i)
    {
        if (i == axis)
            updated[i] = maker.number(1, 5);
        else if (maker.chance(3))
            updated[i] = maker.number(1, whole[i]);
        indexed[i] = i != axis && maker.chance(3) ? 1 : updated[i];
    }
    if (updated.elements() > 4096)
        return false;
    const Tensor tensor = maker.integers(indexed, DType::i64, -whole[axis], whole[axis] - 1);
    const ValueId indices = maker.chance(2) ? maker.input(tensor).id : maker.constant(tensor).id;
    const ValueId updates = maker.fresh(type, updated).id;
    const int64_t where = written(maker, axis, whole);
    return maker.add("scatter axis " + std::to_string(where), ScatterElements{.axis = where}, {id, indices, updates},
                     moves({&maker.known(id), &maker.known(updates)}));
}

bool add_depth_and_space(GraphMaker& maker)
{
    const bool is_to_space = maker.chance(2);
    const KnownValue* x = maker.any(
        [&](const KnownValue& value)
        {
            const Shape& shape = value.shape();
            return shape.rank() == 4 && (is_to_space ? shape[1] % 4 == 0 : shape[2] % 2 == 0 && shape[3] % 2 == 0);
        });
    if (x == nullptr)
        return false;
    const DepthOrder order = maker.one_of({DepthOrder::depth_column_row, DepthOrder::column_row_depth});
    if (is_to_space)
        return maker.add("depth to space, order " + std::to_string(int(order)), DepthToSpace{.order = order}, {x->id},
                         moves({x}));
    return maker.add("space to depth", SpaceToDepth{}, {x->id}, moves({x}));
}

} // namespace vkseg::test
