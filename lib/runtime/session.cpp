#include "vkseg/session.hpp"

#include "base/log.hpp"
#include "base/trace.hpp"
#include "base/try.hpp"
#include "runtime/deliveries.hpp"
#include "runtime/device_frames.hpp"
#include "runtime/executable.hpp"
#include "runtime/input_shapes.hpp"
#include "runtime/memory_bound.hpp"
#include "runtime/plan_program.hpp"
#include "runtime/states.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <list>
#include <mutex>
#include <unordered_map>
#include <utility>

namespace vkseg {
namespace {

/// Forwards progress after tuning, scaled to the remaining range.
struct LaterProgress
{
    const SessionOptions& whole;

    static void report(double fraction, void* user)
    {
        const SessionOptions& whole = static_cast<const LaterProgress*>(user)->whole;
        whole.progress(tuning_share + (1 - tuning_share) * fraction, whole.progress_user);
    }
};

/// "picture 480x640x3": the inputs of a plan.
std::string inputs_text(const Graph& graph)
{
    std::string text;
    for (const ValueId id : graph.inputs)
        text += (text.empty() ? "" : ", ") + graph.values[id].name + " " + to_string(graph.values[id].shape);
    return text;
}

/// Logs a plan that was made, and its size and time.
void log_plan(const Executable& plan, size_t launches, size_t weights_bytes, int64_t ns)
{
    if (!is_logged(LogLevel::info))
        return;
    char figures[160];
    constexpr double mib = 1024 * 1024;
    std::snprintf(figures, sizeof figures, "weights %.1f MiB, activations %.1f MiB, staging %.1f MiB, in %.1f ms",
                  double(weights_bytes) / mib, double(plan.activations_bytes()) / mib,
                  double(plan.staging_bytes()) / mib, double(ns) * 1e-6);
    write_log(LogLevel::info, "network '" + plan.graph().name + "': planned for " + inputs_text(plan.graph()) + ": " +
                                  std::to_string(launches) + " kernel launches, " + figures);
}

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
    std::vector<StateEnds> states;
    size_t own_constant_bytes; // constant_bytes() of the graph as given
    std::mutex mutex;          // guards the members below, and serialises runs
    WeightStore weights;
    std::vector<std::string> warnings; // from all plans
    std::list<Planned> plans;          // most recently used first
    Executable* last = nullptr;        // that of the run submitted last, perhaps dropped since
    bool has_fixed_shapes;             // there is only one plan, which takes over the constants
    std::optional<Program> unfinished; // program of the only plan, kept for a retry if the device failed to take it
    size_t unfinished_bytes = 0;       // its memory, as long as it has its constants
    bool is_closing = false;           // the Session is being destroyed
    std::unique_ptr<Deliveries> deliveries; // last, as its thread waits for runs of the plans

    State(std::shared_ptr<vk::Device> on, Graph network, const SessionOptions& session_options,
          std::vector<StateEnds> state_ends)
        : device(on)
        , graph(std::move(network))
        , options(session_options)
        , states(std::move(state_ends))
        , own_constant_bytes(constant_bytes(graph))
        , weights(std::move(on))
    {
        has_fixed_shapes =
            std::all_of(graph.inputs.begin(), graph.inputs.end(),
                        [&](ValueId id)
                        { return is_state(id) || (graph.values[id].has_shape && graph.values[id].shape.is_known()); });
    }

    bool is_state(ValueId input) const
    {
        return std::ranges::any_of(states, [&](const StateEnds& state) { return graph.inputs[state.input] == input; });
    }

