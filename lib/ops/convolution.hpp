#pragma once

#include "ops/plan.hpp"

/// What Conv and ConvTranspose share: the convolution kernels (shaders/conv*.comp), the order of their weights, and how
/// a pass of them is cut to fit the device's limits.
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

/// How the weights of one pass lie in memory: one run of elements for each tile of output channels.
/// Dense kernels (shaders/conv.comp): bias[block], then [input block][tap][block][input lane], each element
/// holding the weights to the four outputs of the block. Depthwise ones: bias, then [tap]; a tile is one block.
struct WeightOrder
{
    ConvolutionChannels channels;
    int taps = 1;
    int blocks = 1; ///< of four output channels in a tile; 0: depthwise

    int tile_blocks() const { return blocks == 0 ? 1 : blocks; }
    int tiles() const { return (channels.outputs + 4 * tile_blocks() - 1) / (4 * tile_blocks()); }
    /// The blocks of input channels [first, end) that the tile's outputs are computed from; of dense kernels.
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
    Extent3 out_begin = {0, 0, 0}; ///< where the grid lies in the output
    Extent3 out_step;
    int64_t weights_begin = 0;       ///< in elements, from the start of the node's packed weights
    int64_t weights_batch_pitch = 0; ///< in elements; 0: every batch entry has the same weights

    /// Whether there is more to an output's slice than one slice of so many: it has several taps over depth, or lies
    /// where there is padding alone.
    bool sums_slices(int in_depth) const;
};

/// Register tile of the direct kernels (shaders/conv.comp): an invocation computes `pixels` outputs for each of
/// `blocks` blocks of four output channels.
struct DirectTile
{
    int pixels = 0;
    int blocks = 0;
};

/// Tiles of the kernels that read storage buffers, the largest first.
inline constexpr DirectTile direct_tiles[] = {{8, 2}, {4, 4}, {2, 4}, {2, 2}, {2, 1}};

/// Estimated 32-bit registers of a kernel with this tile: sums, values, weights and addresses. Within four of what
/// RADV's compiler reports for windows of 3 × 3.
int registers_of(const DirectTile& tile);

/// Index of the largest tile that fits the registers; the smallest if none fits.
int largest_tile(std::span<const DirectTile> tiles, int registers);

/// What a workgroup computes from operands in shared memory (shaders/shared/conv_slabs.glsl).
struct GroupTile
{
    std::array<uint32_t, 2> invocations = {0, 0}; ///< along pixels, along blocks
    int pixels = 0;
    int blocks = 0;            ///< of four output channels
    MatrixShape matrices = {}; ///< that subgroups multiply, if they do
    bool has_matrices() const { return matrices.rows > 0; }
};

/// Those of the shared kernels. Where outputs are few the smaller ones leave fewer invocations idle.
inline constexpr GroupTile shared_tiles[] = {
    {.invocations = {8, 8}, .pixels = 64, .blocks = 16},
    {.invocations = {8, 8}, .pixels = 32, .blocks = 16},
    {.invocations = {16, 4}, .pixels = 64, .blocks = 8},
    {.invocations = {16, 8}, .pixels = 128, .blocks = 16},
};

/// Into how many shares the shared kernels may cut the depth of a pass (ops/depth_shares.hpp).
struct DepthSharing
{
    int most = 1;
    int least_slabs = 1; ///< of a share; as many steps as are staged at a time are a slab
};

/// What 2 × 2 subgroups compute (shaders/conv_matrices.comp) by matrices of the extension that the shader was built
/// for; none where the device does not have it.
std::optional<GroupTile> matrix_tile(const Limits& limits);

/// What the kernels do to their sums, as these take it (shaders/shared/epilogue.h).
struct Epilogue
{
    std::array<uint32_t, 2> specialization; ///< The activation, and the place of the residual.
    int finish;
};

/// Everything about a convolution that all its passes share.
struct ConvolutionPlan
{
    ConvolutionChannels channels;
    Activation activation;
    const Operand* residual = nullptr;
    bool adds_residual_last = false;
    int64_t weights_elements = 0;   ///< of all passes
    int blocks = 1;                 ///< of four output channels in a tile; 0: depthwise
    int pixels = 0;                 ///< of the register tile, if it has several blocks and reads storage buffers
    Storage weights = Storage::f32; ///< may be halves where tensors are f32
    bool reads_texels = false;
    bool reads_weight_texels = false;   ///< of inputs that no texel buffer may hold, at least the weights
    Binding packed = vkseg::weights(0); ///< where they lie
    bool shuffles_weights = false;      ///< each invocation loads a share of the weights, and subgroups hand them round
    std::optional<GroupTile> group_tile = {}; ///< operands are staged in shared memory
    DepthSharing sharing = {};
    bool takes_phases = false; ///< one pass computes the four phases of conv_phases.comp, in place of a tile's blocks

    /// If shared, the kernel is one for every activation and residual, which it learns as it runs.
    Epilogue epilogue(UnaryKind fused, int column_step, bool is_shared) const;
    /// The kernels have no more to do to their results than to keep them between bounds, which let 0 through.
    bool only_bounds() const;
    bool fuses(UnaryKind kind) const; ///< the direct kernels apply this function to their results
};

/// Of a window's start in bytes, for storage and for texel buffers.
size_t binding_alignment(const Limits& limits);

/// What the choice of kernels depends on beside the request.
struct KernelNeeds
{
    int most_taps = 1;        ///< of a pass
    bool sums_slices = false; ///< one of the passes does
    Storage inputs = Storage::f32;
    bool may_read_texels = true;
    bool may_read_weight_texels = true; ///< there are kernels that read the weights alone through a texel buffer
    bool may_share_depth = true;        ///< several workgroups may (ops/depth_shares.hpp)
};

/// Sets the family of kernels, and the order of weights that goes with it.
void choose_kernel(ConvolutionPlan& plan, const PlanRequest& request, const KernelNeeds& needs);

/// The kernels, the order of weights and the way of reading that suit the device, for all of these passes. Fails when
/// an input fits no binding.
Result<ConvolutionPlan> choose_convolution(const PlanRequest& request, const ConvolutionChannels& channels,
                                           std::span<const ConvolutionPass> passes, const Activation& activation,
                                           const Operand* residual = nullptr);

/// Whether all kernels apply this function to their results.
bool is_fused_by_convolutions(UnaryKind kind);
/// Whether those do that a convolution to so many channels takes, at least unless it is in groups; where they do not
/// after all, it takes a launch of its own.
bool is_fused_by_convolutions(UnaryKind kind, int64_t outputs);

/// Adds the launches that apply the activation.
Status add_activation(Plan& plan, const PlanRequest& request, const Activation& activation);

/// Adds the launches of one pass, several where a window of the output or weights would be larger than a binding.
Status add_pass(Plan& plan, const PlanRequest& request, const ConvolutionPlan& shared, const ConvolutionPass& pass);

} // namespace vkseg
