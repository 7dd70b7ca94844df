#pragma once

#include "cli/spread.hpp"
#include "subjects.hpp"

#include "vkseg/calibrate.hpp"
#include "vkseg/session.hpp"

#include <string>
#include <vector>

namespace vkseg::benchmark {

/// A node of a network, with its shortest time when it runs alone on the device.
struct NodeRow
{
    std::string name;
    std::string op;
    std::string shape; ///< shape of the first output
    double ms = 0;
    double share_of_run = 0; ///< share of the sum over all nodes
    double gflop = 0;
    size_t moved_bytes = 0;
};

/// One subject on one device in one precision.
struct Row
{
    std::string name;
    SubjectKind kind = SubjectKind::operators;
    Precision precision = Precision::f32;
    std::string failure; ///< If not empty, the fields below were not measured.
    int exit_code = 0;   ///< exit code of the failure

    int runs = 0;
    /// Time on the device. Operators: only their own kernels, with inputs already in the device's layout; 0 if the
    /// operator is only a view of its inputs. Networks: everything from the copied input to the output.
    cli::Spread device_ms;
    cli::Spread host_ms;    ///< From host to host.
    cli::Spread process_ms; ///< Processor time of all threads during a run from host to host.
    double load_ms = 0;     ///< Reading the file, or making the graph and its weights.
    double plan_ms = 0;
    double first_run_ms = 0;

    double gflop = 0; ///< 1e9 operations of convolutions and matrix products, two per multiply-add
    size_t parameters = 0;
    size_t moved_bytes = 0; ///< Inputs, outputs and weights, as the device stores them.
    size_t weights_bytes = 0;
    size_t activations_bytes = 0;
    size_t activations_bound_bytes = 0; ///< Largest sum of tensors that are alive at the same step.
    size_t staging_bytes = 0;
    size_t peak_resident_bytes = 0; ///< Peak of a network's own process, driver included; 0: unknown.
    std::vector<NodeRow> nodes;     ///< A network's most expensive nodes, as many as requested.
};

struct DeviceReport
{
    std::string name;
    std::string driver;
    std::string type;
    bool has_timestamps = false; ///< If false, times on the device are unknown.
    double load = 0;             ///< Average number of runnable programs in the minute before; 0: unknown.
    Calibration calibration;     ///< Best of all readings.
    int readings = 1;
    std::vector<Row> rows;

    bool is_software() const { return type == "software"; }
};

/// Figures derived from a row and its device; 0 if unknown.
/// Rates are based on the shortest time.
const cli::Spread& time_of(const Row& row, const DeviceReport& device); ///< on the device if timed, or host to host
double gflop_per_s(const Row& row, const DeviceReport& device);
double share_of_peak(const Row& row, const DeviceReport& device);
double gflop_per_process_s(const Row& row, const DeviceReport& device); ///< software devices only
double gb_per_s(const Row& row, const DeviceReport& device);
double share_of_copy(const Row& row, const DeviceReport& device);

double gflop_per_s(const NodeRow& node);
double share_of_peak(const NodeRow& node, const DeviceReport& device);
double gb_per_s(const NodeRow& node);
double share_of_copy(const NodeRow& node, const DeviceReport& device);
/// True if the node is closer to the device's peak of arithmetic than to its peak of copying.
bool is_bound_by_arithmetic(const NodeRow& node, const DeviceReport& device);

/// The better value of each figure: other programs on the machine only lower them.
Calibration better_of(const Calibration& a, const Calibration& b);

std::string name(Precision precision);
std::string name(SubjectKind kind);

} // namespace vkseg::benchmark