    size_t max_memory_bytes(std::span<const NamedShape> shapes) const;
    Result<Executable*> plan_for(std::span<const NamedShape> shapes);
    struct Ready
    {
        Executable* executable = nullptr;
        double plan_ms = 0;
    };
    Result<Ready> make_ready(std::span<const NamedShape> shapes);
    Result<std::shared_ptr<Flight>> submit(std::span<const NamedTensor> inputs);
    Result<Program> plan_program(std::span<const NamedShape> shapes);
    size_t frames_for(std::span<const NamedShape> shapes) const;
    void drop_plans(size_t wanted_bytes, size_t allowed_bytes);
    Result<std::unique_ptr<Executable>> make_plan(std::span<const NamedShape> shapes);
    Status check_inputs(std::span<const NamedTensor> inputs) const;
    Status check_is_no_state(const std::string& input) const;
};

size_t Session::State::max_memory_bytes(std::span<const NamedShape> shapes) const
{
    return vkseg::max_memory_bytes(options, graph, shapes, own_constant_bytes);
}

Result<Program> Session::State::plan_program(std::span<const NamedShape> shapes)
{
    VKSEG_ASSIGN(Program program, vkseg::plan_program(device, graph, shapes, options, own_constant_bytes));
    for (const std::string& warning : program.schedule.warnings)
    {
        if (std::ranges::find(warnings, warning) != warnings.end())
            continue;
        warnings.push_back(warning);
        if (is_logged(LogLevel::warning))
            write_log(LogLevel::warning, "network '" + graph.name + "': " + warning);
    }
    return program;
}

/// Drops the least recently used plans until another of `wanted_bytes` fits, that with the states of the current
/// sequence last of all. `wanted_bytes` includes the weights of the new plan; weights of kept plans are not counted,
/// because they are mostly the same.
void Session::State::drop_plans(size_t wanted_bytes, size_t allowed_bytes)
{
    const auto used_bytes = [&]
    {
        size_t bytes = wanted_bytes;
        for (const Planned& plan : plans)
            bytes += plan.executable->activations_bytes() + plan.executable->staging_bytes();
        return bytes;
    };
    const size_t max_plans = std::max<size_t>(options.kept_plans, 1);
    while (!plans.empty() && (plans.size() >= max_plans || used_bytes() > allowed_bytes))
    {
        auto dropped = std::prev(plans.end());
        const auto has_sequence = [&] { return !states.empty() && dropped->executable.get() == last; };
        if (has_sequence() && dropped != plans.begin())
            --dropped;
        if (is_logged(has_sequence() ? LogLevel::warning : LogLevel::info))
            write_log(has_sequence() ? LogLevel::warning : LogLevel::info,
                      "network '" + graph.name + "': dropped the plan for " +
                          inputs_text(dropped->executable->graph()) + " to make room for another" +
                          (has_sequence() ? ", and with it the states: they begin anew" : ""));
        plans.erase(dropped);
    }
}

/// Number of frames in flight that `unfinished` may have within the memory limit.
size_t Session::State::frames_for(std::span<const NamedShape> shapes) const
{
    const size_t allowed = max_memory_bytes(shapes);
    const size_t used = unfinished_bytes;
    const size_t of_frame = unfinished->host.input_bytes + unfinished->host.output_bytes;
    const size_t more = used >= allowed || of_frame == 0 ? 0 : (allowed - used) / of_frame;
    return std::max<size_t>(1, std::min(options.frames_in_flight, 1 + more));
}

Result<std::unique_ptr<Executable>> Session::State::make_plan(std::span<const NamedShape> shapes)
{
    ScopedSpan span("plan", "plan");
    const int64_t begin_ns = steady_ns();
    if (!unfinished)
    {
        VKSEG_ASSIGN(unfinished, plan_program(shapes));
        unfinished_bytes = memory_of(*unfinished, own_constant_bytes).sum();
        drop_plans(unfinished_bytes, max_memory_bytes(shapes));
    }
    if (has_fixed_shapes)
    {
        for (Value& value : graph.values)
            value.constant.reset(); // the program holds the constants, and drops each after its upload
    }
    LaterProgress later_progress = {options};
    SessionOptions later_options = options;
    if (options.tune && options.progress != nullptr)
    {
        later_options.progress = &LaterProgress::report;
        later_options.progress_user = &later_progress;
    }
    if (span.is_on())
        span.set_detail(inputs_text(unfinished->graph));
    const size_t launches = unfinished->launches.size();
    Result<std::unique_ptr<Executable>> executable =
        Executable::create(device, *unfinished, weights, later_options, frames_for(shapes));
    if (executable.is_ok())
        log_plan(**executable, launches, weights.size_bytes(), steady_ns() - begin_ns);
    if (executable.is_ok() || !has_fixed_shapes)
        unfinished.reset();
    return executable;
}

Result<Executable*> Session::State::plan_for(std::span<const NamedShape> shapes)
{
    std::unordered_map<std::string_view, Shape> given;
    for (const NamedShape& shape : shapes)
        given.emplace(shape.name, shape.shape);
    std::vector<Shape> key;
    for (const ValueId id : graph.inputs)
    {
        const Value& value = graph.values[id];
        const auto shape = given.find(value.name);
        key.push_back(shape != given.end() ? shape->second : value.shape);
    }
    const auto known =
        std::find_if(plans.begin(), plans.end(), [&](const Planned& plan) { return plan.input_shapes == key; });
    if (known != plans.end())
    {
        plans.splice(plans.begin(), plans, known);
        return plans.front().executable.get();
    }
    VKSEG_TRY(check_input_shapes(graph, with_guessed_states(graph, states, shapes)));
    VKSEG_ASSIGN(std::unique_ptr<Executable> executable, make_plan(shapes));
    plans.push_front({std::move(key), std::move(executable)});
    return plans.front().executable.get();
}

Status Session::State::check_is_no_state(const std::string& input) const
{
    if (std::ranges::none_of(states, [&](const StateEnds& state)
                             { return graph.values[graph.inputs[state.input]].name == input; }))
        return {};
    return Status(StatusCode::invalid_argument,
                  "input '" + input + "' is a state, which the session keeps: it must not be given");
}

Status Session::State::check_inputs(std::span<const NamedTensor> inputs) const
{
    std::unordered_multimap<std::string_view, DType> given;
    for (const NamedTensor& input : inputs)
        given.emplace(input.name, input.tensor.type());
    for (const ValueId id : graph.inputs)
    {
        if (is_state(id))
            continue;
        const std::string& name = graph.values[id].name;
        const DType type = graph.values[id].type;
        const size_t count = given.count(name);
        if (count != 1)
            return Status(StatusCode::invalid_argument,
                          "input '" + name + "': expected once, got it " + std::to_string(count) + " times");
        const auto one = given.find(name);
        if (is_float(type) != is_float(one->second))
            return Status(StatusCode::invalid_argument,
                          "input '" + name + "': expected " + vkseg::name(type) + ", got " + vkseg::name(one->second));
        given.erase(one);
    }
    for (const NamedTensor& input : inputs)
    {
        VKSEG_TRY(check_is_no_state(input.name));
        if (given.contains(input.name))
            return Status(StatusCode::invalid_argument, "the network has no input '" + input.name + "'");
    }
    return {};
}

/// The plan of the run that is submitted next.
Result<Session::State::Ready> Session::State::make_ready(std::span<const NamedShape> shapes)
{
    const auto start = std::chrono::steady_clock::now();
    VKSEG_ASSIGN(Executable* const executable, plan_for(shapes));
    if (executable != std::exchange(last, executable))
        executable->reset_states();
    return Ready{executable,
                 std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count()};
}

/// Expects the mutex to be held.
Result<std::shared_ptr<Flight>> Session::State::submit(std::span<const NamedTensor> inputs)
{
    VKSEG_TRY(check_inputs(inputs));
    std::vector<NamedShape> shapes;
    for (const NamedTensor& input : inputs)
        shapes.push_back({input.name, input.tensor.shape()});
    VKSEG_ASSIGN(const Ready ready, make_ready(shapes));
    return ready.executable->submit(inputs, ready.plan_ms);
}

Session::Session(std::shared_ptr<State> state) : state_(std::move(state)) {}
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&& other) noexcept
{
    Session(std::move(other)).state_.swap(state_);
    return *this;
}

