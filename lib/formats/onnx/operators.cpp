#include "formats/onnx/operators.hpp"

#include "base/text.hpp"

#include <algorithm>

namespace vkseg::onnx {
namespace {

std::array<std::span<const OperatorReader>, 16> families()
{
    return {attention_operators(),   control_flow_operators(),    convolution_operators(), detection_operators(),
            elementwise_operators(), integer_product_operators(), loss_operators(),        microsoft_operators(),
            movement_operators(),    normalization_operators(),   placement_operators(),   quantization_operators(),
            recurrent_operators(),   reduction_operators(),       sequence_operators(),    signal_operators()};
}

/// Reasons not to read operators, by the beginnings of their names.
struct Refusal
{
    std::string_view begins;
    const char* reason;
};

constexpr Refusal refusals[] = {
    {"Adagrad", "it trains a network"},
    {"Adam", "it trains a network"},
    {"Bernoulli", "it draws random numbers"},
    {"Gradient", "it trains a network"},
    {"ImageDecoder", "pictures are decoded outside of the network"},
    {"LabelEncoder", "there are no strings"},
    {"Momentum", "it trains a network"},
    {"Multinomial", "it draws random numbers"},
    {"Random", "it draws random numbers"},
    {"RegexFullMatch", "there are no strings"},
    {"String", "there are no strings"},
    {"TfIdfVectorizer", "there are no strings"},
};

} // namespace

std::string refusal_of(std::string_view domain, std::string_view op_type)
{
    if (!is_default_domain(domain))
    {
        const bool is_known = find_operator({}, op_type) != nullptr;
        return "the operator of domain '" + printable(domain) + "' is not supported" +
               (is_known ? ", only that of ONNX's own domain" : "");
    }
    for (const Refusal& refusal : refusals)
    {
        if (op_type.starts_with(refusal.begins))
            return std::string("the operator is not supported: ") + refusal.reason;
    }
    return "the operator is not supported";
}

std::vector<OperatorReader> operators()
{
    std::vector<OperatorReader> all;
    for (const auto& family : families())
        all.insert(all.end(), family.begin(), family.end());
    std::ranges::sort(all, {}, [](const OperatorReader& reader) { return std::pair(reader.domain, reader.op_type); });
    return all;
}

bool is_default_domain(std::string_view domain)
{
    return domain.empty() || domain == "ai.onnx";
}

const OperatorReader* find_operator(std::string_view domain, std::string_view op_type)
{
    const std::string_view wanted = is_default_domain(domain) ? std::string_view() : domain;
    for (const auto& family : families())
    {
        for (const OperatorReader& reader : family)
        {
            if (reader.op_type == op_type && reader.domain == wanted)
                return &reader;
        }
    }
    return nullptr;
}

} // namespace vkseg::onnx
