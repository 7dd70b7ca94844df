#include "report.hpp"

#include <algorithm>

namespace vkseg::benchmark {
namespace {

double ratio(double a, double b)
{
    return b > 0 ? a / b : 0;
}

} // namespace

const cli::Spread& time_of(const Row& row, const DeviceReport& device)
{
    return device.has_timestamps ? row.device_ms : row.host_ms;
}

double gflop_per_s(const Row& row, const DeviceReport& device)
{
    return ratio(row.gflop * 1e3, time_of(row, device).min);
}

double share_of_peak(const Row& row, const DeviceReport& device)
{
    return ratio(gflop_per_s(row, device), device.calibration.multiply_add_gflop_per_s);
}

double gflop_per_process_s(const Row& row, const DeviceReport& device)
{
    return device.is_software() ? ratio(row.gflop * 1e3, row.process_ms.min) : 0;
}

double gb_per_s(const Row& row, const DeviceReport& device)
{
    return ratio(double(row.moved_bytes), time_of(row, device).min * 1e6);
}

double share_of_copy(const Row& row, const DeviceReport& device)
{
    return ratio(gb_per_s(row, device), device.calibration.kernel_copy_gb_per_s);
}

double gflop_per_s(const NodeRow& node)
{
    return ratio(node.gflop * 1e3, node.ms);
}

double share_of_peak(const NodeRow& node, const DeviceReport& device)
{
    return ratio(gflop_per_s(node), device.calibration.multiply_add_gflop_per_s);
}

double gb_per_s(const NodeRow& node)
{
    return ratio(double(node.moved_bytes), node.ms * 1e6);
}

double share_of_copy(const NodeRow& node, const DeviceReport& device)
{
    return ratio(gb_per_s(node), device.calibration.kernel_copy_gb_per_s);
}

bool is_bound_by_arithmetic(const NodeRow& node, const DeviceReport& device)
{
    return share_of_peak(node, device) > share_of_copy(node, device);
}

Calibration better_of(const Calibration& a, const Calibration& b)
{
    return {.multiply_add_gflop_per_s = std::max(a.multiply_add_gflop_per_s, b.multiply_add_gflop_per_s),
            .kernel_copy_gb_per_s = std::max(a.kernel_copy_gb_per_s, b.kernel_copy_gb_per_s),
            .transfer_copy_gb_per_s = std::max(a.transfer_copy_gb_per_s, b.transfer_copy_gb_per_s)};
}

std::string name(Precision precision)
{
    return precision == Precision::f16 ? "f16" : "f32";
}

std::string name(SubjectKind kind)
{
    return kind == SubjectKind::operators ? "operators" : "networks";
}

} // namespace vkseg::benchmark
