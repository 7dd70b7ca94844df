#pragma once

#include "runtime/schedule.hpp"

/// Layout of a graph's inputs and outputs in the two buffers between host and device, and conversion to and from it.
namespace vkseg {

/// A graph input or output in the buffer between host and device. An input has one transfer per form in which the
/// device reads it from the buffer; a computed output has one.
struct HostTransfer
{
    uint32_t index = 0; ///< into the graph's inputs or outputs
    Shape shape;
    DType type = DType::f32;
    bool is_bytes = false; ///< stored as u8; otherwise as 32-bit words
    bool is_state = false; ///< in the memory of states instead of the buffer
    /// Number of contiguous values, row-major. The words of each run are padded to a multiple of four.
    size_t run_values = 0;
    size_t offset_bytes = 0;
    size_t size_bytes = 0;

    /// Size without padding.
    size_t visible_bytes() const { return size_t(shape.elements()) * (is_bytes ? 1 : 4); }
};

struct HostTransfers
{
    std::vector<HostTransfer> inputs;
    std::vector<HostTransfer> outputs;
    std::vector<uint32_t> of_step; ///< per step of the schedule: index into `inputs` or `outputs`
    size_t input_bytes = 0;        ///< size of the buffer with all inputs
    size_t output_bytes = 0;       ///< size of the buffer with all outputs
    size_t state_bytes = 0;        ///< size of the memory of states
};

HostTransfers lay_out_transfers(const Graph& graph, const Schedule& schedule);

/// Launches of `convert_in` or `convert_out` between the host's words and a tensor, one per share of the tensor that
/// the device can bind. "output 0" of a launch is the memory that it writes, "input 0" the memory that it reads. The
/// batch spans of launches are entries along axis 0. `what` begins the message of a failure.
Result<Plan> plan_transfer(Shader shader, const std::string& what, const Operand& tensor, const HostTransfer& transfer,
                           const Limits& limits);

/// Fails with invalid_argument, naming the input, if the input's type cannot hold a value of the tensor.
Status write_input(const Tensor& tensor, const HostTransfer& transfer, const std::string& name, std::byte* to);

/// An output, or only its first `entries` entries along axis 0.
Tensor read_output(const HostTransfer& transfer, std::optional<int64_t> entries, const std::byte* from);

/// A graph output as RunResult promises it: floats as f32, integers and booleans in the type of the output.
Tensor with_output_type(const Tensor& tensor, DType type);

} // namespace vkseg
