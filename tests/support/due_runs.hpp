#pragma once

#include "runtime/program.hpp"
#include "support/devices.hpp"

#include <optional>

/// Compilers of drivers take most of the tests' time, so not every case runs on every device. A run is due if
/// - it is the device's turn, which goes from device to device and from case to case; in f16, whose kernels are those
///   of f32 but for the type of storage, only every eleventh case has a turn, or
/// - it launches a kernel that no run in this process has launched with that driver, or
/// - the device has compiled all of its pipelines before.
/// So every kernel runs with every driver, and every set of specialization constants in f32 on at least one device.
/// VKSEG_TEST_ALL=1 makes all runs due.
namespace vkseg::test {

/// Number of the case, for turns; the next one at each call.
size_t next_turn();

/// The device whose turn it is, or all devices with VKSEG_TEST_ALL=1. Consecutive numbers go to different devices.
std::vector<TestDevice> devices_of_turn(size_t turn);

/// Runs in f16 on the device whose turn it is, and in f32 on the others. In both on every device with VKSEG_TEST_ALL=1,
/// or if there is only one.
std::vector<std::pair<TestDevice, Precision>> runs_of_turn(size_t turn);

/// True if the run of the program on the device is due. The caller then runs it. Without a turn, it is due for the
/// other reasons only.
bool is_due(const TestDevice& device, const Program& program, std::optional<size_t> turn);

/// The turn of a case: in f16 every eleventh one has a turn, that of another device than in f32.
std::optional<size_t> turn_of(size_t number, Precision precision);

} // namespace vkseg::test
