#include "ops/operators.hpp"
#include "reference/evaluate.hpp"
namespace vkseg {
static Status pending()
{
    return Status(StatusCode::unsupported, "not written yet");
}
Result<Outputs> infer(const Conv&, Inputs)
{
    return pending();
}
LayoutRule layout_rule(const Conv&, Inputs)
{
    return LayoutRule::any;
}
Result<Plan> plan(const Conv&, const PlanRequest&)
{
    return pending();
}
namespace reference {
Result<Tensors> evaluate(const Conv&, const Arguments&)
{
    return pending();
}
} // namespace reference
Result<Outputs> infer(const ConvTranspose&, Inputs)
{
    return pending();
}
LayoutRule layout_rule(const ConvTranspose&, Inputs)
{
    return LayoutRule::any;
}
Result<Plan> plan(const ConvTranspose&, const PlanRequest&)
{
    return pending();
}
namespace reference {
Result<Tensors> evaluate(const ConvTranspose&, const Arguments&)
{
    return pending();
}
} // namespace reference
size_t data_inputs(const Conv&, Inputs)
{
    return 1;
}
std::vector<std::byte> pack(const Conv&, Inputs, uint32_t, Storage)
{
    return {};
}
std::vector<std::byte> pack(const ConvTranspose&, Inputs, uint32_t, Storage)
{
    return {};
}
int64_t multiply_adds(const Conv&, Inputs, const Outputs&)
{
    return 0;
}
int64_t multiply_adds(const ConvTranspose&, Inputs, const Outputs&)
{
    return 0;
}
} // namespace vkseg
