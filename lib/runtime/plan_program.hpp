#pragma once

#include "runtime/program.hpp"
#include "vk/device.hpp"

/// From a network as it was given to a program for a device.
namespace vkseg {

/// Plans the network for these input shapes as the options say; measures convolutions first where they ask to tune.
/// `own_constant_bytes`: constant_bytes() of the graph when it still had its constants.
Result<Program> plan_program(const std::shared_ptr<vk::Device>& device, const Graph& graph,
                             std::span<const NamedShape> shapes, const SessionOptions& options,
                             size_t own_constant_bytes);

/// SessionOptions::max_memory_bytes, or the default for these shapes.
size_t max_memory_bytes(const SessionOptions& options, const Graph& graph, std::span<const NamedShape> shapes,
                        size_t own_constant_bytes);

/// Of the progress of a plan, what planning takes if it tunes.
constexpr double tuning_share = 0.8;

} // namespace vkseg
