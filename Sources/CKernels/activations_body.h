/* Included once for each CPU level by variants.h; no include guard on purpose. */
#include "vectors.h"

#define vi KERNEL(vi)
typedef int vi __attribute__((ext_vector_type(VECTOR_LANES)));

/* Comparisons with NaN are false: each choice is written so that NaN goes on. */

INLINE vi KERNEL(bits)(vf x) { return (vi)x; }
INLINE vf KERNEL(floats)(vi x) { return (vf)x; }
INLINE vf KERNEL(magnitude)(vf x) { return KERNEL(floats)(KERNEL(bits)(x) & 0x7fffffff); }
INLINE vf KERNEL(with_sign_of)(vf sign, vf x) {
    return KERNEL(floats)((KERNEL(bits)(sign) & (int)0x80000000) | KERNEL(bits)(x));
}
INLINE vf KERNEL(at_most)(vf bound, vf x) { return x > bound ? bound : x; }
INLINE vf KERNEL(at_least)(vf bound, vf x) { return x < bound ? bound : x; }

/* ---- functions ------------------------------------------------------------------------------- */

/* e^x = 2^n * e^r with n the integer next to x / ln 2, and |r| <= ln 2 / 2.
 * Source: Moshier, Cephes, expf. */
INLINE vf KERNEL(exp)(vf x) {
    /* Adding it leaves an integer in the lowest bits. */
    const float magic = 12582912.0f;
    vf bounded = KERNEL(at_least)(-104.0f, KERNEL(at_most)(89.0f, x));
    vf shifted = bounded * 1.44269504088896341f + magic;
    vf n = shifted - magic;
    /* ln 2 in two parts, the first so short that its product is exact. */
    vf r = bounded - n * 0.693359375f;
    r = r - n * -2.12194440e-4f;
    vf p = r * 1.9875691500e-4f + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * (r * r) + r + 1.0f;
    /* In two factors, for neither to leave the range of normal numbers. */
    vi power = KERNEL(bits)(shifted) - 0x4b400000;
    vi half = power >> 1;
    p *= KERNEL(floats)((half + 127) << 23);
    return p * KERNEL(floats)((power - half + 127) << 23);
}

/* Source: Moshier, Cephes, tanhf. */
INLINE vf KERNEL(tanh)(vf x) {
    vf size = KERNEL(magnitude)(x);
    vf s = x * x;
    vf p = s * -5.70498872745e-3f + 2.06390887954e-2f;
    p = p * s + -5.37397155531e-2f;
    p = p * s + 1.33314422036e-1f;
    p = p * s + -3.33332819422e-1f;
    vf small = p * s * x + x;
    vf large = 1.0f - 2.0f / (KERNEL(exp)(size + size) + 1.0f);
    return size < 0.625f ? small : KERNEL(with_sign_of)(x, large);
}

/* Where |x| goes from one form of erf to the other. */
#define ERF_SPLIT 0.927734375f

/* erf(x) for |x| up to ERF_SPLIT. */
INLINE vf KERNEL(small_erf)(vf x) {
    vf s = x * x;
    vf p = s * -5.96761703e-4f + 4.99119423e-3f;
    p = p * s + -2.67681349e-2f;
    p = p * s + 1.12819925e-1f;
    p = p * s + -3.76125336e-1f;
    p = p * s + 1.28379166e-1f;
    return p * x + x;
}

/* 1 - erf(t) for t from ERF_SPLIT on.
 * Source: Juffa (2018), "erff with maximum error below one ulp", minimax polynomials. */
INLINE vf KERNEL(large_erfc)(vf t) {
    t = KERNEL(at_most)(10.0f, t);
    vf s = t * t;
    vf p = t * -1.72853470e-5f + 3.83197126e-4f;
    vf q = t * -3.88396438e-3f + 2.42546219e-2f;
    p = p * s + q;
    p = p * t + -1.06777877e-1f;
    p = p * t + -6.34846687e-1f;
    p = p * t + -1.28717512e-1f;
    return KERNEL(exp)(p * t - t);
}

INLINE vf KERNEL(erf)(vf x) {
    vf size = KERNEL(magnitude)(x);
    vf large = KERNEL(with_sign_of)(x, 1.0f - KERNEL(large_erfc)(size));
    return size > ERF_SPLIT ? large : KERNEL(small_erf)(x);
}

/* The normal distribution's (1 + erf(x / sqrt 2)) / 2. Far below 0 the sum isn't taken, for it to keep
 * four digits down to -6. */
INLINE vf KERNEL(normal)(vf x) {
    vf scaled = x * 0.70710678118654752f;
    vf size = KERNEL(magnitude)(scaled);
    vf tail = 0.5f * KERNEL(large_erfc)(size);
    vf small = 0.5f * KERNEL(small_erf)(scaled) + 0.5f;
    vf large = x < 0.0f ? tail : 1.0f - tail;
    return size > ERF_SPLIT ? large : small;
}

/* The sigmoid s, and its derivative s * (1 - s), by e = e^-|x|: nothing overflows or cancels. */
INLINE vf KERNEL(sigmoid_parts)(vf x, vf *derivative) {
    vf e = KERNEL(exp)(-KERNEL(magnitude)(x));
    vf share = 1.0f / (1.0f + e), rest = e * share;
    *derivative = rest * share;
    return x < 0.0f ? rest : share;
}

