#pragma once

#include "base/div_ceil.hpp"
#include "base/limits.hpp"
#include "base/specialization.hpp"
#include "shader_list.hpp"
#include "shared/view.h"
#include "vkseg/graph.hpp"

#include <array>
#include <cstring>
#include <optional>
#include <type_traits>

/// Description of an operator's work, as values: nothing here touches a device.
namespace vkseg {

using contract::View;

/// Layout of a tensor in device memory (shaders/shared/view.h). `blocked`: elements of four channels, for image-like
/// tensors of rank 2 (N, C) to 5 (N, C, D, H, W). `linear`: row-major, any rank, padded to a multiple of four values.
enum class Layout : uint8_t
{
    blocked,
    linear
};

/// Storage type of a value on the device. All integers and booleans are i32, but for u8, which only holds pictures and
/// label maps (linear), and i8, the data of convolutions of bytes (blocked; lanes past the last channel hold anything).
enum class Storage : uint8_t
{
    f32,
    f16,
    i32,
    u8,
    i8
};

size_t element_bytes(Storage storage); ///< bytes of an element of four values: 16, 8, 16, 4, 4

/// Properties of a tensor before it has memory: its type, its shape and, if it is a constant, its values.
struct TensorInfo
{
    DType type = DType::f32;
    Shape shape;
    const Tensor* constant = nullptr;
    bool is_present = true; ///< false: an optional input that the node leaves out, or an unused output
};

using Inputs = std::span<const TensorInfo>;
using Outputs = std::vector<TensorInfo>;

/// A tensor as a kernel sees it.
struct Operand
{
    Shape shape;
    DType type = DType::f32;
    Storage storage = Storage::f32;
    Layout layout = Layout::blocked;
    View view = {};
    size_t buffer_bytes =
        0; ///< size of the range that `view` addresses: larger than the tensor if this is a slice of another
    bool is_present = false;

    // The shape as kernels for blocked tensors see it: N × C × rows × width, with rows = D·H.
    int batch() const { return int(shape[0]); }
    int channels() const { return int(shape[1]); }
    int blocks() const { return div_ceil(channels(), 4); }
    int depth() const { return shape.rank() == 5 ? int(shape[2]) : 1; }
    int height() const { return shape.rank() >= 4 ? int(shape[shape.rank() - 2]) : 1; }
    int width() const { return shape.rank() >= 3 ? int(shape.back()) : 1; }
    int rows() const { return depth() * height(); }
    /// Elements of four values that the tensor itself holds, in either layout.
    int64_t elements4() const;
};

/// The contiguous view of a tensor that has its buffer to itself.
View packed_view(const Shape& shape, Layout layout);
/// Elements of four values in a tensor of this shape and layout.
int64_t elements4(const Shape& shape, Layout layout);

/// Memory of a kernel binding: an input or output of the node by position, packed weights or scratch by index into the
/// Plan's lists. The window is in bytes of that memory; a size of 0 means all of it. Offsets must be multiples of
/// Limits::storage_buffer_alignment_bytes and sizes at most Limits::max_storage_buffer_range_bytes.
struct Binding
{
    enum class Kind : uint8_t
    {
        input,
        output,
        weights,
        scratch
    };
    Kind kind = Kind::input;
    uint32_t index = 0;
    size_t offset_bytes = 0;
    size_t size_bytes = 0;
    std::optional<Storage> texels =
        {}; ///< if set, read through a uniform texel buffer of elements of this storage: f32 or f16
};

inline Binding input(uint32_t index)
{
    return {.kind = Binding::Kind::input, .index = index};
}
inline Binding output(uint32_t index = 0)
{
    return {.kind = Binding::Kind::output, .index = index};
}
inline Binding weights(uint32_t index = 0)
{
    return {.kind = Binding::Kind::weights, .index = index};
}
inline Binding scratch(uint32_t index = 0)
{
    return {.kind = Binding::Kind::scratch, .index = index};
}

/// Up to 128 bytes, the minimum that every device supports.
class PushConstants
{
public:
    PushConstants() = default;
    template <class T>
    PushConstants(const T& values) : size_(sizeof(T)) // NOLINT: implicit, so that a contract struct is the argument
    {
        static_assert(std::is_trivially_copyable_v<T> && sizeof(T) <= 128 && sizeof(T) % 4 == 0);
        std::memcpy(bytes_.data(), &values, sizeof(T));
    }
    std::span<const std::byte> bytes() const { return {bytes_.data(), size_}; }

private:
    alignas(4) std::array<std::byte, 128> bytes_ = {};
    size_t size_ = 0;
};

/// Batch entries that a launch computes, in order along one axis of its grid. If only some are valid when the network
/// runs, the workgroups of the others are not launched.
struct BatchSpan
{
    int first = 0;
    int count = 0;
    uint32_t axis = 0;
};

/// One kernel launch. Bindings are numbered from 0 as listed: outputs, inputs, weights, extra; at most 4 in all.
struct Dispatch
{
    Shader shader = {};
    Storage variant = Storage::f32;                      ///< build of the shader: f32, f16 or i32
    std::array<uint32_t, 3> workgroup_size = {64, 1, 1}; ///< specialization constants 0–2
    Specialization specialization = {};                  ///< the other constants
    PushConstants push_constants = {};
    std::vector<Binding> bindings = {};
    std::array<uint32_t, 3> workgroup_count = {1, 1, 1};
    std::optional<BatchSpan> batch_span = {}; ///< empty: all workgroups are always launched
    double operations = 0;                    ///< additions and multiplications, for bounded submissions and tables
    bool narrows_subgroups = false;           ///< runs in the smallest subgroups that the device offers
};

/// Weight layout that a kernel needs: `plan` requests it, `pack` produces it. Operators with a single layout keep the
/// default.
struct WeightLayout
{
    enum class Order : uint8_t
    {
        plain,
        phases,      ///< transposed convolutions: the outputs of four phases are channels (conv.comp, PHASES)
        single_input ///< transposed convolutions of a single input: the outputs of all taps are channels
    };
    Order order = Order::plain;
    int blocks = 1;         ///< blocks of four output channels in a tile; 0: depthwise
    int winograd = 0;       ///< edge of the tiles of outputs that the weights are transformed for; 0: not transformed
    uint32_t late_bits = 0; ///< transposed convolutions by Winograd: see WindowedPhases

