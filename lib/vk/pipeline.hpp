#pragma once

#include "base/specialization.hpp"
#include "vkseg/pipeline_statistics.hpp"
#include "vkseg/vulkan_types.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace vkseg::vk {

inline constexpr uint32_t max_bindings = 8;
inline constexpr size_t max_push_constant_bytes = 128;

/// Everything that identifies a compute pipeline. The entry point is "main", the bindings are 0 to binding_count - 1 of
/// set 0, and the shader may read max_push_constant_bytes of push constants.
struct PipelineKey
{
    std::string_view shader = {}; ///< Name for messages; must live as long as the device, as an embedded shader does.
    std::span<const uint32_t> spirv = {}; ///< Words, identified by their address; must live as long as the device.
    Specialization specialization = {};
    uint32_t binding_count = 0;     ///< 1 to max_bindings
    uint32_t texel_buffer_mask = 0; ///< Bit i: binding i is a uniform texel buffer, not a storage buffer.
    uint32_t texture_mask = 0;      ///< Bit i: binding i is an image, sampled by `sampler`.
    VkSampler sampler = {};         ///< Must live as long as the device.
    bool narrows_subgroups = false; ///< Asks for the smallest subgroups, if the device offers several sizes.
};

/// A driver's report on a pipeline.
struct PipelineDescription
{
    double compile_ms = 0;
    std::vector<PipelineExecutable> executables; ///< Empty if the driver reports nothing.
};

/// A compiled pipeline; owned by the Device.
class Pipeline;

} // namespace vkseg::vk
