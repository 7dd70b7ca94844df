#pragma once

#include "vkseg/device.hpp"

#include <string>
#include <vector>

namespace vkseg::test {

/// A device that the tests run on, and its name for messages: "llvmpipe", "SwiftShader", "llvmpipe, minimum limits".
struct TestDevice
{
    std::string name;
    Device device;
};

/// Returns every usable Vulkan device, and the first one again, clamped to the specification's minimum limits. Device
/// memory is filled with NaN; pipelines are not cached. If VKSEG_TEST_DEVICES is set, only devices whose names contain
/// its value are returned. VKSEG_TEST_VALIDATE=1 enables the validation layer.
const std::vector<TestDevice>& devices();

/// The same devices with bindings of at most `max_binding_bytes`.
const std::vector<TestDevice>& devices_that_bind(size_t max_binding_bytes);

/// True if VKSEG_TEST_ALL=1 asks for every case on every device (see due_runs.hpp).
bool runs_all();

/// Messages of the validation layer on all devices so far.
std::vector<std::string> validation_messages();

/// Counts a check of this device for print_summary(), which the test program calls last.
void count_check(const std::string& device);
void print_summary();

} // namespace vkseg::test
