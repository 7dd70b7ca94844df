#include "vkseg/calibrate.hpp"

#include "support/devices.hpp"

#include <doctest/doctest.h>

#include <cmath>

namespace vkseg::calibrate_test {
namespace {

void check_rate(double rate)
{
    CHECK(std::isfinite(rate));
    CHECK(rate > 0);
}

TEST_CASE("calibrate: every device computes and copies something in its time, and gives back what it measured with")
{
    for (const test::TestDevice& on : test::devices())
    {
        CAPTURE(on.name);
        const size_t before = on.device.memory_use().activations_bytes;
        const Result<Calibration> calibration = calibrate(on.device);
        REQUIRE_MESSAGE(calibration.is_ok(), calibration.status().message());
        check_rate(calibration->multiply_add_gflop_per_s);
        check_rate(calibration->kernel_copy_gb_per_s);
        check_rate(calibration->transfer_copy_gb_per_s);
        CHECK(on.device.memory_use().activations_bytes == before);
    }
}

} // namespace
} // namespace vkseg::calibrate_test
