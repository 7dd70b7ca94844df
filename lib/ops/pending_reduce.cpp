#include "ops/operators.hpp"
#include "reference/evaluate.hpp"
namespace vkseg {
static Status pending()
{
    return Status(StatusCode::unsupported, "not written yet");
}
Result<Outputs> infer(const Softmax&, Inputs)
{
    return pending();
}
LayoutRule layout_rule(const Softmax&, Inputs)
{
    return LayoutRule::any;
}
Result<Plan> plan(const Softmax&, const PlanRequest&)
{
    return pending();
}
namespace reference {
Result<Tensors> evaluate(const Softmax&, const Arguments&)
{
    return pending();
}
} // namespace reference
Result<Outputs> infer(const ArgReduce&, Inputs)
{
    return pending();
}
LayoutRule layout_rule(const ArgReduce&, Inputs)
{
    return LayoutRule::any;
}
Result<Plan> plan(const ArgReduce&, const PlanRequest&)
{
    return pending();
}
namespace reference {
Result<Tensors> evaluate(const ArgReduce&, const Arguments&)
{
    return pending();
}
} // namespace reference
Result<Outputs> infer(const Reduce&, Inputs)
{
    return pending();
}
LayoutRule layout_rule(const Reduce&, Inputs)
{
    return LayoutRule::any;
}
Result<Plan> plan(const Reduce&, const PlanRequest&)
{
    return pending();
}
namespace reference {
Result<Tensors> evaluate(const Reduce&, const Arguments&)
{
    return pending();
}
} // namespace reference
Result<Outputs> infer(const MatMul&, Inputs)
{
    return pending();
}
LayoutRule layout_rule(const MatMul&, Inputs)
{
    return LayoutRule::any;
}
Result<Plan> plan(const MatMul&, const PlanRequest&)
{
    return pending();
}
namespace reference {
Result<Tensors> evaluate(const MatMul&, const Arguments&)
{
    return pending();
}
} // namespace reference
Result<Outputs> infer(const Gemm&, Inputs)
{
    return pending();
}
LayoutRule layout_rule(const Gemm&, Inputs)
{
    return LayoutRule::any;
}
Result<Plan> plan(const Gemm&, const PlanRequest&)
{
    return pending();
}
namespace reference {
Result<Tensors> evaluate(const Gemm&, const Arguments&)
{
    return pending();
}
} // namespace reference
Status resolve(Reduce&, Inputs)
{
    return pending();
}
int64_t multiply_adds(const MatMul&, Inputs, const Outputs&)
{
    return 0;
}
int64_t multiply_adds(const Gemm&, Inputs, const Outputs&)
{
    return 0;
}
} // namespace vkseg
