#pragma once

#include "runtime/schedule.hpp"
#include "vk/device.hpp"

#include <functional>

/// Measures the ways to compute the convolutions of a network on a device.
namespace vkseg {

/// The choices stored on disk for the device; none if the file is missing or damaged.
TunedChoices load_choices(const vk::Device& device);
/// Stores the choices on disk. If the device keeps no files or writing fails, they are measured again next time.
void save_choices(const vk::Device& device, const TunedChoices& choices);

/// Adds a choice for each convolution that has none yet, in a graph as specialize() returns it. `progress` is called
/// with 0 … 1.
Status tune(const std::shared_ptr<vk::Device>& device, const Graph& graph, const ScheduleOptions& options,
            const Limits& limits, TunedChoices& choices, const std::function<void(double)>& progress);

} // namespace vkseg
