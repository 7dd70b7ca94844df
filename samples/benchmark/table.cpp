#include "table.hpp"

#include <cstdio>
#include <fmt/format.h>

namespace vkseg::benchmark {
namespace {

/// Formats with four significant digits; a dash if unknown.
std::string number(double value)
{
    if (value <= 0)
        return "-";
    return fmt::format("{:.{}f}", value, value < 9.9995 ? 3 : value < 99.995 ? 2 : value < 999.95 ? 1 : 0);
}

std::string percent(double share)
{
    return share > 0 ? fmt::format("{:.0f}", share * 100) : "-";
}

std::string mebibytes(size_t bytes)
{
    return number(double(bytes) / (1024 * 1024));
}

std::string spread(const cli::Spread& spread)
{
    return fmt::format(" {:>8} {:>8} {:>8}", number(spread.min), number(spread.median), number(spread.max));
}

constexpr int name_width = 38;
constexpr double quiet_load = 0.5;

} // namespace

void print_device(const DeviceReport& device)
{
    fmt::print("device: {} ({}), {}\n", device.name, device.driver, device.type);
    if (device.is_software() && device.load > quiet_load)
        fmt::print("note: other programs kept {:.1f} processors busy before the start; times are longer for it\n",
                   device.load);
    std::fflush(stdout);
}

void print_calibration(const DeviceReport& device)
{
    const Calibration& calibration = device.calibration;
    fmt::print(
        "\ncalibration, the best of {} readings: {:.1f} GFLOP/s of multiply-adds, {:.1f} GB/s copied by a kernel, "
        "{:.1f} GB/s by transfer\n",
        device.readings, calibration.multiply_add_gflop_per_s, calibration.kernel_copy_gb_per_s,
        calibration.transfer_copy_gb_per_s);
    std::fflush(stdout);
}

void print_times_head(SubjectKind kind, Precision precision)
{
    fmt::print("\n{:<{}} {:>6} {:>5} {:^26}  {:^26} {:>8} {:>8} {:>7}\n", "", name_width, "", "", "device ms",
               "host to host ms", "", "GFLOP/", "");
    fmt::print("{:<{}} {:>6} {:>5} {:>8} {:>8} {:>8}  {:>8} {:>8} {:>8} {:>8} {:>8} {:>7}\n",
               name(kind) + ", " + name(precision), name_width, "GFLOP", "runs", "min", "median", "max", "min",
               "median", "max", "GFLOP/s", "CPU s", "GB/s");
    std::fflush(stdout);
}

void print_times(const Row& row, const DeviceReport& device)
{
    if (!row.failure.empty())
        fmt::print("{:<{}} failed: {}\n", row.name, name_width, row.failure);
    else
        fmt::print("{:<{}} {:>6} {:>5}{} {} {:>8} {:>8} {:>7}\n", row.name, name_width, number(row.gflop), row.runs,
                   spread(row.device_ms), spread(row.host_ms), number(gflop_per_s(row, device)),
                   number(gflop_per_process_s(row, device)), number(gb_per_s(row, device)));
    std::fflush(stdout);
}

void print_shares_and_memory(const DeviceReport& device, SubjectKind kind, Precision precision)
{
    fmt::print("\n{:<{}} {:^11} {:>10}  {:^43} {:>8}  {:^27}\n", "", name_width, "% of", "million",
               "memory on the device, MiB", "peak", "to begin, ms");
    fmt::print("{:<{}} {:>5} {:>5} {:>10}  {:>10} {:>10} {:>10} {:>10} {:>8}  {:>8} {:>8} {:>9}\n",
               name(kind) + ", " + name(precision), name_width, "peak", "copy", "parameters", "weights", "activat.",
               "at least", "staging", "MiB", "load", "plan", "first run");
    for (const Row& row : device.rows)
    {
        if (row.kind != kind || row.precision != precision || !row.failure.empty())
            continue;
        fmt::print("{:<{}} {:>5} {:>5} {:>10}  {:>10} {:>10} {:>10} {:>10} {:>8}  {:>8} {:>8} {:>9}\n", row.name,
                   name_width, percent(share_of_peak(row, device)), percent(share_of_copy(row, device)),
                   number(double(row.parameters) * 1e-6), mebibytes(row.weights_bytes),
                   mebibytes(row.activations_bytes), mebibytes(row.activations_bound_bytes),
                   mebibytes(row.staging_bytes), mebibytes(row.peak_resident_bytes), number(row.load_ms),
                   number(row.plan_ms), number(row.first_run_ms));
    }
    std::fflush(stdout);
}

void print_nodes(const Row& row, const DeviceReport& device)
{
    if (row.nodes.empty())
        return;
    fmt::print("\n{:>8} {:>5} {:>8} {:>5} {:>7} {:>5}  {:<11}\n", "", "% of", "", "% of", "", "% of", "nearer");
    fmt::print("{:>8} {:>5} {:>8} {:>5} {:>7} {:>5}  {:<11} {:<16} {:<16} nodes of {}, {}\n", "ms", "run", "GFLOP/s",
               "peak", "GB/s", "copy", "bound", "operator", "output", row.name, name(row.precision));
    for (const NodeRow& node : row.nodes)
        fmt::print("{:>8} {:>5} {:>8} {:>5} {:>7} {:>5}  {:<11} {:<16} {:<16} {}\n", number(node.ms),
                   percent(node.share_of_run), number(gflop_per_s(node)), percent(share_of_peak(node, device)),
                   number(gb_per_s(node)), percent(share_of_copy(node, device)),
                   is_bound_by_arithmetic(node, device) ? "arithmetic" : "bandwidth", node.op, node.shape, node.name);
    std::fflush(stdout);
}

} // namespace vkseg::benchmark
