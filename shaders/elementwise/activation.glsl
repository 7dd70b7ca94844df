// Unary functions of UnaryKind on four values. `kind` is meant to be a specialization constant, so that one branch remains. The
// formulas neither overflow nor cancel in f32; the clamps are needed because both sides of a select are computed.
#ifndef VKSEG_ACTIVATION_GLSL
#define VKSEG_ACTIVATION_GLSL

#include "shared/nan.glsl"
#include "elementwise/unary_kind.h"

// exp stays finite and normal in f32 for arguments up to this size.
const float exp_limit = 87.0;

vec4 sigmoid(const vec4 x)
{
    return 1.0 / (1.0 + exp(min(-x, exp_limit)));
}

// tanh, near zero by the odd polynomial of Cephes' tanhf (S. Moshier, https://netlib.org/cephes/), because 1 - 2 / (e^2x + 1)
// cancels there.
vec4 tanh_careful(const vec4 x)
{
    const vec4 s = x * x;
    const vec4 near = (((-5.70498872745e-3 * s + 2.06390887954e-2) * s - 5.37397155531e-2) * s + 1.33314422036e-1) * s -
                      3.33332819422e-1;
    const vec4 size = abs(x);
    const vec4 far = sign(x) * (1.0 - 2.0 / (exp(2.0 * min(size, 10.0)) + 1.0));
    return mix(far, x + x * s * near, lessThan(size, vec4(0.625)));
}

// e^x - 1, by Taylor's series where the difference would cancel.
vec4 expm1(const vec4 x)
{
    const vec4 near =
        x * (1.0 + x * (0.5 + x * (1.0 / 6.0 + x * (1.0 / 24.0 + x * (1.0 / 120.0 + x * (1.0 / 720.0 + x / 5040.0))))));
    return mix(exp(min(x, exp_limit)) - 1.0, near, lessThan(abs(x), vec4(0.4)));
}

// 2 atanh(s) for |s| <= 1/3: a minimax polynomial in s^2, relative error below 5e-9.
vec4 twice_atanh(const vec4 s)
{
    const vec4 w = s * s;
    return 2.0 * s * ((((0.1407888918 * w + 0.1398257887) * w + 0.2001229762) * w + 0.3333316082) * w + 1.0);
}

// log(1 + u) for u in [0, 1].
vec4 log1p_unit(const vec4 u)
{
    return twice_atanh(u / (2.0 + u));
}

// log x = log m + e log 2 with x = m 2^e and m in [sqrt(1/2), sqrt(2)): GLSL's log may be off by 2^-21 near 1.
vec4 log_careful(const vec4 x)
{
    ivec4 e;
    vec4 m = frexp(x, e);
    const bvec4 is_small = lessThan(m, vec4(0.70710678118654752));
    m = mix(m, 2.0 * m, is_small);
    const vec4 n = vec4(e - ivec4(is_small));
    const vec4 value = n * 0.693359375 + (twice_atanh((m - 1.0) / (m + 1.0)) - n * 2.12194440e-4); // log 2 in two parts
    const bvec4 is_normal = equal(clamp(x, 1.17549435e-38, 3.40282347e38), x);
    return mix(log_defined(x), value, is_normal);
}

// erf(x) for |x| <= 1: a minimax polynomial in x^2, error below 2e-9.
vec4 erf_near(const vec4 x)
{
    const vec4 w = x * x;
    return x * ((((((7.875875063e-5 * w - 8.016864287e-4) * w + 5.189087423e-3) * w - 2.685421201e-2) * w +
                  0.1128359472) * w - 0.3761262667) * w + 1.128379166);
}

// erfc(z) = 1 - erf(z) for z >= 1 in the form of Abramowitz and Stegun 7.1.26, e^(-z^2) times a polynomial in
// t = 1 / (1 + p z), but with p = 1/2 and coefficients fitted to a relative error below 1e-7.
vec4 erfc_far(const vec4 z)
{
    const vec4 t = 1.0 / (1.0 + 0.5 * z);
    const vec4 polynomial =
        t * (((((((9.39210176e-2 * t - 0.2282458657) * t + 8.598665102e-2) * t + 5.780097169e-2) * t + 0.1803967212) * t +
               0.2465104285) * t + 0.2821047153) * t + 0.2820947404);
    return exp(-min(z * z, exp_limit)) * polynomial;
}

vec4 erf(const vec4 x)
{
    const vec4 size = abs(x);
    return mix(sign(x) * (1.0 - erfc_far(size)), erf_near(x), lessThan(size, vec4(1.0)));
}

