#pragma once

#include "ops/plan.hpp"

/// Common parts of Conv and ConvTranspose: the convolution kernels (shaders/conv*.comp), the order of their weights,
/// and the division of a pass into launches that respect the device's limits.
namespace vkseg {

struct ConvolutionChannels
{
    int inputs = 0;
    int outputs = 0;
    int groups = 1;

    int group_inputs() const { return inputs / groups; }
    int group_outputs() const { return outputs / groups; }
    bool is_depthwise() const { return groups == inputs && groups == outputs && groups > 1; }
};

struct Extent2
{
    int height = 1;
    int width = 1;
};

struct Extent3
{
    int depth = 1;
    int height = 1;
    int width = 1;
    int count() const { return depth * height * width; }
    friend bool operator==(const Extent3&, const Extent3&) = default;
};

/// Memory order of the weights of one pass: one run of elements for each tile of output channels.
/// Dense kernels (shaders/convolution/conv.comp): bias[block], then [input block][tap][block][input lane]; each element
/// holds the weights to the four outputs of the block. Depthwise kernels: bias, then [tap]; a tile is one block.
/// Bytes: shaders/convolution/bytes.glsl.
struct WeightOrder
{
    ConvolutionChannels channels;
    int taps = 1;
    int blocks = 1; ///< blocks of four output channels in a tile; 0: depthwise
    int head = 1;   ///< elements for each block before its weights

    int tile_blocks() const { return blocks == 0 ? 1 : blocks; }
    int tiles() const { return (channels.outputs + 4 * tile_blocks() - 1) / (4 * tile_blocks()); }
    /// Blocks of input channels [first, end) that the tile's outputs are computed from; dense kernels only.
    struct Blocks
    {
        int first = 0;
        int end = 0;
    };
    Blocks input_blocks(int tile) const;
    int64_t tile_pitch() const; ///< in elements of four values
    int64_t elements() const { return tile_pitch() * tiles(); }
};

/// A grid of outputs computed from the inputs at position · stride + origin + tap · dilation.
struct ConvolutionPass
{
    Extent3 grid;
    Extent3 kernel;
    Extent3 stride;
    Extent3 dilation; ///< negative in transposed convolutions
    Extent3 origin = {0, 0, 0};
    Extent3 out_begin = {0, 0, 0}; ///< position of the grid in the output
    Extent3 out_step;
    int64_t weights_begin = 0;       ///< in elements, from the start of the node's packed weights
    int64_t weights_batch_pitch = 0; ///< in elements; 0: all batch entries share the same weights

