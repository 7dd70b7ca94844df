#pragma once

#include "ops/convolution.hpp"

/// Which kernel computes a pass.
namespace vkseg {

struct ConvolutionShader
{
    Shader shader = {};
    int pixels = 0;        ///< that an invocation computes
    Extent2 tile = {1, 1}; ///< of outputs that count as one pixel
};

/// PIXELS of the shader files, and the tiles of the depthwise ones.
ConvolutionShader find_shader(const ConvolutionPlan& shared, const ConvolutionPass& pass, const PlanRequest& request);

/// Blocks of a tensor that a window may hold; the window's start is moved back to an aligned offset.
size_t blocks_per_window(const Operand& operand, const Limits& limits);

} // namespace vkseg
