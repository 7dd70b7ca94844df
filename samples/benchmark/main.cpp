#include "apart.hpp"
#include "chart.hpp"
#include "cli/common.hpp"
#include "measure.hpp"
#include "process.hpp"
#include "report_json.hpp"
#include "table.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdio>
#include <new>

namespace vkseg::benchmark {
namespace {

struct Options
{
    std::string what = "all";
    std::string device;
    std::string precision = "f32";
    bool tune = false;
    int runs = 10;
    int nodes = 0;
    std::string filter;
    std::vector<std::string> models;
    std::string json;
    std::string picture;
};

std::vector<Precision> precisions(const Options& options)
{
    if (options.precision == "both")
        return {Precision::f32, Precision::f16};
    return {options.precision == "f16" ? Precision::f16 : Precision::f32};
}

std::vector<Subject> chosen_subjects(const Options& options)
{
    std::vector<Subject> subjects;
    const auto add = [&](std::vector<Subject> more)
    {
        for (Subject& subject : more)
        {
            if (subject.name.find(options.filter) != std::string::npos)
                subjects.push_back(std::move(subject));
        }
    };
    if (options.what != "networks")
        add(operator_subjects());
    if (options.what != "operators")
    {
        add(network_subjects());
        for (const std::string& model : options.models)
            add({file_subject(model)});
    }
    if (subjects.empty())
        throw cli::Failure(cli::wrong_usage,
                           fmt::format("--filter: expected a part of a row's name, got '{}'", options.filter));
    return subjects;
}

/// Selectors for Device::create, one per device that the options ask for.
std::vector<std::string> chosen_devices(const Options& options)
{
    if (options.device != "all")
        return {options.device};
    std::vector<std::string> indices;
    const auto list = [](const Send& send)
    {
        const std::vector<DeviceDescription> devices = cli::take(list_devices());
        for (size_t i = 0; i < devices.size(); ++i)
        {
            if (devices[i].unusable_because.empty())
                send(std::to_string(i));
        }
    };
    run_apart(list, [&](const std::string& line) { indices.push_back(line); });
    if (indices.empty())
        throw cli::Failure(cli::no_usable_device, "there is no usable Vulkan device");
    return indices;
}

Device open(const std::string& select)
{
    DeviceOptions options;
    options.select = select;
    return cli::take(Device::create(options));
}

DeviceReport calibrated(const std::string& select)
{
    const Device device = open(select);
    const DeviceDescription description = device.description();
    return {.name = description.name,
            .driver = description.driver,
            .type = description.type,
            .has_timestamps = description.has_timestamps,
            .calibration = cli::take(calibrate(device)),
            .rows = {}};
}

/// Measures the rows of one device, one process after another.
class DeviceRun
{
public:
    DeviceRun(const Options& options, std::string select, double load) : options_(options), select_(std::move(select))
    {
        report_ = calibrate_apart();
        report_.load = load;
        print_device(report_);
    }

    void measure_all(const std::vector<Subject>& subjects)
    {
        for (const SubjectKind kind : {SubjectKind::operators, SubjectKind::networks})
        {
            std::vector<Subject> of_kind;
            std::copy_if(subjects.begin(), subjects.end(), std::back_inserter(of_kind),
                         [&](const Subject& subject) { return subject.kind == kind; });
            if (of_kind.empty())
                continue;
            for (const Precision precision : precisions(options_))
            {
                print_times_head(kind, precision);
                measure_kind(of_kind, precision);
                calibrate_again();
            }
        }
        print_what_follows();
    }

    DeviceReport take_report() { return std::move(report_); }

private:
    DeviceReport calibrate_apart() const
    {
        DeviceReport report;
        run_apart([&](const Send& send) { send(as_json(calibrated(select_)).dump()); },
                  [&](const std::string& line) { report = device_from(Json::parse(line)); });
        return report;
    }

    /// Calibrates again and keeps the better figures: other programs on the machine can make a reading too low.
    void calibrate_again()
    {
        try
        {
            report_.calibration = better_of(report_.calibration, calibrate_apart().calibration);
            ++report_.readings;
        }
        catch (const cli::Failure&)
        {} // keep what was measured so far
    }

    /// Prints everything that depends on the best reading, which is known only after the last measurement.
    void print_what_follows() const
    {
        print_calibration(report_);
        for (const SubjectKind kind : {SubjectKind::operators, SubjectKind::networks})
        {
            const auto is_its = [kind](const Row& row) { return row.kind == kind; };
            if (std::none_of(report_.rows.begin(), report_.rows.end(), is_its))
                continue;
            for (const Precision precision : precisions(options_))
                print_shares_and_memory(report_, kind, precision);
        }
        for (const Row& row : report_.rows)
            print_nodes(row, report_);
        fmt::print("\n");
    }

    /// Operators share a process until one fails; each network has its own process, so that its peak memory can be
    /// reported.
    void measure_kind(std::span<const Subject> subjects, Precision precision)
    {
        const size_t at_once = subjects.front().kind == SubjectKind::operators ? subjects.size() : 1;
        while (!subjects.empty())
        {
            const std::span<const Subject> group = subjects.first(std::min(at_once, subjects.size()));
            const size_t before = report_.rows.size();
            try
            {
                measure_apart(group, precision);
            }
            catch (const cli::Failure& failure)
            {
                const size_t done = report_.rows.size() - before;
                if (done == group.size()) // only closing the device failed
                    throw;
                add({.name = group[done].name,
                     .kind = group[done].kind,
                     .precision = precision,
                     .failure = failure.what(),
                     .exit_code = failure.code()});
            }
            subjects = subjects.subspan(report_.rows.size() - before);
        }
    }

