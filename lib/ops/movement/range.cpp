#include "ops/operators.hpp"
#include "ops/shape_rules.hpp"

#include "base/try.hpp"

#include <cmath>

namespace vkseg {
namespace {

/// max(0, ceil((limit - start) / delta)) in integers, where the difference may not fit 64 bits.
uint64_t integer_count(int64_t start, int64_t limit, int64_t delta)
{
    if (delta > 0 ? start >= limit : start <= limit)
        return 0;
    const uint64_t distance = delta > 0 ? uint64_t(limit) - uint64_t(start) : uint64_t(start) - uint64_t(limit);
    const uint64_t step = delta > 0 ? uint64_t(delta) : uint64_t(0) - uint64_t(delta);
    return (distance - 1) / step + 1;
}

Result<int64_t> range_count(Inputs inputs)
{
    constexpr const char* names[] = {"start", "limit", "delta"};
    std::array<Integers, 3> integers;
    std::array<double, 3> floats = {};
    for (size_t i = 0; i < 3; ++i)
    {
        VKSEG_TRY(read_parameter(inputs, i, names[i], integers[i]));
        if (integers[i].size() != 1 || inputs[i].type != inputs[0].type)
            return Status(StatusCode::invalid_model, std::string(names[i]) + " must be one " + name(inputs[0].type) +
                                                         ", got " + std::to_string(integers[i].size()) + " values of " +
                                                         name(inputs[i].type));
        floats[i] = inputs[i].constant->to_floats()[0];
        if (!std::isfinite(floats[i]))
            return Status(StatusCode::invalid_model,
                          std::string(names[i]) + " must be finite, got " + std::to_string(floats[i]));
    }
    const bool is_integer = !is_float(inputs[0].type);
    if (is_integer ? integers[2][0] == 0 : !(floats[2] != 0))
        return Status(StatusCode::invalid_model, "delta must not be 0");
    const double count = is_integer ? double(integer_count(integers[0][0], integers[1][0], integers[2][0]))
                                    : std::max(0.0, std::ceil((floats[1] - floats[0]) / floats[2]));
    if (!(count <= INT32_MAX))
        return Status(StatusCode::unsupported, "a range must have fewer than 2^31 values");
    return int64_t(count);
}

} // namespace

Signature signature(const Range&)
{
    return {.name = "Range", .min_inputs = 3, .max_inputs = 3, .data_inputs = 0};
}

Result<Outputs> infer(const Range&, Inputs inputs)
{
    VKSEG_TRY(check_given(inputs, 3));
    VKSEG_ASSIGN(const int64_t count, range_count(inputs));
    return Outputs{{.type = inputs[0].type, .shape = {count}}};
}

LayoutRule layout_rule(const Range&, Inputs)
{
    return LayoutRule::any;
}

Result<Plan> plan(const Range&, const PlanRequest&)
{
    return host_only("a range");
}

} // namespace vkseg
