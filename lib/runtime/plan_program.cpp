#include "runtime/plan_program.hpp"

#include "base/trace.hpp"
#include "base/try.hpp"
#include "runtime/check_range.hpp"
#include "runtime/fuse.hpp"
#include "runtime/memory_bound.hpp"
#include "runtime/specialize.hpp"
#include "runtime/states.hpp"
#include "runtime/track_valid_entries.hpp"
#include "runtime/tune.hpp"

namespace vkseg {
namespace {

Result<Limits> limits_for(const vk::Device& device, const SessionOptions& options)
{
    Limits limits = device.limits();
    if (options.half_products == HalfProducts::never)
        limits.preferences.multiplies_halves = false;
    if (options.half_products == HalfProducts::always && options.precision == Precision::f16)
    {
        if (!limits.has_arithmetic_f16)
            return Status(StatusCode::unsupported,
                          "half_products always: expected a device with f16 arithmetic, got '" +
                              device.description().name + "', which lacks it or is clamped to the minimum limits");
        limits.preferences.multiplies_halves = true;
    }
    // Cooperative matrices of halves multiply at least as fast.
    const bool has_matrices =
        options.precision == Precision::f16 && (limits.khr_matrix.rows > 0 || limits.nv_matrix.rows > 0);
    const bool is_faster = limits.preferences.multiplies_bytes && !has_matrices;
    limits.preferences.multiplies_bytes =
        options.fuse && (options.byte_products == ByteProducts::always ||
                         (options.byte_products == ByteProducts::where_faster && is_faster));
    return limits;
}

} // namespace

size_t max_memory_bytes(const SessionOptions& options, const Graph& graph, std::span<const NamedShape> shapes,
                        size_t own_constant_bytes)
{
    return options.max_memory_bytes != 0 ? options.max_memory_bytes
                                         : default_memory_bytes(own_constant_bytes, chosen_values(graph, shapes));
}

Result<Program> plan_program(const std::shared_ptr<vk::Device>& device, const Graph& graph,
                             std::span<const NamedShape> shapes, const SessionOptions& options,
                             size_t own_constant_bytes)
{
    const size_t memory_bytes = max_memory_bytes(options, graph, shapes, own_constant_bytes);
    VKSEG_ASSIGN(const Limits limits, limits_for(*device, options));
    VKSEG_ASSIGN(const std::vector<StateEnds> states, find_states(graph, options.state));
    VKSEG_ASSIGN(const std::vector<NamedShape> all_shapes, with_state_shapes(graph, states, shapes, memory_bytes));
    VKSEG_ASSIGN(Graph specialized, specialize(graph, all_shapes, options.fuse, memory_bytes));
    if (limits.preferences.multiplies_bytes)
        multiply_bytes(specialized);
    VKSEG_TRY(check_states(specialized, states));
    const size_t results = specialized.outputs.size();
    if (options.check_range)
        keep_all_values(specialized, states);
    give_out_counts(specialized);
    ScheduleOptions schedule_options = {.real = storage_of(options.precision),
                                        .prefer_linear_layout = options.prefer_linear_layout,
                                        .share_memory = options.reuse_memory,
                                        .allow_winograd = options.allow_winograd,
                                        .keep_invalid_entries = options.keep_invalid_entries,
                                        .states = states};
    const auto plan_within_memory = [&]() -> Result<Program>
    {
        VKSEG_TRY(check_tensors(specialized, options.precision, memory_bytes));
        VKSEG_ASSIGN(Program program, make_program(specialized, schedule_options, limits, options.reuse_memory));
        VKSEG_TRY(check_memory(program, memory_of(program, own_constant_bytes), memory_bytes));
        return program;
    };
    VKSEG_ASSIGN(Program program, plan_within_memory());
    TunedChoices tuned;
    if (options.tune) // tuning runs the network, so its memory had to be checked before
    {
        const ScopedSpan span("plan", "tune");
        tuned = load_choices(*device);
        const auto report = [&](double fraction)
        {
            if (options.progress != nullptr)
                options.progress(fraction * tuning_share, options.progress_user);
        };
        VKSEG_TRY(tune(device, specialized, schedule_options, limits, tuned, report));
        save_choices(*device, tuned);
        schedule_options.tuned = &tuned;
        VKSEG_ASSIGN(program, plan_within_memory());
    }
    program.results = results;
    return program;
}

} // namespace vkseg
