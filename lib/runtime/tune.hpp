#pragma once

#include "runtime/schedule.hpp"
#include "vk/device.hpp"

#include <functional>

/// Measures the ways to compute the convolutions of a network on a device.
namespace vkseg {

/// The choices that a file keeps for the device; none where there is no such file, or it is damaged.
TunedChoices load_choices(const vk::Device& device);
/// Where the device keeps nothing, or the file cannot be written, they are measured again another time.
void save_choices(const vk::Device& device, const TunedChoices& choices);

/// Adds a choice for each convolution that has none yet, in a graph as specialize() returns it. `progress` is called
/// with 0 … 1.
Status tune(const std::shared_ptr<vk::Device>& device, const Graph& graph, const ScheduleOptions& options,
            const Limits& limits, TunedChoices& choices, const std::function<void(double)>& progress);

} // namespace vkseg
