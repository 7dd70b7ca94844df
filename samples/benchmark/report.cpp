#include "report.hpp"

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

std::string name(Precision precision)
{
    return precision == Precision::f16 ? "f16" : "f32";
}

std::string name(SubjectKind kind)
{
    return kind == SubjectKind::operators ? "operators" : "networks";
}

} // namespace vkseg::benchmark