    /// True if some slice of outputs is not computed from exactly one of the `in_depth` input slices: the window has
    /// several taps over depth, or the slice lies in padding alone.
    bool sums_slices(int in_depth) const;
};

/// Register tile of the direct kernels (shaders/convolution/conv.comp): an invocation computes `pixels` outputs for
/// each of `blocks` blocks of four output channels.
struct DirectTile
{
    int pixels = 0;
    int blocks = 0;
};

/// Tiles of the kernels that read storage buffers, the largest first.
inline constexpr DirectTile direct_tiles[] = {{8, 2}, {4, 4}, {2, 4}, {2, 2}, {2, 1}};

/// Estimated number of 32-bit registers of a kernel with this tile: sums, values, weights and addresses. Within four of
/// the number that RADV's compiler reports for windows of 3 × 3.
int registers_of(const DirectTile& tile);

/// Index of the largest tile that fits the registers; index of the smallest if none fits.
int largest_tile(std::span<const DirectTile> tiles, int registers);

/// Outputs that a workgroup computes from operands in shared memory (shaders/convolution/conv_slabs.glsl).
struct GroupTile
{
    std::array<uint32_t, 2> invocations = {0, 0}; ///< along pixels, along blocks
    int pixels = 0;
    int blocks = 0;            ///< blocks of four output channels
    MatrixShape matrices = {}; ///< shape of the matrices that subgroups multiply, if they do
    bool has_matrices() const { return matrices.rows > 0; }
};

/// Tiles of the shared kernels. If there are few outputs, the smaller tiles leave fewer invocations idle.
inline constexpr GroupTile shared_tiles[] = {
    {.invocations = {8, 8}, .pixels = 64, .blocks = 16},
    {.invocations = {8, 8}, .pixels = 32, .blocks = 16},
    {.invocations = {16, 4}, .pixels = 64, .blocks = 8},
    {.invocations = {16, 8}, .pixels = 128, .blocks = 16},
};

/// Limits on the number of shares into which the shared kernels cut the depth of a pass
/// (ops/convolution/depth_shares.hpp).
struct DepthSharing
{
    int most = 1;
    int min_slabs = 1; ///< minimum slabs of a share; a slab is the number of steps that are staged at a time
};

/// Tile of 2 × 2 subgroups that multiply matrices (shaders/convolution/conv_matrices.comp) with the extension that the
/// shader was built for; nullopt if the device lacks it.
std::optional<GroupTile> matrix_tile(const Limits& limits);

/// Operations that the kernels apply to their sums, as kernel arguments (shaders/convolution/epilogue.h).
struct Epilogue
{
    Specialization specialization; ///< the activation, and the place of the residual
    int finish;
};

/// The two specialization constants of an epilogue.
Specialization epilogue_constants(int activation_kind, int residual_place);

/// Properties that all passes of a convolution share.
struct ConvolutionPlan
{
    ConvolutionChannels channels;
    Activation activation;
    const Operand* residual = nullptr;
    bool adds_residual_last = false;
    int64_t weights_elements = 0;   ///< sum over all passes
    int blocks = 1;                 ///< blocks of four output channels in a tile; 0: depthwise
    int pixels = 0;                 ///< pixels of the register tile, if it has several blocks and reads storage buffers
    Storage weights = Storage::f32; ///< may be f16 even if tensors are f32
    bool reads_texels = false;
    bool reads_weight_texels = false;   ///< reads at least the weights as texels, if the input fits no texel buffer
    Binding packed = vkseg::weights(0); ///< memory of the packed weights
    bool shuffles_weights = false;      ///< each invocation loads a share of the weights, and subgroups shuffle them
    std::optional<GroupTile> group_tile = {}; ///< set if operands are staged in shared memory
    DepthSharing sharing = {};
    uint32_t padding = 0;      ///< for bytes: four times the zero point of x
    bool takes_phases = false; ///< one pass computes the four phases of conv_phases.comp, in place of a tile's blocks

    /// With `is_shared`, one kernel serves every activation and residual, and reads them from `finish` at run time.
    Epilogue epilogue(UnaryKind fused, int column_step, bool is_shared) const;
    /// True if the kernels only clamp their results, if anything, to bounds that include 0.
    bool only_bounds() const;
    bool multiplies_bytes() const { return weights == Storage::i8; }
    /// The order of the weights of a pass, in tiles of `tile_blocks` blocks.
    WeightOrder order(int taps, int tile_blocks) const;
    bool fuses(UnaryKind kind) const; ///< the direct kernels apply this function to their results
};

/// Alignment in bytes of the start of a window, for storage and for texel buffers.
size_t binding_alignment(const Limits& limits);

/// Properties beside the request that the choice of kernels depends on.
struct KernelNeeds
{
    int max_taps = 1;         ///< maximum over the passes
    bool sums_slices = false; ///< true if one of the passes does
    Storage inputs = Storage::f32;
    bool may_read_texels = true;
    bool may_read_weight_texels = true; ///< true if there are kernels that read only the weights through a texel buffer
    bool may_share_depth = true; ///< true if several workgroups may share the depth (ops/convolution/depth_shares.hpp)
};

/// Sets the family of kernels, and the matching order of weights.
void choose_kernel(ConvolutionPlan& plan, const PlanRequest& request, const KernelNeeds& needs);

/// Chooses the kernels, the order of weights and the way of reading that suit the device, for all of these passes.
/// Fails if an input fits no binding.
Result<ConvolutionPlan> choose_convolution(const PlanRequest& request, const ConvolutionChannels& channels,
                                           std::span<const ConvolutionPass> passes, const Activation& activation,
                                           const Operand* residual = nullptr);

/// True if all kernels apply this function to their results.
bool is_fused_by_convolutions(UnaryKind kind);
/// True if the kernel for this many output channels can fuse the function, grouped convolutions aside. If the kernel
/// cannot after all, the function runs as a separate launch.
bool is_fused_by_convolutions(UnaryKind kind, int64_t outputs);

/// Adds the launches that apply the activation.
Status add_activation(Plan& plan, const PlanRequest& request, const Activation& activation);

/// Adds the launches of one pass: several if a window of the output or weights would be larger than a binding.
Status add_pass(Plan& plan, const PlanRequest& request, const ConvolutionPlan& shared, const ConvolutionPass& pass);

} // namespace vkseg