// x Phi(x), where Phi is the cumulative normal distribution; 1 + erf would cancel for negative x.
vec4 gelu(const vec4 x)
{
    const vec4 u = x * 0.70710678118654752;
    const vec4 size = abs(u);
    const vec4 tail = 0.5 * erfc_far(size);
    const vec4 far = mix(1.0 - tail, tail, lessThan(x, vec4(0.0)));
    return x * mix(far, 0.5 + 0.5 * erf_near(u), lessThan(size, vec4(1.0)));
}

// sin(x + quarters pi / 2). The nearest multiple of pi / 2 is subtracted in three parts (Cody and Waite 1980), and the remainder
// goes into the polynomials of Cephes' sinf and cosf. Accurate for |x| up to about 10^4.
vec4 sine(const vec4 x, const int quarters)
{
    const vec4 n = roundEven(x * 0.63661977236758134);
    precise vec4 r = x - n * 1.5703125;
    r = r - n * 4.837512969970703e-4;
    r = r - n * 7.549789948768648e-8;
    const vec4 s = r * r;
    const vec4 odd = r + r * s * ((-1.9515295891e-4 * s + 8.3321608736e-3) * s - 1.6666654611e-1);
    const vec4 even =
        1.0 - 0.5 * s + s * s * ((2.443315711809948e-5 * s - 1.388731625493765e-3) * s + 4.166664568298827e-2);
    const ivec4 quadrant = ivec4(n) + quarters;
    const vec4 value = mix(odd, even, equal(quadrant & 1, ivec4(1)));
    return mix(value, -value, equal(quadrant & 2, ivec4(2)));
}

vec4 activate_number(const int kind, const vec4 x, const float a, const float b)
{
    switch (kind)
    {
    case unary_relu:
        return max(x, 0.0);
    case unary_leaky_relu:
        return mix(x, a * x, lessThan(x, vec4(0.0)));
    case unary_elu:
        return mix(x, a * expm1(min(x, 0.0)), lessThan(x, vec4(0.0)));
    case unary_selu:
        return b * mix(x, a * expm1(min(x, 0.0)), lessThan(x, vec4(0.0)));
    case unary_celu:
        return max(x, 0.0) + min(a * expm1(x / a), 0.0);
    case unary_sigmoid:
        return sigmoid(x);
    case unary_hard_sigmoid:
        return clamp(a * x + b, 0.0, 1.0);
    case unary_hard_swish:
        return x * clamp(x / 6.0 + 0.5, 0.0, 1.0);
    case unary_tanh:
        return tanh_careful(x);
    case unary_softplus:
        return max(x, 0.0) + log1p_unit(exp(-min(abs(x), exp_limit)));
    case unary_softsign:
        return x / (1.0 + abs(x));
    case unary_thresholded_relu:
        return mix(vec4(0.0), x, greaterThan(x, vec4(a)));
    case unary_clip:
        return min(max(x, a), b); // clamp is undefined if a > b
    case unary_exp:
        return exp(x);
    case unary_log:
        return log_careful(x);
    case unary_sqrt:
        return sqrt(x);
    case unary_abs:
        return abs(x);
    case unary_neg:
        return -x;
    case unary_floor:
        return floor(x);
    case unary_ceil:
        return ceil(x);
    case unary_round:
        return roundEven(x);
    case unary_reciprocal:
        return 1.0 / x;
    case unary_erf:
        return erf(x);
    case unary_mish:
    {
        // tanh(log(1 + e)) = (e^2 + 2 e) / (e^2 + 2 e + 2) with e = e^x; 1 in f32 from 20 on.
        const vec4 e = exp(min(x, 20.0));
        const vec4 n = e * (e + 2.0);
        return x * (n / (n + 2.0));
    }
    case unary_gelu:
        return gelu(x);
    case unary_gelu_tanh:
        return x * sigmoid(1.5957691216057308 * (x + 0.044715 * x * x * x)); // (1 + tanh u) / 2 = sigmoid(2 u)
    case unary_sign:
        return sign(x);
    case unary_sin:
        return sine(x, 0);
    case unary_cos:
        return sine(x, 1);
    case unary_logical_not:
        return vec4(equal(x, vec4(0.0)));
    }
    return x;
}

vec4 activate(const int kind, const vec4 x, const float a, const float b)
{
    return keep_nan(x, activate_number(kind, x, a, b));
}

#endif
