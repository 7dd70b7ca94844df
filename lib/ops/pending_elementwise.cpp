#include "ops/operators.hpp"
#include "reference/evaluate.hpp"
namespace vkseg {
static Status pending()
{
    return Status(StatusCode::unsupported, "not written yet");
}
Result<Outputs> infer(const Unary&, Inputs)
{
    return pending();
}
LayoutRule layout_rule(const Unary&, Inputs)
{
    return LayoutRule::any;
}
Result<Plan> plan(const Unary&, const PlanRequest&)
{
    return pending();
}
namespace reference {
Result<Tensors> evaluate(const Unary&, const Arguments&)
{
    return pending();
}
} // namespace reference
Result<Outputs> infer(const Binary&, Inputs)
{
    return pending();
}
LayoutRule layout_rule(const Binary&, Inputs)
{
    return LayoutRule::any;
}
Result<Plan> plan(const Binary&, const PlanRequest&)
{
    return pending();
}
namespace reference {
Result<Tensors> evaluate(const Binary&, const Arguments&)
{
    return pending();
}
} // namespace reference
Result<Outputs> infer(const Where&, Inputs)
{
    return pending();
}
LayoutRule layout_rule(const Where&, Inputs)
{
    return LayoutRule::any;
}
Result<Plan> plan(const Where&, const PlanRequest&)
{
    return pending();
}
namespace reference {
Result<Tensors> evaluate(const Where&, const Arguments&)
{
    return pending();
}
} // namespace reference
Result<Outputs> infer(const Cast&, Inputs)
{
    return pending();
}
LayoutRule layout_rule(const Cast&, Inputs)
{
    return LayoutRule::any;
}
Result<Plan> plan(const Cast&, const PlanRequest&)
{
    return pending();
}
namespace reference {
Result<Tensors> evaluate(const Cast&, const Arguments&)
{
    return pending();
}
} // namespace reference
Status resolve(Unary&, Inputs)
{
    return pending();
}
} // namespace vkseg
