#pragma once

#include "vkseg/device.hpp"

#include <string>
#include <vector>

namespace vkseg::test {

/// A device that the tests run on, by a name for messages: "llvmpipe", "SwiftShader", "llvmpipe, minimum limits".
struct TestDevice
{
    std::string name;
    Device device;
};

/// Every usable Vulkan device, and the first once more with no more than the specification's minimum. Their memory is
/// poisoned, and their pipelines are not kept. VKSEG_TEST_DEVICES, if set, is a part of the name that they must have;
/// VKSEG_TEST_VALIDATE=1 puts them under the validation layer.
const std::vector<TestDevice>& devices();

/// Messages of the validation layer on all devices so far.
std::vector<std::string> validation_messages();

/// Counts, for the summary that the test program ends with.
void count_check(const std::string& device);
void print_summary();

} // namespace vkseg::test
