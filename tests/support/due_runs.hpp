#pragma once

#include "runtime/program.hpp"
#include "support/devices.hpp"

#include <utility>
#include <vector>

/// Compilers of drivers take most of the tests' time, so not every case runs on every device. A run is due if
/// - it is the device's turn, which goes from device to device and from case to case; in f16, whose kernels are those
///   of f32 but for the type of storage, only every eleventh case has a turn, or
/// - it launches a kernel that no run in this process has launched with that driver, in f16 with any driver, or
/// - in f32, the device has compiled all of its pipelines before.
/// So every kernel runs with every driver in f32, and with one of them in f16; and every set of specialization
/// constants in f32 on at least one device. VKSEG_TEST_ALL=1 makes all runs due.
namespace vkseg::test {

/// Number of the case, for turns; the next one at each call.
size_t next_turn();

/// The device whose turn it is, or all devices with VKSEG_TEST_ALL=1. Consecutive numbers go to different devices.
std::vector<TestDevice> devices_of_turn(size_t turn);

/// All devices, that whose turn it is first: what one device does for all of them goes round.
std::vector<TestDevice> devices_from_turn(size_t turn);

/// Runs in f32 on the device whose turn it is, and in f16 on the next. In both on every device with VKSEG_TEST_ALL=1.
std::vector<std::pair<TestDevice, Precision>> runs_of_turn(size_t turn);

/// True if it is the device's turn in this precision, or with VKSEG_TEST_ALL=1.
bool has_turn(const TestDevice& device, size_t turn, Precision precision);

/// True if the run of the program on the device is due, in the case's turn. The caller then runs it.
bool is_due(const TestDevice& device, const Program& program, size_t turn, Precision precision);

} // namespace vkseg::test
