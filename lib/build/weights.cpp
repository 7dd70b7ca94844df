#include "vkseg/weights.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <sstream>
#include <unordered_map>

namespace vkseg {
namespace {

constexpr size_t listed_names = 20;

/// Names of weights or tensors with the same problem; the message lists the first of them.
class Complaint
{
public:
    explicit Complaint(const char* kind) : kind_(kind) {}

    void add(const std::string& name, const std::string& about = {})
    {
        if (count_++ < listed_names)
            text_ += (text_.empty() ? "'" : ", '") + printable(name) + "'" + about;
    }
    std::string text() const
    {
        if (count_ == 0)
            return {};
        const std::string more =
            count_ > listed_names ? " and " + std::to_string(count_ - listed_names) + " more" : std::string();
        return std::string("\n  ") + kind_ + " (" + std::to_string(count_) + "): " + text_ + more;
    }

private:
    const char* kind_;
    size_t count_ = 0;
    std::string text_;
};

bool agree(const Shape& declared, const Shape& given)
{
    return std::equal(declared.begin(), declared.end(), given.begin(), given.end(),
                      [](int64_t a, int64_t b) { return a == b || a == -1; });
}

/// True if the matrix holds the weights of a fully connected layer: a convolution whose window covers its whole input.
bool is_fully_connected(const Shape& declared, const Shape& given)
{
    return given.rank() == 2 && declared.rank() > 2 && declared.is_known() && declared[0] == given[0] &&
           declared.elements() == given.elements();
}

std::optional<Tensor> fitted(const Value& weight, const Tensor& tensor)
{
    if (is_float(weight.type) ? !is_float(tensor.type()) : weight.type != tensor.type())
        return std::nullopt;
    if (!weight.has_shape || agree(weight.shape, tensor.shape()))
        return tensor;
    if (is_fully_connected(weight.shape, tensor.shape()))
        return tensor.reshaped(weight.shape);
    return std::nullopt;
}

std::string described(DType type, const Shape& shape)
{
    return std::string(name(type)) + " " + to_string(shape);
}

std::string described(const Value& weight)
{
    return weight.has_shape ? described(weight.type, weight.shape) : name(weight.type);
}

/// Tensors that only training uses.
class Ignored
{
public:
    explicit Ignored(const Graph& graph)
    {
        const auto entry = graph.metadata.find("vkseg.ignored_weights");
        if (entry == graph.metadata.end())
            return;
        std::istringstream words(entry->second);
        for (std::string prefix; words >> prefix;)
            prefixes_.push_back(prefix);
    }
    bool contains(const std::string& name) const
    {
        return name.ends_with("num_batches_tracked") ||
               std::any_of(prefixes_.begin(), prefixes_.end(),
                           [&](const std::string& prefix) { return name.starts_with(prefix); });
    }

private:
    std::vector<std::string> prefixes_;
};

} // namespace

Status fill_weights(Graph& graph, const WeightFile& file)
{
    std::unordered_map<std::string_view, const Tensor*> unused;
    Complaint twice("given twice");
    for (const NamedTensor& tensor : file.tensors)
    {
        if (!unused.emplace(tensor.name, &tensor.tensor).second)
            twice.add(tensor.name);
    }
    Complaint missing("missing");
    Complaint misfits("of the wrong shape or type");
    std::vector<std::pair<ValueId, Tensor>> found;
    for (const ValueId id : graph.inputs)
    {
        const Value& weight = graph.values[id];
        if (!weight.is_weight)
            continue;
        const auto tensor = unused.find(weight.name);
        if (tensor == unused.end())
        {
            missing.add(weight.name);
            continue;
        }
        if (std::optional<Tensor> fit = fitted(weight, *tensor->second))
            found.emplace_back(id, *std::move(fit));
        else
            misfits.add(weight.name, " (expected " + described(weight) + ", got " +
                                         described(tensor->second->type(), tensor->second->shape()) + ")");
        unused.erase(tensor);
    }
    const Ignored ignored(graph);
    Complaint spare("not in the network");
    for (const NamedTensor& tensor : file.tensors)
    {
        if (unused.contains(tensor.name) && !ignored.contains(tensor.name))
            spare.add(tensor.name);
    }
    const std::string complaints = missing.text() + misfits.text() + spare.text() + twice.text();
    if (!complaints.empty())
        return Status(StatusCode::invalid_argument,
                      "network '" + printable(graph.name) + "': the given weights do not match:" + complaints);

    for (auto& [id, tensor] : found)
    {
        Value& weight = graph.values[id];
        weight.type = tensor.type();
        weight.shape = tensor.shape();
        weight.has_shape = true;
        weight.is_weight = false;
        weight.constant = std::move(tensor);
    }
    std::erase_if(graph.inputs, [&](ValueId id) { return graph.values[id].constant.has_value(); });
    return {};
}

} // namespace vkseg
