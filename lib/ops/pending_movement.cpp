#include "ops/operators.hpp"
#include "reference/evaluate.hpp"
namespace vkseg {
static Status pending()
{
    return Status(StatusCode::unsupported, "not written yet");
}
Result<Outputs> infer(const Concat&, Inputs)
{
    return pending();
}
LayoutRule layout_rule(const Concat&, Inputs)
{
    return LayoutRule::any;
}
Result<Plan> plan(const Concat&, const PlanRequest&)
{
    return pending();
}
namespace reference {
Result<Tensors> evaluate(const Concat&, const Arguments&)
{
    return pending();
}
} // namespace reference
Result<Outputs> infer(const Split&, Inputs)
{
    return pending();
}
LayoutRule layout_rule(const Split&, Inputs)
{
    return LayoutRule::any;
}
Result<Plan> plan(const Split&, const PlanRequest&)
{
    return pending();
}
namespace reference {
Result<Tensors> evaluate(const Split&, const Arguments&)
{
    return pending();
}
} // namespace reference
Result<Outputs> infer(const Slice&, Inputs)
{
    return pending();
}
LayoutRule layout_rule(const Slice&, Inputs)
{
    return LayoutRule::any;
}
Result<Plan> plan(const Slice&, const PlanRequest&)
{
    return pending();
}
namespace reference {
Result<Tensors> evaluate(const Slice&, const Arguments&)
{
    return pending();
}
} // namespace reference
Result<Outputs> infer(const Pad&, Inputs)
{
    return pending();
}
LayoutRule layout_rule(const Pad&, Inputs)
{
    return LayoutRule::any;
}
Result<Plan> plan(const Pad&, const PlanRequest&)
{
    return pending();
}
namespace reference {
Result<Tensors> evaluate(const Pad&, const Arguments&)
{
    return pending();
}
} // namespace reference
Result<Outputs> infer(const Transpose&, Inputs)
{
    return pending();
}
LayoutRule layout_rule(const Transpose&, Inputs)
{
    return LayoutRule::any;
}
Result<Plan> plan(const Transpose&, const PlanRequest&)
{
    return pending();
}
namespace reference {
Result<Tensors> evaluate(const Transpose&, const Arguments&)
{
    return pending();
}
} // namespace reference
Result<Outputs> infer(const Reshape&, Inputs)
{
    return pending();
}
LayoutRule layout_rule(const Reshape&, Inputs)
{
    return LayoutRule::any;
}
Result<Plan> plan(const Reshape&, const PlanRequest&)
{
    return pending();
}
namespace reference {
Result<Tensors> evaluate(const Reshape&, const Arguments&)
{
    return pending();
}
} // namespace reference
Result<Outputs> infer(const Expand&, Inputs)
{
    return pending();
}
LayoutRule layout_rule(const Expand&, Inputs)
{
    return LayoutRule::any;
}
Result<Plan> plan(const Expand&, const PlanRequest&)
{
    return pending();
}
namespace reference {
Result<Tensors> evaluate(const Expand&, const Arguments&)
{
    return pending();
}
} // namespace reference
Result<Outputs> infer(const Tile&, Inputs)
{
    return pending();
}
LayoutRule layout_rule(const Tile&, Inputs)
{
    return LayoutRule::any;
}
Result<Plan> plan(const Tile&, const PlanRequest&)
{
    return pending();
}
namespace reference {
Result<Tensors> evaluate(const Tile&, const Arguments&)
{
    return pending();
}
} // namespace reference
Result<Outputs> infer(const Gather&, Inputs)
{
    return pending();
}
LayoutRule layout_rule(const Gather&, Inputs)
{
    return LayoutRule::any;
}
Result<Plan> plan(const Gather&, const PlanRequest&)
{
    return pending();
}
namespace reference {
Result<Tensors> evaluate(const Gather&, const Arguments&)
{
    return pending();
}
} // namespace reference
Result<Outputs> infer(const DepthToSpace&, Inputs)
{
    return pending();
}
LayoutRule layout_rule(const DepthToSpace&, Inputs)
{
    return LayoutRule::any;
}
Result<Plan> plan(const DepthToSpace&, const PlanRequest&)
{
    return pending();
}
namespace reference {
Result<Tensors> evaluate(const DepthToSpace&, const Arguments&)
{
    return pending();
}
} // namespace reference
Result<Outputs> infer(const SpaceToDepth&, Inputs)
{
    return pending();
}
LayoutRule layout_rule(const SpaceToDepth&, Inputs)
{
    return LayoutRule::any;
}
Result<Plan> plan(const SpaceToDepth&, const PlanRequest&)
{
    return pending();
}
namespace reference {
Result<Tensors> evaluate(const SpaceToDepth&, const Arguments&)
{
    return pending();
}
} // namespace reference
Result<Outputs> infer(const ShapeOf&, Inputs)
{
    return pending();
}
LayoutRule layout_rule(const ShapeOf&, Inputs)
{
    return LayoutRule::any;
}
Result<Plan> plan(const ShapeOf&, const PlanRequest&)
{
    return pending();
}
namespace reference {
Result<Tensors> evaluate(const ShapeOf&, const Arguments&)
{
    return pending();
}
} // namespace reference
Result<Outputs> infer(const ConstantOfShape&, Inputs)
{
    return pending();
}
LayoutRule layout_rule(const ConstantOfShape&, Inputs)
{
    return LayoutRule::any;
}
Result<Plan> plan(const ConstantOfShape&, const PlanRequest&)
{
    return pending();
}
namespace reference {
Result<Tensors> evaluate(const ConstantOfShape&, const Arguments&)
{
    return pending();
}
} // namespace reference
Result<Outputs> infer(const Range&, Inputs)
{
    return pending();
}
LayoutRule layout_rule(const Range&, Inputs)
{
    return LayoutRule::any;
}
Result<Plan> plan(const Range&, const PlanRequest&)
{
    return pending();
}
namespace reference {
Result<Tensors> evaluate(const Range&, const Arguments&)
{
    return pending();
}
} // namespace reference
Status resolve(Split&, Inputs)
{
    return pending();
}
Status resolve(Slice&, Inputs)
{
    return pending();
}
Status resolve(Pad&, Inputs)
{
    return pending();
}
Status resolve(Reshape&, Inputs)
{
    return pending();
}
Status resolve(Expand&, Inputs)
{
    return pending();
}
Status resolve(Tile&, Inputs)
{
    return pending();
}
} // namespace vkseg
