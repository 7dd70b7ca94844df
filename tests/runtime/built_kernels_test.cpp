#include "runtime/built_kernels.hpp"

#include <doctest/doctest.h>

/// Plans in builds of the library that lack kernels. This one lacks some for storages that no plan asks for.
namespace vkseg::test::built_kernels_test {
namespace {

Plan whole_plan()
{
    return {.dispatches = {{.shader = Shader::copy}, {.shader = Shader::copy, .variant = Storage::f16}}};
}

Plan plan_that_lacks_one()
{
    return {.dispatches = {{.shader = Shader::copy}, {.shader = Shader::conv_shared, .variant = Storage::i32}}};
}

} // namespace

TEST_CASE("built kernels: a plan whose kernels are all there is taken")
{
    const Limits desktop = {.max_workgroup_invocations = 1024};
    const ConvolutionChoice choice;
    int plans = 0;
    const auto plan_for = [&](const PlanRules& rules) -> Result<Plan>
    {
        ++plans;
        CHECK(rules.limits == desktop);
        CHECK(rules.choice == &choice);
        CHECK(rules.allow_winograd);
        return whole_plan();
    };
    CHECK(plan_with_built_kernels(desktop, &choice, plan_for).is_ok());
    CHECK(plans == 1);
}

TEST_CASE("built kernels: a choice whose kernels are missing gives way to the rules of the device")
{
    const Limits desktop = {.max_workgroup_invocations = 1024};
    const ConvolutionChoice choice;
    const auto plan_for = [&](const PlanRules& rules) -> Result<Plan>
    {
        CHECK(rules.limits == desktop);
        return rules.choice != nullptr ? plan_that_lacks_one() : whole_plan();
    };
    const Result<Plan> plan = plan_with_built_kernels(desktop, &choice, plan_for);
    REQUIRE(plan.is_ok());
    CHECK(plan->dispatches[1].shader == Shader::copy);
}

TEST_CASE("built kernels: if the device's kernels are missing, the plan is for the plainest limits, without Winograd")
{
    const ConvolutionChoice choice;
    Limits desktop = {.max_workgroup_invocations = 1024, .max_storage_buffer_range_bytes = size_t(1) << 31};
    desktop.has_arithmetic_f16 = true;
    desktop.preferences.reads_texels = true;
    const auto plan_for = [&](const PlanRules& rules) -> Result<Plan>
    {
        if (rules.limits == desktop)
            return plan_that_lacks_one();
        CHECK(rules.choice == nullptr);
        CHECK_FALSE(rules.allow_winograd);
        CHECK(rules.limits.max_workgroup_invocations == Limits().max_workgroup_invocations);
        CHECK(rules.limits.max_storage_buffer_range_bytes == desktop.max_storage_buffer_range_bytes);
        CHECK_FALSE(rules.limits.has_arithmetic_f16);
        CHECK(rules.limits.preferences == Preferences());
        return whole_plan();
    };
    const Result<Plan> plan = plan_with_built_kernels(desktop, &choice, plan_for);
    REQUIRE(plan.is_ok());
    CHECK(plan->dispatches[1].shader == Shader::copy);
}

TEST_CASE("built kernels: one that is missing there, too, is named")
{
    const auto plan_for = [&](const PlanRules&) -> Result<Plan> { return plan_that_lacks_one(); };
    const Result<Plan> plan = plan_with_built_kernels({}, nullptr, plan_for);
    REQUIRE_FALSE(plan.is_ok());
    CHECK(plan.status().code() == StatusCode::unsupported);
    CHECK(plan.status().message().find("'conv_shared' for i32") != std::string::npos);
    CHECK(plan.status().message().find("VKSEG_SHADERS_FOR") != std::string::npos);
}

TEST_CASE("built kernels: what the planner says stays, where no kernel is missing")
{
    const auto plan_for = [&](const PlanRules&) -> Result<Plan>
    { return Status(StatusCode::out_of_memory, "too large"); };
    CHECK(plan_with_built_kernels({}, nullptr, plan_for).status().message() == "too large");
}

} // namespace vkseg::test::built_kernels_test
