#include "random_graphs/graph_maker.hpp"

#include "reference/evaluate.hpp"
#include "runtime/host_transfer.hpp"

#include <algorithm>
#include <cmath>

namespace vkseg::test {
namespace {

constexpr int64_t most_elements = 4096;

} // namespace

const KnownValue* GraphMaker::any(const std::function<bool(const KnownValue&)>& suits)
{
    std::vector<const KnownValue*> found;
    for (const ValueId id : data_)
    {
        if (suits(known_.at(id)))
            found.push_back(&known_.at(id));
    }
    if (found.empty())
        return nullptr;
    const auto count = uint32_t(found.size());
    const uint32_t first = source_.next(count);
    return found[chance(2) ? std::max(first, source_.next(count)) : first];
}

Tensor GraphMaker::multiples(const Shape& shape, int64_t most, int grain)
{
    std::minstd_rand generator(1 + source_.next(1 << 16));
    std::vector<float> values(size_t(shape.elements()));
    for (float& value : values)
        value = std::ldexp(float(int64_t(generator() >> 4) % (2 * most + 1) - most), grain);
    return Tensor::from(shape, std::move(values));
}

Tensor GraphMaker::integers(const Shape& shape, DType type, int64_t least, int64_t most)
{
    std::minstd_rand generator(1 + source_.next(1 << 16));
    std::vector<int64_t> values(size_t(shape.elements()));
    for (int64_t& value : values)
        value = least + int64_t(generator() >> 4) % (most - least + 1);
    return with_output_type(Tensor::from_integers(shape, std::move(values)), type);
}

Tensor GraphMaker::booleans(const Shape& shape)
{
    return integers(shape, DType::boolean, 0, 1);
}

Shape GraphMaker::shape(size_t rank, int64_t most)
{
    Shape made;
    int64_t elements = 1;
    for (size_t axis = 0; axis < rank; ++axis)
    {
        const bool is_batch = axis == 0 && rank > 2;
        int64_t extent =
            is_batch ? one_of<int64_t>({1, 1, 1, 2, 3}) : one_of<int64_t>({1, 2, 3, 4, 5, 6, 7, 8, 12, 17});
        if (elements * extent > most)
            extent = 1;
        made.append(extent);
        elements *= extent;
    }
    return made;
}

const KnownValue& GraphMaker::keep(ValueId id, DType type, const Tensor& tensor, int grain)
{
    KnownValue value = *known_value(tensor, type, {.grain = grain});
    value.id = id;
    made_.expected[id] = {.tensor = tensor};
    return known_[id] = value;
}

bool GraphMaker::is_graph_input(ValueId id) const
{
    const std::vector<ValueId>& inputs = made_.graph.inputs;
    return std::find(inputs.begin(), inputs.end(), id) != inputs.end();
}

const KnownValue& GraphMaker::input(const Tensor& tensor, int grain)
{
    const std::string name = "x" + std::to_string(made_.graph.inputs.size());
    const ValueId id = made_.graph.add_input(name, tensor.type(), tensor.shape());
    made_.inputs.push_back({name, tensor});
    data_.push_back(id);
    return keep(id, tensor.type(), tensor, grain);
}

const KnownValue& GraphMaker::constant(const Tensor& tensor, int grain)
{
    const std::string name = "c" + std::to_string(made_.graph.values.size());
    const ValueId id = made_.graph.add_constant(name, tensor);
    return keep(id, tensor.type(), tensor, grain);
}

const KnownValue& GraphMaker::fresh(DType type, const Shape& shape)
{
    if (chance(2))
    {
        for (const ValueId id : constants_)
        {
            if (known(id).type == type && known(id).shape() == shape)
                return known(id);
        }
    }
    const int grain = is_float(type) ? int(-number(0, 1)) : 0;
    const Tensor tensor = is_float(type)           ? multiples(shape, number(1, 4), grain)
                          : type == DType::boolean ? booleans(shape)
                          : type == DType::u8      ? integers(shape, type, 0, 9)
                                                   : integers(shape, type, -9, 9);
    if (chance(3))
        return input(tensor, grain);
    constants_.push_back(constant(tensor, grain).id);
    return known(constants_.back());
}

bool GraphMaker::add(const std::string& text, const Op& op, const std::vector<ValueId>& inputs, const Effect& effect,
                     size_t outputs)
{
    std::vector<const Tensor*> arguments;
    std::vector<TensorInfo> infos;
    for (const ValueId id : inputs)
    {
        if (id == no_value)
        {
            arguments.push_back(nullptr);
            infos.push_back({.is_present = false});
            continue;
        }
        const KnownValue& value = known(id);
        arguments.push_back(&value.tensor);
        infos.push_back({.type = value.type, .shape = value.shape(), .constant = &value.tensor});
    }
    Op resolved = op;
    if (!resolve(resolved, infos).is_ok())
        return false;
    const Result<Outputs> inferred = infer(resolved, infos);
    if (!inferred.is_ok())
        return false;
    for (size_t i = 0; i < outputs; ++i)
    {
        const int64_t elements = (*inferred)[i].shape.elements();
        if (elements == 0 || elements > most_elements)
            return false;
    }
    const Result<reference::Tensors> results = reference::evaluate(op, arguments);
    if (!results.is_ok())
        return false;
    std::vector<KnownValue> values;
    for (size_t i = 0; i < outputs; ++i)
    {
        const DType type = (*inferred)[i].type;
        const std::optional<KnownValue> value = known_value(with_output_type((*results)[i], type), type, effect);
        if (!value || (value->magnitude == 0 && value->is_exact() && chance(2)))
            return false;
        values.push_back(*value);
    }
    last_ = made_.graph.add_node("n" + std::to_string(made_.graph.nodes.size()) + " " + text, op, inputs, outputs);
    for (size_t i = 0; i < outputs; ++i)
    {
        KnownValue& value = values[i];
        value.id = last_ + ValueId(i);
        made_.graph.values[value.id].type = value.type;
        made_.expected[value.id] = {value.tensor, value.error_f32, value.error_f16};
        known_[value.id] = value;
        data_.push_back(value.id);
    }
    return true;
}

/// What nobody reads is an output; so are some of the other values, and now and then one of them twice, an input or a
/// constant.
RandomGraph GraphMaker::finish()
{
    Graph& graph = made_.graph;
    std::vector<bool> is_read(graph.values.size());
    for (const Node& node : graph.nodes)
    {
        for (const ValueId id : node.inputs)
        {
            if (id != no_value)
                is_read[id] = true;
        }
    }
    for (const Node& node : graph.nodes)
    {
        for (const ValueId id : node.outputs)
        {
            if (!is_read[id] || chance(5))
                graph.outputs.push_back(id);
        }
    }
    if (graph.outputs.empty() || chance(12))
        graph.outputs.push_back(graph.inputs[size_t(number(0, int64_t(graph.inputs.size()) - 1))]);
    if (chance(12))
        graph.outputs.push_back(graph.outputs.front());
    if (!constants_.empty() && chance(12))
        graph.outputs.push_back(constants_.front());
    return std::move(made_);
}

RandomGraph random_graph(Source& source)
{
    GraphMaker maker(source);
    for (int64_t inputs = maker.number(1, 3); inputs > 0; --inputs)
    {
        const auto rank = size_t(maker.one_of<int64_t>({1, 2, 3, 4, 4, 4, 4, 5, 6}));
        const DType type = maker.one_of({DType::f32, DType::f32, DType::f32, DType::f32, DType::f32, DType::i64,
                                         DType::i32, DType::u8, DType::i8, DType::boolean});
        const Shape shape = maker.shape(rank);
        if (is_float(type))
        {
            const int grain = int(maker.number(-3, 0));
            maker.input(maker.multiples(shape, maker.number(2, 16), grain), grain);
        }
        else if (type == DType::boolean)
            maker.input(maker.booleans(shape));
        else
            maker.input(maker.integers(shape, type, type == DType::u8 ? 0 : -20, type == DType::u8 ? 255 : 20));
    }
    int64_t wanted = maker.number(1, 12);
    for (int attempts = 0; attempts < 60 && wanted > 0; ++attempts)
        wanted -= add_random_node(maker) ? 1 : 0;
    return maker.finish();
}

} // namespace vkseg::test
