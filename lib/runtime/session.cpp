#include "vkseg/session.hpp"

#include "base/try.hpp"
#include "runtime/executable.hpp"
#include "runtime/specialize.hpp"
#include "runtime/tune.hpp"

#include <algorithm>
#include <chrono>
#include <list>
#include <mutex>

namespace vkseg {
namespace {

constexpr double tuning_share = 0.8; ///< of the progress of a plan

/// Passes on what is reported after tuning.
struct LaterProgress
{
    const SessionOptions& whole;

    static void report(double fraction, void* user)
    {
        const SessionOptions& whole = static_cast<const LaterProgress*>(user)->whole;
        whole.progress(tuning_share + (1 - tuning_share) * fraction, whole.progress_user);
    }
};

} // namespace

struct Session::State
{
    struct Planned
    {
        std::vector<Shape> input_shapes;
        std::unique_ptr<Executable> executable;
    };

    std::shared_ptr<vk::Device> device; // shared: see vk::Device
    Graph graph;
    SessionOptions options;
    std::mutex mutex; // guards what follows, and serves one run at a time
    WeightStore weights;
    std::list<Planned> plans;          // the latest used first
    bool has_fixed_shapes;             // so that there is one plan, which takes the constants over
    std::optional<Program> unfinished; // that plan, if the device has failed to take it

    State(std::shared_ptr<vk::Device> on, Graph network, const SessionOptions& session_options)
        : device(on), graph(std::move(network)), options(session_options), weights(std::move(on))
    {
        has_fixed_shapes =
            std::all_of(graph.inputs.begin(), graph.inputs.end(),
                        [&](ValueId id) { return graph.values[id].has_shape && graph.values[id].shape.is_known(); });
    }

    Result<Executable*> plan_for(std::span<const NamedShape> shapes);
    Result<Program> plan_program(std::span<const NamedShape> shapes);
    Result<std::unique_ptr<Executable>> make_plan(std::span<const NamedShape> shapes);
    Status check_inputs(std::span<const NamedTensor> inputs) const;
};

Result<Program> Session::State::plan_program(std::span<const NamedShape> shapes)
{
    VKSEG_ASSIGN(Graph specialized, specialize(graph, shapes, options.fuse));
    ScheduleOptions schedule_options = {.real = storage_of(options.precision),
                                        .prefer_linear_layout = options.prefer_linear_layout,
                                        .share_memory = options.reuse_memory,
                                        .allow_winograd = options.allow_winograd};
    TunedChoices tuned;
    if (options.tune)
    {
        tuned = load_choices(*device);
        const auto report = [&](double fraction)
        {
            if (options.progress != nullptr)
                options.progress(fraction * tuning_share, options.progress_user);
        };
        VKSEG_TRY(tune(device, specialized, schedule_options, tuned, report));
        save_choices(*device, tuned);
        schedule_options.tuned = &tuned;
    }
    return make_program(std::move(specialized), schedule_options, device->limits(), options.reuse_memory);
}

Result<std::unique_ptr<Executable>> Session::State::make_plan(std::span<const NamedShape> shapes)
{
    if (!unfinished)
    {
        VKSEG_ASSIGN(unfinished, plan_program(shapes));
    }
    if (has_fixed_shapes)
    {
        for (Value& value : graph.values)
            value.constant.reset(); // the program has them, and lets each go when it is on the device
    }
    LaterProgress later_progress = {options};
    SessionOptions later_options = options;
    if (options.tune && options.progress != nullptr)
    {
        later_options.progress = &LaterProgress::report;
        later_options.progress_user = &later_progress;
    }
    Result<std::unique_ptr<Executable>> executable = Executable::create(device, *unfinished, weights, later_options);
    if (executable.is_ok() || !has_fixed_shapes)
        unfinished.reset();
    return executable;
}

Result<Executable*> Session::State::plan_for(std::span<const NamedShape> shapes)
{
    std::vector<Shape> key;
    for (const ValueId id : graph.inputs)
    {
        const Value& value = graph.values[id];
        const auto given =
            std::find_if(shapes.begin(), shapes.end(), [&](const NamedShape& s) { return s.name == value.name; });
        key.push_back(given != shapes.end() ? given->shape : value.shape);
    }
    const auto known =
        std::find_if(plans.begin(), plans.end(), [&](const Planned& plan) { return plan.input_shapes == key; });
    if (known != plans.end())
    {
        plans.splice(plans.begin(), plans, known);
        return plans.front().executable.get();
    }
    VKSEG_TRY(check_input_shapes(graph, shapes));
    while (!plans.empty() && plans.size() >= std::max<size_t>(options.kept_plans, 1))
        plans.pop_back();
    VKSEG_ASSIGN(std::unique_ptr<Executable> executable, make_plan(shapes));
    plans.push_front({std::move(key), std::move(executable)});
    return plans.front().executable.get();
}

Status Session::State::check_inputs(std::span<const NamedTensor> inputs) const
{
    for (const ValueId id : graph.inputs)
    {
        const std::string& name = graph.values[id].name;
        const DType type = graph.values[id].type;
        const auto is_meant = [&](const NamedTensor& t) { return t.name == name; };
        const auto count = std::count_if(inputs.begin(), inputs.end(), is_meant);
        if (count != 1)
            return Status(StatusCode::invalid_argument,
                          "input '" + name + "': expected once, got it " + std::to_string(count) + " times");
        const DType given = std::find_if(inputs.begin(), inputs.end(), is_meant)->tensor.type();
        if (is_float(type) != is_float(given))
            return Status(StatusCode::invalid_argument,
                          "input '" + name + "': expected " + vkseg::name(type) + ", got " + vkseg::name(given));
    }
    for (const NamedTensor& input : inputs)
    {
        if (std::none_of(graph.inputs.begin(), graph.inputs.end(),
                         [&](ValueId id) { return graph.values[id].name == input.name; }))
            return Status(StatusCode::invalid_argument, "the network has no input '" + input.name + "'");
    }
    return {};
}

Session::Session(std::unique_ptr<State> state) : state_(std::move(state)) {}
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;
Session::~Session() = default;

Result<Session> Session::create(const Device& device, Graph graph, const SessionOptions& options)
{
    VKSEG_TRY(validate(graph));
    return Session(std::make_unique<State>(device.vulkan(), std::move(graph), options));
}

Status Session::prepare(std::span<const NamedShape> shapes)
{
    const std::lock_guard lock(state_->mutex);
    const Result<Executable*> executable = state_->plan_for(shapes);
    return executable.status();
}

Result<RunResult> Session::run(std::span<const NamedTensor> inputs)
{
    const std::lock_guard lock(state_->mutex);
    VKSEG_TRY(state_->check_inputs(inputs));
    std::vector<NamedShape> shapes;
    for (const NamedTensor& input : inputs)
        shapes.push_back({input.name, input.tensor.shape()});
    const auto start = std::chrono::steady_clock::now();
    VKSEG_ASSIGN(Executable* const executable, state_->plan_for(shapes));
    const double plan_ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
    VKSEG_ASSIGN(RunResult result, executable->run(inputs));
    result.plan_ms = plan_ms;
    return result;
}

const Graph& Session::graph() const
{
    return state_->graph;
}

MemoryUse Session::memory_use() const
{
    const std::lock_guard lock(state_->mutex);
    MemoryUse use = {.weights_bytes = state_->weights.size_bytes()};
    for (const State::Planned& plan : state_->plans)
    {
        use.activations_bytes += plan.executable->activations_bytes();
        use.staging_bytes += plan.executable->staging_bytes();
    }
    return use;
}

} // namespace vkseg
