#include "vkseg/graph_builder.hpp"

#include "base/div_ceil.hpp"
#include "base/try.hpp"
#include "ops/operators.hpp"

namespace vkseg {
namespace {

Integers doubled(const PerAxis& padding, size_t axes)
{
    Integers pads = padding.of(axes);
    const Integers ends = pads;
    pads.insert(pads.end(), ends.begin(), ends.end());
    return pads;
}

Integers axes_from(size_t first, size_t count)
{
    Integers axes;
    for (size_t i = 0; i < count; ++i)
        axes.push_back(int64_t(first + i));
    return axes;
}

Shape joined(std::initializer_list<int64_t> first, const Integers& rest)
{
    Shape shape(first);
    for (const int64_t extent : rest)
        shape.append(extent);
    return shape;
}

size_t count_outputs(const Op& op)
{
    const auto* const pool = std::get_if<Pool>(&op);
    const bool has_two = (pool != nullptr && pool->kind == PoolKind::max) || std::holds_alternative<TopK>(op);
    return has_two ? 2 : 1;
}

Window pool_window(const PoolLayer& options, size_t axes)
{
    return {.kernel = options.kernel.of(axes),
            .strides = options.stride.of(axes),
            .dilations = options.dilation.of(axes),
            .pads = doubled(options.padding, axes)};
}

} // namespace

GraphBuilder::GraphBuilder(std::string name)
{
    graph_.name = std::move(name);
}

ValueId GraphBuilder::fail(const std::string& layer, Status status)
{
    if (!has_failed())
        status_ = status.with_context("network '" + graph_.name + "': layer '" + layer + "'");
    return no_value;
}

Shape GraphBuilder::shape(ValueId x) const
{
    return x < graph_.values.size() ? graph_.values[x].shape : Shape();
}

size_t GraphBuilder::spatial_axes(ValueId x) const
{
    const size_t rank = shape(x).rank();
    return rank > 2 ? rank - 2 : 0;
}

Integers GraphBuilder::spatial_extents(ValueId x) const
{
    const Shape extents = shape(x);
    return Integers(extents.end() - spatial_axes(x), extents.end());
}

ValueId GraphBuilder::input(std::string name, Shape shape)
{
    if (!shape.is_known())
        return fail(name, Status(StatusCode::invalid_argument, "expected a known shape, got " + to_string(shape)));
    return has_failed() ? no_value : graph_.add_input(std::move(name), DType::f32, shape);
}

ValueId GraphBuilder::weight(const std::string& name, Shape shape)
{
    if (has_failed())
        return no_value;
    const auto [found, is_new] = weights_.try_emplace(name, no_value);
    if (is_new)
    {
        found->second = graph_.add_input(name, DType::f32, shape);
        graph_.values[found->second].is_weight = true;
    }
    else if (graph_.values[found->second].shape != shape)
        return fail(name, Status(StatusCode::invalid_argument, "expected shape " + to_string(shape) +
                                                                   ", but a layer of that name has " +
                                                                   to_string(graph_.values[found->second].shape)));
    return found->second;
}

ValueId GraphBuilder::constant(Tensor tensor)
{
    if (has_failed())
        return no_value;
    return graph_.add_constant("constant_" + std::to_string(graph_.values.size()), std::move(tensor));
}

Status GraphBuilder::infer_outputs(Node& node)
{
    const Tensor to_come; // placeholder for weights: infer checks that they are constants, but does not read them
    std::vector<TensorInfo> infos;
    for (const ValueId id : node.inputs)
    {
        if (id >= graph_.values.size())
            return Status(StatusCode::invalid_argument, "an input is not a value of this network");
        const Value& value = graph_.values[id];
        const Tensor* const constant = value.is_weight ? &to_come : value.constant ? &*value.constant : nullptr;
        infos.push_back({.type = value.type, .shape = value.shape, .constant = constant});
    }
    VKSEG_TRY(resolve(node.op, infos));
    VKSEG_ASSIGN(const Outputs outputs, infer(node.op, infos));
    for (size_t i = 0; i < node.outputs.size(); ++i)
    {
        Value& value = graph_.values[node.outputs[i]];
        value.type = outputs[i].type;
        value.shape = outputs[i].shape;
        value.has_shape = true;
    }
    return {};
}

ValueId GraphBuilder::node(Op op, std::vector<ValueId> inputs, std::string name)
{
    if (has_failed())
        return no_value;
    if (name.empty())
        name = vkseg::name(op) + "_" + std::to_string(graph_.nodes.size());
    const size_t outputs = count_outputs(op);
    const ValueId first = graph_.add_node(name, std::move(op), std::move(inputs), outputs);
    Status status = infer_outputs(graph_.nodes.back());
    return status.is_ok() ? first : fail(name, std::move(status));
}

ValueId GraphBuilder::conv(ValueId x, const std::string& layer, const ConvLayer& options)
{
    const size_t axes = spatial_axes(x);
    Conv op;
    op.window = {.kernel = options.kernel.of(axes),
                 .strides = options.stride.of(axes),
                 .dilations = options.dilation.of(axes),
                 .pads = doubled(options.padding, axes)};
    op.groups = options.groups;
    const int64_t group_inputs = channels(x) / std::max<int64_t>(options.groups, 1);
    std::vector<ValueId> inputs = {
        x, weight(layer + ".weight", joined({options.channels, group_inputs}, op.window.kernel))};
    if (options.has_bias)
        inputs.push_back(weight(layer + ".bias", {options.channels}));
    return node(std::move(op), std::move(inputs), layer);
}

ValueId GraphBuilder::conv_transpose(ValueId x, const std::string& layer, const ConvTransposeLayer& options)
{
    const size_t axes = spatial_axes(x);
    ConvTranspose op;
    op.window = {.kernel = options.kernel.of(axes),
                 .strides = options.stride.of(axes),
                 .dilations = {},
                 .pads = doubled(options.padding, axes)};
    op.groups = options.groups;
    op.output_padding = options.output_padding.of(axes);
    const int64_t group_outputs = options.channels / std::max<int64_t>(options.groups, 1);
    std::vector<ValueId> inputs = {x,
                                   weight(layer + ".weight", joined({channels(x), group_outputs}, op.window.kernel))};
    if (options.has_bias)
        inputs.push_back(weight(layer + ".bias", {options.channels}));
    return node(std::move(op), std::move(inputs), layer);
}

ValueId GraphBuilder::linear(ValueId x, const std::string& layer, int64_t features)
{
    Gemm op;
    op.transpose_b = true;
    const ValueId matrix = weight(layer + ".weight", {features, channels(x)});
    return node(op, {x, matrix, weight(layer + ".bias", {features})}, layer);
}

ValueId GraphBuilder::batch_norm(ValueId x, const std::string& layer, float epsilon)
{
    std::vector<ValueId> inputs = {x};
    for (const char* part : {".weight", ".bias", ".running_mean", ".running_var"})
        inputs.push_back(weight(layer + part, {channels(x)}));
    return node(BatchNormalization{.epsilon = epsilon}, std::move(inputs), layer);
}

ValueId GraphBuilder::prelu(ValueId x, const std::string& layer)
{
    const ValueId slopes = weight(layer + ".weight", {channels(x)});
    Integers extents(spatial_axes(x) + 1, 1);
    extents[0] = channels(x);
    return node(Binary{.kind = BinaryKind::prelu}, {x, reshape(slopes, std::move(extents))}, layer);
}

ValueId GraphBuilder::unary(ValueId x, UnaryKind kind, float a, float b)
{
    return node(Unary{.kind = kind, .a = a, .b = b}, {x});
}

ValueId GraphBuilder::relu(ValueId x)
{
    return unary(x, UnaryKind::relu);
}

ValueId GraphBuilder::sigmoid(ValueId x)
{
    return unary(x, UnaryKind::sigmoid);
}

ValueId GraphBuilder::add(ValueId a, ValueId b)
{
    return node(Binary{.kind = BinaryKind::add}, {a, b});
}

ValueId GraphBuilder::mul(ValueId a, ValueId b)
{
    return node(Binary{.kind = BinaryKind::mul}, {a, b});
}

ValueId GraphBuilder::scale(ValueId x, float factor)
{
    return mul(x, constant(Tensor::from({}, {factor})));
}

ValueId GraphBuilder::softmax(ValueId x, int64_t axis)
{
    return node(Softmax{.axis = axis}, {x});
}

GraphBuilder::Pooled GraphBuilder::max_pool_with_indices(ValueId x, const PoolLayer& options)
{
    Pool op;
    op.window = pool_window(options, spatial_axes(x));
    op.ceil_mode = options.ceil_mode;
    const ValueId values = node(std::move(op), {x});
    return {.values = values, .indices = values == no_value ? no_value : values + 1};
}

ValueId GraphBuilder::max_pool(ValueId x, const PoolLayer& options)
{
    const ValueId values = max_pool_with_indices(x, options).values;
    if (!has_failed())
        graph_.nodes.back().outputs[1] = no_value;
    return values;
}

ValueId GraphBuilder::max_unpool(ValueId x, ValueId indices, ValueId like, const PoolLayer& options)
{
    MaxUnpool op;
    op.window = pool_window(options, spatial_axes(x));
    Shape extents = shape(x);
    for (size_t axis = 2; axis < extents.rank(); ++axis)
        extents[axis] = shape(like)[axis];
    op.output_shape.assign(extents.begin(), extents.end());
    return node(std::move(op), {x, indices});
}

ValueId GraphBuilder::average_pool(ValueId x, const PoolLayer& options)
{
    Pool op;
    op.kind = PoolKind::average;
    op.window = pool_window(options, spatial_axes(x));
    op.ceil_mode = options.ceil_mode;
    op.count_include_pad = options.count_include_pad;
    return node(std::move(op), {x});
}

ValueId GraphBuilder::adaptive_average_pool(ValueId x, int64_t bins)
{
    if (has_failed())
        return no_value;
    if (bins < 1)
        return fail("adaptive_average_pool",
                    Status(StatusCode::invalid_argument, "expected one bin or more, got " + std::to_string(bins)));
    const Integers extents = spatial_extents(x);
    bool divides = true;
    Integers sizes = extents;
    for (int64_t& size : sizes)
    {
        divides = divides && size % bins == 0;
        size /= bins;
    }
    if (bins == 1)
    {
        Reduce mean;
        mean.all_spatial = true;
        return node(std::move(mean), {x});
    }
    if (divides)
        return average_pool(x, {.kernel = PerAxis(sizes), .stride = PerAxis(sizes)});
    // The bins have several sizes and may overlap. The mean is separable: average over one axis after the other.
    for (size_t axis = 0; axis < extents.size(); ++axis)
    {
        std::vector<ValueId> means;
        for (int64_t bin = 0; bin < bins; ++bin)
        {
            const int64_t end = div_ceil((bin + 1) * extents[axis], bins);
            const ValueId part = slice(x, int64_t(axis) + 2, bin * extents[axis] / bins, end);
            Reduce mean;
            mean.axes = {int64_t(axis) + 2};
            means.push_back(node(std::move(mean), {part}));
        }
        x = concat(means, int64_t(axis) + 2);
    }
    return x;
}

ValueId GraphBuilder::resize(ValueId x, const PerAxis& extents, const Interpolation& how)
{
    const size_t axes = spatial_axes(x);
    Resize op;
    op.mode = how.mode;
    op.coordinates = how.align_corners                 ? CoordinateTransformation::align_corners
                     : how.mode == ResizeMode::nearest ? CoordinateTransformation::asymmetric
                                                       : CoordinateTransformation::half_pixel;
    op.nearest_mode = NearestMode::floor;
    op.sizes = extents.of(axes);
    op.axes = axes_from(2, axes);
    if (op.sizes == spatial_extents(x))
        return x;
    return node(std::move(op), {x});
}

ValueId GraphBuilder::resize_like(ValueId x, ValueId like, const Interpolation& how)
{
    return resize(x, PerAxis(spatial_extents(like)), how);
}

ValueId GraphBuilder::concat(const std::vector<ValueId>& parts, int64_t axis)
{
    return node(Concat{.axis = axis}, parts);
}

ValueId GraphBuilder::pad(ValueId x, const PerAxis& begins, const PerAxis& ends, PadMode mode)
{
    const size_t axes = spatial_axes(x);
    Pad op;
    op.mode = mode;
    op.pads = begins.of(axes);
    const Integers after = ends.of(axes);
    op.pads.insert(op.pads.end(), after.begin(), after.end());
    if (op.pads == Integers(op.pads.size(), 0))
        return x;
    op.axes = axes_from(2, axes);
    return node(std::move(op), {x});
}

ValueId GraphBuilder::crop_like(ValueId x, ValueId like, const PerAxis& offset)
{
    const size_t axes = spatial_axes(x);
    Slice op;
    op.starts = offset.of(axes);
    op.ends = spatial_extents(like);
    op.axes = axes_from(2, axes);
    if (has_failed())
        return no_value;
    if (op.starts.size() != axes || op.ends.size() != axes)
        return fail("crop", Status(StatusCode::invalid_argument,
                                   "cannot crop " + to_string(shape(x)) + " to the size of " + to_string(shape(like)) +
                                       " with " + std::to_string(op.starts.size()) + " offsets"));
    for (size_t axis = 0; axis < axes; ++axis)
    {
        op.ends[axis] += op.starts[axis];
        if (op.starts[axis] < 0 || op.ends[axis] > shape(x)[axis + 2])
            return fail("crop",
                        Status(StatusCode::invalid_argument, "a window of the size of " + to_string(shape(like)) +
                                                                 " at offset " + std::to_string(op.starts[axis]) +
                                                                 " does not fit into " + to_string(shape(x))));
    }
    return shape(x) == shape(like) ? x : node(std::move(op), {x});
}

ValueId GraphBuilder::center_crop_like(ValueId x, ValueId like)
{
    Integers offset = spatial_extents(x);
    const Integers inner = spatial_extents(like);
    for (size_t axis = 0; axis < offset.size() && axis < inner.size(); ++axis)
        offset[axis] = (offset[axis] - inner[axis]) / 2;
    return crop_like(x, like, PerAxis(std::move(offset)));
}

ValueId GraphBuilder::slice(ValueId x, int64_t axis, int64_t begin, int64_t end)
{
    return node(Slice{.starts = {begin}, .ends = {end}, .axes = {axis}, .steps = {}}, {x});
}

ValueId GraphBuilder::reshape(ValueId x, Integers extents)
{
    Reshape op;
    op.shape = std::move(extents);
    return node(std::move(op), {x});
}

ValueId GraphBuilder::transpose(ValueId x, Integers permutation)
{
    return node(Transpose{.permutation = std::move(permutation)}, {x});
}

void GraphBuilder::note(std::string key, std::string value)
{
    graph_.metadata[std::move(key)] = std::move(value);
}

Result<Graph> GraphBuilder::finish(const std::vector<ValueId>& outputs, const std::vector<std::string>& names)
{
    if (has_failed())
        return status_;
    for (size_t i = 0; i < outputs.size() && i < names.size(); ++i)
    {
        if (outputs[i] < graph_.values.size())
            graph_.values[outputs[i]].name = names[i];
    }
    graph_.outputs = outputs;
    weights_.clear();
    Graph graph = std::exchange(graph_, {});
    VKSEG_TRY(validate(graph));
    return graph;
}

} // namespace vkseg
