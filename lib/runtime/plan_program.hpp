#pragma once

#include "runtime/program.hpp"
#include "vk/device.hpp"

/// Turns a network into a program for a device.
namespace vkseg {

/// Plans the network for these input shapes and options; measures convolutions first if the options ask for tuning.
/// `own_constant_bytes`: constant_bytes() of the graph while it still had its constants.
Result<Program> plan_program(const std::shared_ptr<vk::Device>& device, const Graph& graph,
                             std::span<const NamedShape> shapes, const SessionOptions& options,
                             size_t own_constant_bytes);

/// SessionOptions::max_memory_bytes, or the default for these shapes.
size_t max_memory_bytes(const SessionOptions& options, const Graph& graph, std::span<const NamedShape> shapes,
                        size_t own_constant_bytes);

/// Fraction of the planning progress that tuning takes, if enabled.
constexpr double tuning_share = 0.8;

} // namespace vkseg