    friend auto operator<=>(const WeightLayout&, const WeightLayout&) = default;
};

/// All launches of a node, in order. A launch that reuses memory that an earlier one wrote or read is preceded by a
/// barrier.
struct Plan
{
    std::vector<Dispatch> dispatches = {};
    std::vector<WeightLayout> weight_layouts = {}; ///< per weights binding
    std::vector<size_t> scratch_bytes = {};        ///< per scratch binding
};

/// The families of kernels for dense convolutions.
enum class ConvolutionKernel : uint8_t
{
    direct,   ///< read storage buffers; a tile of outputs in the registers of each invocation
    texels,   ///< the same, but read texel buffers
    shuffled, ///< the same as texels, and subgroups shuffle the weights
    shared,   ///< operands staged in shared memory, a tile of outputs for each workgroup
    matrices, ///< the same as shared, and subgroups multiply matrices of halves; only if tensors are f16
};

/// Measured choice of how to compute a convolution. Parts that the device or the shape does not allow are ignored.
struct ConvolutionChoice
{
    int winograd = 0; ///< edge of the Winograd tiles, 2 or 4; 0: direct
    ConvolutionKernel kernel = ConvolutionKernel::direct;
    int tile = 0;   ///< index into direct_tiles or shared_tiles (ops/convolution/convolution.hpp), by kernel; 0 for the
                    ///< other kernels
    int shares = 0; ///< shares of the depth, for the shared kernels without Winograd; 0: by rule
                    ///< (ops/convolution/depth_shares.hpp)
    friend bool operator==(const ConvolutionChoice&, const ConvolutionChoice&) = default;
};

/// Inputs of an operator's `plan`.
struct PlanRequest
{
    std::span<const Operand> inputs;  ///< one per node input; parameters and missing inputs are not present
    std::span<const Operand> outputs; ///< one per node output
    Inputs infos;                     ///< one per node input, with the constants of parameters
    const Limits& limits;
    Storage real = Storage::f32;               ///< storage of floats: f32 or f16
    bool allow_winograd = true;                ///< from SessionOptions
    const ConvolutionChoice* choice = nullptr; ///< null: by rules
};

/// Sets a grid of `invocations` in workgroups of `workgroup_size`, folded into two dimensions if one is too long. The
/// shader finds its index by linear_index() and must check it against the count.
void set_linear_grid(Dispatch& dispatch, int64_t invocations, const Limits& limits, uint32_t workgroup_size = 64);

/// States that the invocations of a grid by set_linear_grid() compute these batch entries one after another.
void set_linear_span(Dispatch& dispatch, int first, int count);

/// True if a texel buffer can hold all of the operand's buffer.
bool fits_texels(const Operand& operand, const Limits& limits);

/// A float operand that a kernel reads, and its binding.
struct Reading
{
    uint32_t binding = 0;
    const Operand* operand = nullptr;
};
/// Takes the build of the dispatch's shader that reads all these through texel buffers, if the device prefers texel
/// buffers and all of the operands fit.
void read_texels(Dispatch& dispatch, std::span<const Reading> readings, const Limits& limits);
/// The same, whatever the device prefers.
void read_texels_where_they_fit(Dispatch& dispatch, std::span<const Reading> readings, const Limits& limits);

/// Binding and view for the blocks [first, first + count) of every batch entry: a window that is no larger than needed
/// and has an aligned start, for tensors larger than one binding may be.
struct BlockWindow
{
    Binding binding;
    View view;
};
BlockWindow block_window(Binding whole, const Operand& operand, int first, int count, const Limits& limits);

/// Fails if the operand is larger than one binding; the Status says what does not fit, and what helps.
Status check_binding(const std::string& what, const Operand& operand, const Limits& limits);

/// Fails if a scratch buffer is larger than one binding may be.
Status check_scratch(const std::string& what, size_t bytes, const Limits& limits);

} // namespace vkseg
