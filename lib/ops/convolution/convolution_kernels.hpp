#pragma once

#include "ops/convolution/convolution.hpp"

/// Selection of the kernel for a pass.
namespace vkseg {

struct ConvolutionShader
{
    Shader shader = {};
    int pixels = 0;        ///< pixels that an invocation computes
    Extent2 tile = {1, 1}; ///< outputs that count as one pixel
    bool narrows_subgroups = false;
};

/// The shader for the pass, with PIXELS of its file, and the tile if it is depthwise.
ConvolutionShader find_shader(const ConvolutionPlan& shared, const ConvolutionPass& pass, const PlanRequest& request);

/// Number of blocks of a tensor that fit one window, whose start is moved back to an aligned offset.
size_t blocks_per_window(const Operand& operand, const Limits& limits);

} // namespace vkseg