/// Waits until every result that a function was given for is handed over. These functions can submit no more: their
/// results would come after the destructor.
Session::~Session()
{
    if (state_ == nullptr)
        return;
    std::unique_ptr<Deliveries> deliveries;
    {
        const std::lock_guard lock(state_->mutex);
        state_->is_closing = true;
        deliveries = std::move(state_->deliveries);
    }
}

Result<Session> Session::create(const Device& device, Graph graph, const SessionOptions& options)
{
    VKSEG_TRY(validate(graph));
    VKSEG_ASSIGN(std::vector<StateEnds> states, find_states(graph, options.state));
    return Session(std::make_shared<State>(device.vulkan(), std::move(graph), options, std::move(states)));
}

Status Session::prepare(std::span<const NamedShape> shapes)
{
    const std::lock_guard lock(state_->mutex);
    for (const NamedShape& shape : shapes)
        VKSEG_TRY(state_->check_is_no_state(shape.name));
    const Result<Executable*> executable = state_->plan_for(shapes);
    return executable.status();
}

Result<RunResult> Session::run(std::span<const NamedTensor> inputs)
{
    const ScopedSpan span("run", "run");
    VKSEG_ASSIGN(PendingRun run, submit(inputs));
    return run.wait();
}

Result<PendingRun> Session::submit(std::span<const NamedTensor> inputs)
{
    const std::lock_guard lock(state_->mutex);
    VKSEG_ASSIGN(std::shared_ptr<Flight> flight, state_->submit(inputs));
    return PendingRun(state_, std::move(flight));
}

