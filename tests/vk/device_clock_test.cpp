#include "vk/device_clock.hpp"

#include <doctest/doctest.h>

namespace vkseg::vk::device_clock_test {

TEST_CASE("device clock: the first run begins at its submission, later ones keep the device's distances")
{
    DeviceClock clock;
    CHECK(clock.place({.device_begin_ns = 500, .length_ns = 100, .submitted_ns = 10'000, .done_ns = 10'300}) == 10'000);
    // Submitted while the first was running, and 150 ns after its begin on the device
    CHECK(clock.place({.device_begin_ns = 650, .length_ns = 100, .submitted_ns = 10'050, .done_ns = 10'400}) == 10'150);
}

TEST_CASE("device clock: no run begins before its submission, and later runs follow the better estimate")
{
    DeviceClock clock;
    clock.place({.device_begin_ns = 0, .length_ns = 100, .submitted_ns = 1'000, .done_ns = 2'000});
    CHECK(clock.place({.device_begin_ns = 200, .length_ns = 100, .submitted_ns = 1'250, .done_ns = 2'000}) == 1'250);
    CHECK(clock.place({.device_begin_ns = 400, .length_ns = 100, .submitted_ns = 1'300, .done_ns = 2'000}) == 1'450);
}

TEST_CASE("device clock: a device that counts too fast does not run ahead of the host")
{
    DeviceClock clock;
    clock.place({.device_begin_ns = 0, .length_ns = 100, .submitted_ns = 1'000, .done_ns = 1'100});
    CHECK(clock.place({.device_begin_ns = 9'000, .length_ns = 100, .submitted_ns = 2'000, .done_ns = 2'150}) == 2'050);
}

TEST_CASE("device clock: a counter that wraps around starts anew at the submission")
{
    DeviceClock clock;
    clock.place({.device_begin_ns = 1e9, .length_ns = 100, .submitted_ns = 1'000, .done_ns = 1'100});
    CHECK(clock.place({.device_begin_ns = 5, .length_ns = 100, .submitted_ns = 2'000, .done_ns = 2'200}) == 2'000);
}

TEST_CASE("device clock: runs that are reported late do not overlap those before them")
{
    DeviceClock clock;
    clock.place({.device_begin_ns = 200, .length_ns = 100, .submitted_ns = 1'000, .done_ns = 1'400});
    CHECK(clock.place({.device_begin_ns = 0, .length_ns = 150, .submitted_ns = 900, .done_ns = 1'500}) == 1'100);
}

TEST_CASE("device clock: devices have numbers of their own")
{
    const DeviceClock one;
    const DeviceClock other;
    CHECK(one.number() > 0);
    CHECK(one.number() != other.number());
}

} // namespace vkseg::vk::device_clock_test
