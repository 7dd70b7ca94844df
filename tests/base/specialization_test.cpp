#include "base/specialization.hpp"

#include <doctest/doctest.h>

#include <type_traits>

namespace vkseg::test::specialization_test {
namespace {

enum Plain
{
    plain
};

} // namespace

TEST_CASE("specialization: constants are in the order of their ids, whatever the order they are given in")
{
    Specialization constants = {{7, true}, {3, -2}, {5, 0.5f}};
    CHECK(constants == Specialization{{3, -2}, {5, 0.5f}, {7, true}});
    CHECK(constants != Specialization{{3, -2}, {5, 0.5f}});
    CHECK(int(constants.at(3)) == -2);
    CHECK(constants.at(5) == 0x3f000000);
    CHECK(constants.at(7) == 1);
    constants.set({5, size_t(9)});
    constants.set({4, uint32_t(1) << 31});
    REQUIRE(constants.constants().size() == 4);
    CHECK(constants.constants()[1] == SpecializationConstant(4, uint32_t(1) << 31));
    CHECK(constants.constants()[2] == SpecializationConstant(5, 9));
}

TEST_CASE("specialization: values are integers, booleans and floats; nothing becomes a float in silence")
{
    CHECK_FALSE(std::is_constructible_v<SpecializationConstant, int, Plain>);
    CHECK_FALSE(std::is_constructible_v<SpecializationConstant, int, double>);
    CHECK(std::is_constructible_v<SpecializationConstant, int, float>);
}

} // namespace vkseg::test::specialization_test
