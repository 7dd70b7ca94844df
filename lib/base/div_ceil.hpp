#pragma once

#include <concepts>

namespace vkseg {

/// Quotient of two integers, rounded up. `a` is at least 0, `b` at least 1.
template <std::integral A, std::integral B>
constexpr auto div_ceil(A a, B b)
{
    return (a + b - 1) / b;
}

/// The smallest multiple of `b` that is at least `a`.
template <std::integral A, std::integral B>
constexpr auto round_up(A a, B b)
{
    return div_ceil(a, b) * b;
}

} // namespace vkseg
