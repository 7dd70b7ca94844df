#include "ops/matrix/einsum.hpp"

#include "base/try.hpp"
#include "reference/elements.hpp"
#include "reference/evaluate.hpp"

namespace vkseg::reference {
namespace {

/// Walks over all values of all letters, and gives the place of the operands' and the result's elements.
class EinsumWalk
{
public:
    EinsumWalk(const EinsumTerms& terms, std::span<const TensorInfo> infos, const Shape& output)
    {
        for (const auto& [label, extent] : terms.extents)
            letters_.push_back({.extent = extent, .strides = std::vector<int64_t>(infos.size() + 1)});
        for (size_t i = 0; i < infos.size(); ++i)
            add_strides(terms, terms.operands[i], infos[i].shape, i);
        add_strides(terms, terms.output, output, infos.size());
        places_.resize(infos.size() + 1);
        for (const Letter& letter : letters_)
            steps_ *= letter.extent;
    }

    int64_t steps() const { return steps_; }
    size_t place(size_t operand) const { return size_t(places_[operand]); }

    void advance()
    {
        for (Letter& letter : letters_)
        {
            const bool wraps = ++letter.at == letter.extent;
            for (size_t i = 0; i < places_.size(); ++i)
                places_[i] += letter.strides[i] * (wraps ? 1 - letter.extent : 1);
            if (!wraps)
                return;
            letter.at = 0;
        }
    }

private:
    struct Letter
    {
        int64_t extent = 1;
        std::vector<int64_t> strides; ///< in each operand, then in the result
        int64_t at = 0;
    };

    void add_strides(const EinsumTerms& terms, const std::vector<int>& labels, const Shape& shape, size_t operand)
    {
        int64_t stride = 1;
        for (size_t axis = labels.size(); axis-- > 0;)
        {
            const auto letter = terms.extents.find(labels[axis]);
            if (shape[axis] != 1)
                letters_[size_t(std::distance(terms.extents.begin(), letter))].strides[operand] += stride;
            stride *= shape[axis];
        }
    }

    std::vector<Letter> letters_;
    std::vector<int64_t> places_;
    int64_t steps_ = 1;
};

template <class Sum, class Values>
std::vector<Sum> sums_of_products(const std::vector<Values>& operands, EinsumWalk walk, const Shape& output)
{
    std::vector<Sum> sums(size_t(output.elements()));
    for (int64_t step = 0; step < walk.steps(); ++step)
    {
        Sum product = 1;
        for (size_t i = 0; i < operands.size(); ++i)
            product *= Sum(operands[i][walk.place(i)]);
        sums[walk.place(operands.size())] += product;
        walk.advance();
    }
    return sums;
}

} // namespace

Result<Tensors> evaluate(const Einsum& op, const Arguments& arguments)
{
    std::vector<TensorInfo> infos;
    for (const Tensor* input : arguments.inputs)
        infos.push_back({.type = input->type(), .shape = input->shape()});
    VKSEG_ASSIGN(const EinsumTerms terms, einsum_terms(op, infos));
    const TensorInfo& output = arguments.outputs[0];
    const EinsumWalk walk(terms, infos, output.shape);
    if (is_float(output.type))
    {
        std::vector<std::vector<float>> operands;
        for (const Tensor* input : arguments.inputs)
            operands.push_back(input->to_floats());
        const std::vector<double> sums = sums_of_products<double>(operands, walk, output.shape);
        return Tensors{Tensor::from(output.shape, std::vector<float>(sums.begin(), sums.end()))};
    }
    std::vector<std::vector<int64_t>> operands;
    for (const Tensor* input : arguments.inputs)
        operands.push_back(input->to_integers());
    return Tensors{integers_of(output.type, output.shape, sums_of_products<int64_t>(operands, walk, output.shape))};
}

} // namespace vkseg::reference
