#pragma once

#include "cli/spread.hpp"
#include "subjects.hpp"

#include "vkseg/calibrate.hpp"
#include "vkseg/session.hpp"

#include <string>
#include <vector>

namespace vkseg::benchmark {

/// A node of a network, by its shortest time alone on the device.
struct NodeRow
{
    std::string name;
    std::string op;
    std::string shape; ///< of its first output
    double ms = 0;
    double share_of_run = 0; ///< of the sum over all nodes
    double gflop = 0;
    size_t moved_bytes = 0;
};

/// One subject on one device in one precision.
struct Row
{
    std::string name;
    SubjectKind kind = SubjectKind::operators;
    Precision precision = Precision::f32;
    std::string failure; ///< Not empty: what follows was not measured.
    int exit_code = 0;   ///< of the failure

    int runs = 0;
    /// Time on the device: of an operator its own kernels, its inputs being there in the device's layout (none where it
    /// is only a view of its inputs); of a network all from the copied input to the output.
    cli::Spread device_ms;
    cli::Spread host_ms;    ///< From host to host.
    cli::Spread process_ms; ///< Processor time of all threads in a run from host to host.
    double load_ms = 0;     ///< Reading the file, or making the graph and its weights.
    double plan_ms = 0;
    double first_run_ms = 0;

    double gflop = 0; ///< 1e9 operations, two a multiply-add, of convolutions and matrix products
    size_t parameters = 0;
    size_t moved_bytes = 0; ///< Inputs, outputs and weights, as the device stores them.
    size_t weights_bytes = 0;
    size_t activations_bytes = 0;
    size_t activations_bound_bytes = 0; ///< The largest sum of tensors that are alive at one step.
    size_t staging_bytes = 0;
    size_t peak_resident_bytes = 0; ///< Of a network's own process, the driver included; 0: not known.
    std::vector<NodeRow> nodes;     ///< The most expensive ones of a network, as many as wanted.
};

struct DeviceReport
{
    std::string name;
    std::string driver;
    std::string type;
    bool has_timestamps = false; ///< If not, nothing is known of times on the device.
    double load = 0;             ///< Programs that wanted a processor in the minute before; 0: not known.
    Calibration calibration;     ///< The best of all readings.
    int readings = 1;
    std::vector<Row> rows;

    bool is_software() const { return type == "software"; }
};

/// What follows from a row and its device; 0 where it is not known.
/// Rates are of the shortest time.
const cli::Spread& time_of(const Row& row, const DeviceReport& device); ///< on the device, else from host to host
double gflop_per_s(const Row& row, const DeviceReport& device);
double share_of_peak(const Row& row, const DeviceReport& device);
double gflop_per_process_s(const Row& row, const DeviceReport& device); ///< software devices only
double gb_per_s(const Row& row, const DeviceReport& device);
double share_of_copy(const Row& row, const DeviceReport& device);

double gflop_per_s(const NodeRow& node);
double share_of_peak(const NodeRow& node, const DeviceReport& device);
double gb_per_s(const NodeRow& node);
double share_of_copy(const NodeRow& node, const DeviceReport& device);
/// Whether the node is nearer to what the device computes at best than to what it copies at best.
bool is_bound_by_arithmetic(const NodeRow& node, const DeviceReport& device);

/// Of each figure the better one: what else ran on the machine only lowers them.
Calibration better_of(const Calibration& a, const Calibration& b);

std::string name(Precision precision);
std::string name(SubjectKind kind);

} // namespace vkseg::benchmark