Status Session::submit(std::span<const NamedTensor> inputs, std::function<void(Result<RunResult>)> done)
{
    const std::lock_guard lock(state_->mutex);
    if (state_->is_closing)
        return Status(StatusCode::invalid_argument, "submit: the session is being destroyed");
    if (state_->deliveries == nullptr)
    {
        auto deliveries = std::make_unique<Deliveries>();
        if (!deliveries->has_started())
            return Status(StatusCode::out_of_memory,
                          "submit: expected to start a thread that calls back, but the system has none left; "
                          "end other threads, or submit without a callback");
        state_->deliveries = std::move(deliveries);
    }
    VKSEG_ASSIGN(std::shared_ptr<Flight> flight, state_->submit(inputs));
    state_->deliveries->add(std::move(flight), std::move(done));
    return {};
}

Result<PendingRun> DeviceFrames::submit(Session& session, std::span<const NamedShape> shapes, const MakeEnds& make_ends,
                                        const vk::SubmissionSemaphores& semaphores)
{
    Session::State& state = *session.state_;
    const std::lock_guard lock(state.mutex);
    VKSEG_ASSIGN(const Session::State::Ready ready, state.make_ready(shapes));
    VKSEG_ASSIGN(Frame* const frame, ready.executable->find_frame());
    VKSEG_ASSIGN(DeviceEnds ends, make_ends(*frame));
    VKSEG_ASSIGN(std::shared_ptr<Flight> flight, frame->submit(std::move(ends), semaphores, ready.plan_ms));
    return PendingRun(session.state_, std::move(flight));
}

Result<RecordedRun> DeviceFrames::record(Session& session, std::span<const NamedShape> shapes,
                                         const MakeEnds& make_ends, VkCommandBuffer commands)
{
    Session::State& state = *session.state_;
    const std::lock_guard lock(state.mutex);
    if (!state.states.empty())
        return Status(StatusCode::unsupported, "record: the network has states, which follow the order of submission "
                                               "and must be known to have begun; use submit_on_device()");
    VKSEG_ASSIGN(Executable* const executable, state.plan_for(shapes));
    RecordedRun run = {.session = session.state_, .frame = {}, .ends = {}};
    VKSEG_ASSIGN(run.frame, executable->create_frame());
    VKSEG_ASSIGN(run.ends, make_ends(*run.frame));
    run.frame->record_into(commands, run.ends);
    return run;
}

PendingRun::PendingRun(std::shared_ptr<void> session, std::shared_ptr<Flight> flight)
    : session_(std::move(session)), flight_(std::move(flight))
{}

PendingRun::PendingRun(PendingRun&&) noexcept = default;
PendingRun& PendingRun::operator=(PendingRun&& other) noexcept
{
    PendingRun run(std::move(other));
    flight_.swap(run.flight_);
    session_.swap(run.session_);
    return *this;
}

PendingRun::~PendingRun()
{
    flight_.reset(); // before the session, whose end waits for the device
}

bool PendingRun::is_done() const
{
    return flight_->has_ended();
}

Result<RunResult> PendingRun::wait()
{
    return flight_->take();
}

void Session::reset_state()
{
    const std::lock_guard lock(state_->mutex);
    for (const State::Planned& plan : state_->plans)
        plan.executable->reset_states();
}

std::vector<std::string> Session::warnings() const
{
    const std::lock_guard lock(state_->mutex);
    return state_->warnings;
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
