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

// The functions below follow Cephes (S. Moshier, https://netlib.org/cephes/, asinf.c and its neighbours).

vec4 tangent(const vec4 x) { return sine(x, 0) / sine(x, 1); }

// asin(x) for |x| <= 1/2.
vec4 asin_near(const vec4 x)
{
    const vec4 s = x * x;
    const vec4 p = (((4.2163199048e-2 * s + 2.4181311049e-2) * s + 4.5470025998e-2) * s + 7.4953002686e-2) * s;
    return x + x * s * (p + 1.6666752422e-1);
}

// 2 asin(sqrt((1 - size) / 2)) = acos(size) for size >= 1/2; NaN above 1.
vec4 acos_far(const vec4 size)
{
    const vec4 half_angle = asin_near(sqrt(max(0.5 - 0.5 * size, 0.0)));
    return mix(2.0 * half_angle, vec4(not_a_number()), greaterThan(size, vec4(1.0)));
}

vec4 asin_careful(const vec4 x)
{
    const vec4 size = abs(x);
    return mix(sign(x) * (1.57079632679489662 - acos_far(size)), asin_near(x), lessThan(size, vec4(0.5)));
}

vec4 acos_careful(const vec4 x)
{
    const vec4 size = abs(x);
    const vec4 far = acos_far(size);
    const vec4 near = 1.57079632679489662 - asin_near(x);
    return mix(mix(far, 3.14159265358979324 - far, lessThan(x, vec4(0.0))), near, lessThan(size, vec4(0.5)));
}

vec4 atan_careful(const vec4 x)
{
    const vec4 size = abs(x);
    const bvec4 is_steep = greaterThan(size, vec4(2.414213562373095)); // tan(3 pi / 8)
    const bvec4 is_medium = greaterThan(size, vec4(0.4142135623730950)); // tan(pi / 8)
    const vec4 start = mix(mix(vec4(0.0), vec4(0.78539816339744831), is_medium), vec4(1.57079632679489662), is_steep);
    const vec4 r = mix(mix(size, (size - 1.0) / (size + 1.0), is_medium), -1.0 / size, is_steep);
    const vec4 s = r * r;
    const vec4 p = ((8.05374449538e-2 * s - 1.38776856032e-1) * s + 1.99777106478e-1) * s - 3.33329491539e-1;
    return mix(sign(x) * (start + (p * s * r + r)), x, lessThan(size, vec4(1e-4)));
}

// e^|x| / 2 as a product, so that it is infinite only if cosh is.
vec4 half_exp(const vec4 x)
{
    const vec4 root = exp(0.5 * abs(x));
    return 0.5 * root * root;
}

vec4 sinh_careful(const vec4 x)
{
    const vec4 s = x * x;
    const vec4 near = x + x * s * ((2.03721912945e-4 * s + 8.33028376239e-3) * s + 1.66667160211e-1);
    const vec4 e = half_exp(x);
    return mix(sign(x) * (e - 0.25 / e), near, lessThan(abs(x), vec4(1.0)));
}

vec4 cosh_careful(const vec4 x)
{
    const vec4 e = half_exp(x);
    return e + 0.25 / e;
}

// log(x + root), also where the sum or the root would be infinite.
vec4 log_of_sum(const vec4 x, const vec4 root)
{
    const bvec4 is_large = greaterThan(x, vec4(1500.0));
    return log_careful(mix(x + root, x, is_large)) + mix(vec4(0.0), vec4(0.69314718055994531), is_large);
}

vec4 asinh_careful(const vec4 x)
{
    const vec4 size = abs(x);
    const vec4 s = x * x;
    const vec4 p = ((2.0122003309e-2 * s - 4.2699340972e-2) * s + 7.4847586088e-2) * s - 1.6666288134e-1;
    const vec4 far = sign(x) * log_of_sum(size, sqrt(min(s, 1e10) + 1.0));
    return mix(far, x + x * s * p, lessThan(size, vec4(0.5)));
}

vec4 acosh_careful(const vec4 x)
{
    const vec4 z = max(x - 1.0, 0.0);
    const vec4 p = (((1.7596881071e-3 * z - 7.5272886713e-3) * z + 2.6454905019e-2) * z - 1.1784741703e-1) * z;
    const vec4 near = (p + 1.4142135263) * sqrt(z);
    const vec4 value = mix(log_of_sum(x, sqrt(min(z, 1e5) * (min(x, 1e5) + 1.0))), near, lessThan(z, vec4(0.5)));
    return mix(value, vec4(not_a_number()), lessThan(x, vec4(1.0)));
}

vec4 atanh_careful(const vec4 x)
{
    const vec4 size = abs(x);
    const vec4 s = x * x;
    const vec4 p = (((1.81740078349e-1 * s + 8.24370301058e-2) * s + 1.46691431730e-1) * s + 1.99782164500e-1) * s;
    const vec4 near = x + x * s * (p + 3.33337300303e-1);
    const vec4 inside = min(size, 0.99999994);
    vec4 far = 0.5 * log_careful((1.0 + inside) / (1.0 - inside));
    far = mix(far, vec4(infinity()), equal(size, vec4(1.0)));
    far = mix(far, vec4(not_a_number()), greaterThan(size, vec4(1.0)));
    return mix(sign(x) * far, near, lessThan(size, vec4(0.5)));
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
    case unary_tan:
        return tangent(x);
    case unary_asin:
        return asin_careful(x);
    case unary_acos:
        return acos_careful(x);
    case unary_atan:
        return atan_careful(x);
    case unary_sinh:
        return sinh_careful(x);
    case unary_cosh:
        return cosh_careful(x);
    case unary_asinh:
        return asinh_careful(x);
    case unary_acosh:
        return acosh_careful(x);
    case unary_atanh:
        return atanh_careful(x);
    }
    return x;
}

vec4 activate(const int kind, const vec4 x, const float a, const float b)
{
    return keep_nan(x, activate_number(kind, x, a, b));
}

#endif
