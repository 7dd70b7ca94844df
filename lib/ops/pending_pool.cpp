#include "ops/operators.hpp"
#include "reference/evaluate.hpp"
namespace vkseg {
static Status pending()
{
    return Status(StatusCode::unsupported, "not written yet");
}
Result<Outputs> infer(const Pool&, Inputs)
{
    return pending();
}
LayoutRule layout_rule(const Pool&, Inputs)
{
    return LayoutRule::any;
}
Result<Plan> plan(const Pool&, const PlanRequest&)
{
    return pending();
}
namespace reference {
Result<Tensors> evaluate(const Pool&, const Arguments&)
{
    return pending();
}
} // namespace reference
Result<Outputs> infer(const MaxUnpool&, Inputs)
{
    return pending();
}
LayoutRule layout_rule(const MaxUnpool&, Inputs)
{
    return LayoutRule::any;
}
Result<Plan> plan(const MaxUnpool&, const PlanRequest&)
{
    return pending();
}
namespace reference {
Result<Tensors> evaluate(const MaxUnpool&, const Arguments&)
{
    return pending();
}
} // namespace reference
Result<Outputs> infer(const BedOfNails&, Inputs)
{
    return pending();
}
LayoutRule layout_rule(const BedOfNails&, Inputs)
{
    return LayoutRule::any;
}
Result<Plan> plan(const BedOfNails&, const PlanRequest&)
{
    return pending();
}
namespace reference {
Result<Tensors> evaluate(const BedOfNails&, const Arguments&)
{
    return pending();
}
} // namespace reference
Result<Outputs> infer(const Resize&, Inputs)
{
    return pending();
}
LayoutRule layout_rule(const Resize&, Inputs)
{
    return LayoutRule::any;
}
Result<Plan> plan(const Resize&, const PlanRequest&)
{
    return pending();
}
namespace reference {
Result<Tensors> evaluate(const Resize&, const Arguments&)
{
    return pending();
}
} // namespace reference
Result<Outputs> infer(const BatchNormalization&, Inputs)
{
    return pending();
}
LayoutRule layout_rule(const BatchNormalization&, Inputs)
{
    return LayoutRule::any;
}
Result<Plan> plan(const BatchNormalization&, const PlanRequest&)
{
    return pending();
}
namespace reference {
Result<Tensors> evaluate(const BatchNormalization&, const Arguments&)
{
    return pending();
}
} // namespace reference
Result<Outputs> infer(const InstanceNormalization&, Inputs)
{
    return pending();
}
LayoutRule layout_rule(const InstanceNormalization&, Inputs)
{
    return LayoutRule::any;
}
Result<Plan> plan(const InstanceNormalization&, const PlanRequest&)
{
    return pending();
}
namespace reference {
Result<Tensors> evaluate(const InstanceNormalization&, const Arguments&)
{
    return pending();
}
} // namespace reference
Result<Outputs> infer(const Lrn&, Inputs)
{
    return pending();
}
LayoutRule layout_rule(const Lrn&, Inputs)
{
    return LayoutRule::any;
}
Result<Plan> plan(const Lrn&, const PlanRequest&)
{
    return pending();
}
namespace reference {
Result<Tensors> evaluate(const Lrn&, const Arguments&)
{
    return pending();
}
} // namespace reference
Status resolve(MaxUnpool&, Inputs)
{
    return pending();
}
Status resolve(Resize&, Inputs)
{
    return pending();
}
std::vector<std::byte> pack(const BatchNormalization&, Inputs, uint32_t, Storage)
{
    return {};
}
std::vector<std::byte> pack(const InstanceNormalization&, Inputs, uint32_t, Storage)
{
    return {};
}
} // namespace vkseg
