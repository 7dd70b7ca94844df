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
    const auto plan_for = [&](const Limits& limits, const ConvolutionChoice* chosen) -> Result<Plan>
    {
        ++plans;
        CHECK(limits == desktop);
        CHECK(chosen == &choice);
        return whole_plan();
    };
    CHECK(plan_with_built_kernels(desktop, &choice, plan_for).is_ok());
    CHECK(plans == 1);
}

TEST_CASE("built kernels: where one is missing, the plan is for the plainest limits, by rules")
{
    const ConvolutionChoice choice;
    Limits desktop = {.max_workgroup_invocations = 1024, .max_storage_buffer_range_bytes = size_t(1) << 31};
    desktop.has_arithmetic_f16 = true;
    desktop.preferences.reads_texels = true;
    const auto plan_for = [&](const Limits& limits, const ConvolutionChoice* chosen) -> Result<Plan>
    {
        if (chosen != nullptr)
            return plan_that_lacks_one();
        CHECK(limits.max_workgroup_invocations == Limits().max_workgroup_invocations);
        CHECK(limits.max_storage_buffer_range_bytes == desktop.max_storage_buffer_range_bytes);
        CHECK_FALSE(limits.has_arithmetic_f16);
        CHECK(limits.preferences == Preferences());
        return whole_plan();
    };
    const Result<Plan> plan = plan_with_built_kernels(desktop, &choice, plan_for);
    REQUIRE(plan.is_ok());
    CHECK(plan->dispatches[1].shader == Shader::copy);
}

TEST_CASE("built kernels: one that is missing there, too, is named")
{
    const auto plan_for = [&](const Limits&, const ConvolutionChoice*) -> Result<Plan>
    { return plan_that_lacks_one(); };
    const Result<Plan> plan = plan_with_built_kernels({}, nullptr, plan_for);
    REQUIRE_FALSE(plan.is_ok());
    CHECK(plan.status().code() == StatusCode::unsupported);
    CHECK(plan.status().message().find("'conv_shared' for i32") != std::string::npos);
    CHECK(plan.status().message().find("VKSEG_SHADERS_FOR") != std::string::npos);
}

TEST_CASE("built kernels: what the planner says stays, where no kernel is missing")
{
    const auto plan_for = [&](const Limits&, const ConvolutionChoice*) -> Result<Plan>
    { return Status(StatusCode::out_of_memory, "too large"); };
    CHECK(plan_with_built_kernels({}, nullptr, plan_for).status().message() == "too large");
}

} // namespace vkseg::test::built_kernels_test
