#include "random_graphs/random_graph.hpp"
#include "support/devices.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <string>
#include <thread>

/// Runs random graphs on the devices, or those whose names contain `--only NAME` or do not contain `--except NAME`, in
/// f32 and f16, and compares them with the reference.
/// A graph runs on one device in each precision, or on all with VKSEG_TEST_ALL=1.
/// vkseg_random_graphs [--graphs N] [--first-seed N] [--jobs N] [--seconds N] [--max-binding BYTES] [--list]
/// [--only NAME] [--except NAME]
namespace vkseg::test {
namespace {

struct Options
{
    uint64_t graphs = 100;
    uint64_t first_seed = 1;
    unsigned jobs = 1;
    double seconds = 1e9;         ///< no graph is begun later
    size_t max_binding_bytes = 0; ///< if set: on the first device alone, which then binds no more at a time
    bool lists = false;           ///< prints each graph
    std::string only;
    std::string except;
};

Options parse(int argc, char** argv)
{
    Options options;
    for (int i = 1; i < argc; ++i)
    {
        const bool has_value = i + 1 < argc;
        if (std::strcmp(argv[i], "--list") == 0)
            options.lists = true;
        else if (std::strcmp(argv[i], "--only") == 0 && has_value)
            options.only = argv[++i];
        else if (std::strcmp(argv[i], "--except") == 0 && has_value)
            options.except = argv[++i];
        else if (std::strcmp(argv[i], "--graphs") == 0 && has_value)
            options.graphs = std::strtoull(argv[++i], nullptr, 10);
        else if (std::strcmp(argv[i], "--first-seed") == 0 && has_value)
            options.first_seed = std::strtoull(argv[++i], nullptr, 10);
        else if (std::strcmp(argv[i], "--jobs") == 0 && has_value)
            options.jobs = unsigned(std::strtoul(argv[++i], nullptr, 10));
        else if (std::strcmp(argv[i], "--seconds") == 0 && has_value)
            options.seconds = std::strtod(argv[++i], nullptr);
        else if (std::strcmp(argv[i], "--max-binding") == 0 && has_value)
            options.max_binding_bytes = std::strtoull(argv[++i], nullptr, 10);
        else
        {
            std::fprintf(stderr,
                         "usage: %s [--graphs N] [--first-seed N] [--jobs N] [--seconds N] [--max-binding BYTES] "
                         "[--list] [--only NAME] [--except NAME]\n",
                         argv[0]);
            std::exit(2);
        }
    }
    return options;
}

/// The paths through the planner that a seed takes.
SessionOptions session_options(uint64_t seed, Precision precision)
{
    SeededSource source(~seed);
    SessionOptions options = {.precision = precision, .allow_winograd = false}; // which rounds; its own tests bound it
    options.fuse = source.next(4) != 0;
    options.reuse_memory = source.next(8) != 0;
    options.prefer_linear_layout = source.next(4) == 0;
    return options;
}

std::vector<TestDevice> devices_for(const Options& options)
{
    if (options.max_binding_bytes == 0)
    {
        std::vector<TestDevice> found = devices();
        std::erase_if(found,
                      [&](const TestDevice& device)
                      {
                          const bool is_excluded =
                              !options.except.empty() && device.name.find(options.except) != std::string::npos;
                          return is_excluded || device.name.find(options.only) == std::string::npos;
                      });
        return found;
    }
    const Result<Device> device = Device::create(
        {.max_binding_bytes = options.max_binding_bytes, .poison_memory = true, .use_pipeline_cache = false});
    if (!device.is_ok())
        return {};
    return {{device->description().name + ", bindings of " + std::to_string(options.max_binding_bytes) + " bytes",
             *device}};
}

class Runner
{
public:
    explicit Runner(const Options& options)
        : options_(options), devices_(devices_for(options)), next_(options.first_seed)
    {}

    bool has_devices() const { return !devices_.empty(); }
    uint64_t graphs_done() const { return done_; }
    double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count(); }