    void measure_apart(std::span<const Subject> subjects, Precision precision)
    {
        const auto work = [&](const Send& send)
        {
            const Device device = open(select_);
            for (const Subject& subject : subjects)
                send(as_json(measure(device, subject,
                                     {.precision = precision,
                                      .runs = options_.runs,
                                      .tune = options_.tune,
                                      .nodes = options_.nodes}))
                         .dump());
        };
        run_apart(work, [&](const std::string& line) { add(row_from(Json::parse(line))); });
    }

    void add(Row row)
    {
        print_times(row, report_);
        report_.rows.push_back(std::move(row));
    }

    const Options& options_;
    std::string select_;
    DeviceReport report_;
};

/// Measures all rows, then fails with the first failure of a row, if any.
void run(const Options& options)
{
    if (options.what == "operators" && !options.models.empty())
        throw cli::Failure(cli::wrong_usage,
                           "--model adds a network, but 'operators' leaves networks out: use 'networks' or 'all'");
    const std::vector<Subject> subjects = chosen_subjects(options);
    const double load = processor_load();
    std::vector<DeviceReport> devices;
    for (const std::string& select : chosen_devices(options))
    {
        DeviceRun device(options, select, load);
        device.measure_all(subjects);
        devices.push_back(device.take_report());
    }
    if (!options.json.empty())
        write_report(options.json, devices);
    if (!options.picture.empty())
        write_chart(options.picture, devices);
    for (const DeviceReport& device : devices)
    {
        for (const Row& row : device.rows)
        {
            if (!row.failure.empty())
                throw cli::Failure(cli::ExitCode(row.exit_code),
                                   fmt::format("{} on {}: {}", row.name, device.name, row.failure));
        }
    }
}

int parse_and_run(int argc, char** argv)
{
    CLI::App app(
        "Times, memory and rates of operators and segmentation networks on Vulkan devices, with random weights.\n"
        "Without --device, the environment variable VKSEG_DEVICE chooses the device.",
        "vkseg_benchmark");
    app.set_version_flag("--version", VKSEG_VERSION);
    app.get_formatter()->column_width(36);
    Options options;
    app.add_option("WHAT", options.what, "operators, networks or all")
        ->check(CLI::IsMember({"operators", "networks", "all"}))
        ->capture_default_str();
    app.add_option("--device", options.device, "Index of the device in 'vkseg devices', part of its name, or all");
    app.add_flag("--tune", options.tune,
                 "Time the variants of each convolution and use the fastest; the choices are stored for later");
    app.add_option("--precision", options.precision, "How floats are stored on the device: f32, f16 or both")
        ->check(CLI::IsMember({"f32", "f16", "both"}))
        ->capture_default_str();
    app.add_option("--runs", options.runs,
                   "Minimum number of runs; more until a second has passed, fewer (at least 3) after a minute")
        ->check(CLI::Range(1, 10000))
        ->capture_default_str();
    app.add_option("--nodes", options.nodes,
                   "Print the N most expensive nodes of each network and the bound that each is nearer to")
        ->check(CLI::Range(1, 10000))
        ->option_text("N");
    app.add_option("--filter", options.filter, "Only rows whose name contains this");
    app.add_option("--model", options.models, "ONNX file to measure in addition to the built-in networks")
        ->allow_extra_args(false);
    app.add_option("--json", options.json, "JSON file to write the results to");
    app.add_option("--picture", options.picture, "PNG file to write a bar chart of the times to");
    app.footer("Examples:\n"
               "  vkseg_benchmark operators --device all --precision both\n"
               "  vkseg_benchmark networks --model selfie.onnx --nodes 10 --json networks.json\n"
               "  vkseg_benchmark --filter \"3x3\" --runs 50 --picture times.png\n\n"
               "docs/performance.md explains the columns.");
    try
    {
        app.parse(argc, argv);
    }
    catch (const CLI::ParseError& error)
    {
        if (error.get_exit_code() == int(CLI::ExitCodes::Success))
            return app.exit(error);
        fmt::print(stderr, "vkseg_benchmark: {}; see vkseg_benchmark --help\n", vkseg::cli::shown_lines(error.what()));
        return cli::wrong_usage;
    }
    run(options);
    return cli::done;
}

} // namespace
} // namespace vkseg::benchmark

int main(int argc, char** argv)
{
    using namespace vkseg;
    try
    {
        return benchmark::parse_and_run(argc, argv);
    }
    catch (const cli::Failure& failure)
    {
        std::fflush(stdout);
        fmt::print(stderr, "vkseg_benchmark: {}\n", vkseg::cli::shown_lines(failure.what()));
        return failure.code();
    }
    catch (const std::bad_alloc&)
    {
        std::fputs("vkseg_benchmark: out of memory\n", stderr);
        return cli::no_usable_device;
    }
    catch (const std::exception& error)
    {
        fmt::print(stderr, "vkseg_benchmark: {}\n", vkseg::cli::shown_lines(error.what()));
        return cli::bad_input;
    }
}