INLINE vf KERNEL(sigmoid)(vf x) {
    vf derivative;
    return KERNEL(sigmoid_parts)(x, &derivative);
}

INLINE vf KERNEL(silu)(vf x) { return x * KERNEL(sigmoid)(x); }
INLINE vf KERNEL(gelu)(vf x) { return x * KERNEL(normal)(x); }

#define ROOT_2_OVER_PI 0.79788456080286536f
#define CUBIC 0.044715f

/* (1 + tanh u) / 2 is the sigmoid of 2u; this is 2u. */
INLINE vf KERNEL(gelu_tanh_argument)(vf x) {
    return 2 * ROOT_2_OVER_PI * (x + CUBIC * (x * x * x));
}

INLINE vf KERNEL(gelu_tanh)(vf x) { return x * KERNEL(sigmoid)(KERNEL(gelu_tanh_argument)(x)); }

/* ---- gradients ------------------------------------------------------------------------------- */

INLINE vf KERNEL(tanh_back)(vf y, vf dy) { return dy * (1.0f - y * y); }
INLINE vf KERNEL(sigmoid_back)(vf y, vf dy) { return dy * (y * (1.0f - y)); }

/* The derivatives are at their limits long before the bounds, beyond which terms would overflow. */

INLINE vf KERNEL(silu_back)(vf x, vf dy) {
    x = KERNEL(at_least)(-80.0f, KERNEL(at_most)(80.0f, x));
    vf derivative, s = KERNEL(sigmoid_parts)(x, &derivative);
    return dy * (s + x * derivative);
}

INLINE vf KERNEL(gelu_back)(vf x, vf dy) {
    x = KERNEL(at_least)(-15.0f, KERNEL(at_most)(15.0f, x));
    vf density = 0.39894228040143268f * KERNEL(exp)(-0.5f * x * x);
    return dy * (KERNEL(normal)(x) + x * density);
}

INLINE vf KERNEL(gelu_tanh_back)(vf x, vf dy) {
    x = KERNEL(at_least)(-15.0f, KERNEL(at_most)(15.0f, x));
    vf slope = 2 * ROOT_2_OVER_PI * (1.0f + 3 * CUBIC * (x * x));
    vf derivative, s = KERNEL(sigmoid_parts)(KERNEL(gelu_tanh_argument)(x), &derivative);
    return dy * (s + x * derivative * slope);
}

/* ---- loops ----------------------------------------------------------------------------------- */

/* What is left after the last whole vector is computed in one, so that a value's result doesn't
 * depend on its place. */

#define FOR_EACH(function)                                                                         \
    static void KERNEL(map_##function)(const float *x, long count, float *y) {                     \
        long i = 0;                                                                                \
        for (; i + VECTOR_LANES <= count; i += VECTOR_LANES)                                       \
            store(y + i, KERNEL(function)(load(x + i)));                                           \
        if (i == count) return;                                                                    \
        float rest[VECTOR_LANES] = {0};                                                            \
        memcpy(rest, x + i, (size_t)(count - i) * sizeof(float));                                  \
        store(rest, KERNEL(function)(load(rest)));                                                 \
        memcpy(y + i, rest, (size_t)(count - i) * sizeof(float));                                  \
    }

#define FOR_EACH_GRADIENT(function)                                                                \
    static void KERNEL(back_##function)(const float *x, const float *dy, long count, float *dx) {  \
        long i = 0;                                                                                \
        for (; i + VECTOR_LANES <= count; i += VECTOR_LANES)                                       \
            store(dx + i, KERNEL(function##_back)(load(x + i), load(dy + i)));                     \
        if (i == count) return;                                                                    \
        float rest[VECTOR_LANES] = {0}, gradient[VECTOR_LANES] = {0};                              \
        memcpy(rest, x + i, (size_t)(count - i) * sizeof(float));                                  \
        memcpy(gradient, dy + i, (size_t)(count - i) * sizeof(float));                             \
        store(gradient, KERNEL(function##_back)(load(rest), load(gradient)));                      \
        memcpy(dx + i, gradient, (size_t)(count - i) * sizeof(float));                             \
    }

FOR_EACH(exp)
FOR_EACH(erf)
FOR_EACH(tanh)
FOR_EACH(sigmoid)
FOR_EACH(silu)
FOR_EACH(gelu)
FOR_EACH(gelu_tanh)
FOR_EACH_GRADIENT(tanh)
FOR_EACH_GRADIENT(sigmoid)
FOR_EACH_GRADIENT(silu)
FOR_EACH_GRADIENT(gelu)
FOR_EACH_GRADIENT(gelu_tanh)

static void KERNEL(leaky_relu)(const float *x, long count, float slope, float *y) {
#pragma clang loop vectorize(assume_safety)
    for (long i = 0; i < count; i++) y[i] = x[i] > 0 ? x[i] : slope * x[i];
}

static void KERNEL(leaky_relu_gradient)(const float *x, const float *dy, long count, float slope,
                                        float *dx) {
#pragma clang loop vectorize(assume_safety)
    for (long i = 0; i < count; i++) dx[i] = x[i] > 0 ? dy[i] : slope * dy[i];
}

#undef FOR_EACH
#undef FOR_EACH_GRADIENT
#undef ROOT_2_OVER_PI
#undef CUBIC
#undef ERF_SPLIT
#undef load
#undef store
#undef vf
#undef vi
#undef INLINE