    /// The number of graphs that were wrong somewhere.
    uint64_t run()
    {
        std::vector<std::thread> threads;
        for (unsigned i = 0; i < options_.jobs; ++i)
            threads.emplace_back([this] { run_seeds(); });
        for (std::thread& thread : threads)
            thread.join();
        return wrong_;
    }

private:
    void run_seeds()
    {
        for (uint64_t seed = next_++; seed < options_.first_seed + options_.graphs; seed = next_++)
        {
            if (seconds() > options_.seconds)
                return;
            SeededSource source(seed);
            const RandomGraph random = random_graph(source);
            if (options_.lists)
                std::printf("seed %llu\n%s", static_cast<unsigned long long>(seed), listing(random).c_str());
            bool is_wrong = false;
            for (size_t i = 0; i < devices_.size(); ++i)
            {
                for (const Precision precision : {Precision::f32, Precision::f16})
                {
                    if (has_turn(seed, i, precision))
                        is_wrong = !check(seed, random, devices_[i], session_options(seed, precision)) || is_wrong;
                }
            }
            wrong_ += is_wrong ? 1 : 0;
            ++done_;
        }
    }

    /// One device computes a graph in f32, and the next one in f16; a device alone takes one of the precisions. One
    /// graph, as of a seed that was wrong, and VKSEG_TEST_ALL=1 take all devices in both precisions.
    bool has_turn(uint64_t seed, size_t device, Precision precision) const
    {
        const uint64_t turn = seed + device + (precision == Precision::f16 ? 1 : 0);
        return options_.graphs == 1 || runs_all() || turn % std::max<size_t>(devices_.size(), 2) == 0;
    }

    bool check(uint64_t seed, const RandomGraph& random, const TestDevice& device, const SessionOptions& options)
    {
        const auto find = [&](const RandomGraph& graph)
        {
            const std::string found = compare_with_reference(graph, device.device, options);
            // Some operators refuse what one binding does not hold.
            const bool is_refusal = options_.max_binding_bytes != 0 && found.find("binds at most") != std::string::npos;
            return is_refusal ? "" : found;
        };
        const std::string found = find(random);
        const std::lock_guard lock(mutex_);
        count_check(device.name);
        if (found.empty())
            return true;
        const RandomGraph smaller = shrink(random, [&](const RandomGraph& graph) { return !find(graph).empty(); });
        std::printf("WRONG  seed %llu on %s in %s%s%s%s: %s\n  its smallest part that is wrong: %s\n%s"
                    "  to run it alone: vkseg_random_graphs --first-seed %llu --graphs 1\n",
                    static_cast<unsigned long long>(seed), device.name.c_str(),
                    options.precision == Precision::f16 ? "f16" : "f32", options.fuse ? "" : ", not fused",
                    options.reuse_memory ? "" : ", without reuse of memory",
                    options.prefer_linear_layout ? ", linear" : "", found.c_str(), find(smaller).c_str(),
                    listing(smaller).c_str(), static_cast<unsigned long long>(seed));
        std::fflush(stdout);
        return false;
    }

    const Options options_;
    const std::vector<TestDevice> devices_;
    std::atomic<uint64_t> next_;
    std::atomic<uint64_t> wrong_ = 0;
    std::atomic<uint64_t> done_ = 0;
    const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
    std::mutex mutex_;
};

int run(const Options& options)
{
    Runner runner(options);
    if (!runner.has_devices())
    {
        std::printf("no device of the wanted names\n");
        return devices().empty() ? 1 : 0; // of several runs, each with some devices, one may have none
    }
    const uint64_t wrong = runner.run();
    for (const std::string& message : validation_messages())
        std::printf("validation: %s\n", message.c_str());
    print_summary();
    std::printf("%llu random graphs from seed %llu in %.1f s, %llu wrong\n",
                static_cast<unsigned long long>(runner.graphs_done()),
                static_cast<unsigned long long>(options.first_seed), runner.seconds(),
                static_cast<unsigned long long>(wrong));
    return wrong > 0 || runner.graphs_done() == 0 || !validation_messages().empty() ? 1 : 0;
}

} // namespace
} // namespace vkseg::test

int main(int argc, char** argv)
{
    return vkseg::test::run(vkseg::test::parse(argc, argv));
}
