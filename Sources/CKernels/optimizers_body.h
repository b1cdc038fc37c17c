/* Included once for each CPU level by variants.h; no include guard on purpose. */

/* Fused multiply-adds are settled in the source expression, so a vector lane and the loop's scalar
 * remainder round alike, wherever a worker's range begins and ends. */
#define STEADY _Pragma("clang fp contract(on)")

#define INLINE static inline __attribute__((always_inline))

/* What is the same for a whole loop is a constant of an inlined function, so that no loop asks for it
 * again, whatever the compiler is told to optimise. */

/* The form that loses least, chosen as PyTorch chooses it: `near` is weight < 0.5. */
INLINE float KERNEL(mix)(const int near, float from, float to, float weight) {
    STEADY
    return near ? from + weight * (to - from) : to - (to - from) * (1 - weight);
}

/* sqrtf sets errno unless a flag forbids it, and then isn't vectorised. */
#define SQUARE_ROOT __builtin_elementwise_sqrt

/* ---- update rules ---------------------------------------------------------------------------- */

static void KERNEL(sgd)(float *restrict p, const float *restrict g, float *restrict buffer,
                        long count, const struct tessera_sgd_scalars *scalars) {
    STEADY
    const float rate = scalars->learning_rate, momentum = scalars->momentum;
    const float weight_decay = scalars->weight_decay;
    if (momentum == 0) {
        for (long i = 0; i < count; i++) p[i] -= rate * (g[i] + weight_decay * p[i]);
    } else if (scalars->nesterov) {
        for (long i = 0; i < count; i++) {
            float d = g[i] + weight_decay * p[i];
            float b = momentum * buffer[i] + d;
            buffer[i] = b;
            p[i] -= rate * (d + momentum * b);
        }
    } else {
        for (long i = 0; i < count; i++) {
            float b = momentum * buffer[i] + (g[i] + weight_decay * p[i]);
            buffer[i] = b;
            p[i] -= rate * b;
        }
    }
}

INLINE void KERNEL(adam_loop)(const int near, float *restrict p, const float *restrict g,
                              float *restrict mean, float *restrict square, long count,
                              const struct tessera_adam_scalars *scalars) {
    STEADY
    const struct tessera_adam_scalars s = *scalars;
    for (long i = 0; i < count; i++) {
        float value = p[i] * s.parameter_decay;
        float d = g[i] + s.weight_decay * value;
        float m = KERNEL(mix)(near, mean[i], d, s.mean_weight);
        float v = square[i] * s.square_decay + s.square_weight * d * d;
        mean[i] = m;
        square[i] = v;
        p[i] = value - s.step_size * m / (SQUARE_ROOT(v) * s.square_correction + s.epsilon);
    }
}

static void KERNEL(adam)(float *restrict p, const float *restrict g, float *restrict mean,
                         float *restrict square, long count,
                         const struct tessera_adam_scalars *scalars) {
    if (scalars->mean_weight < 0.5f)
        KERNEL(adam_loop)(1, p, g, mean, square, count, scalars);
    else
        KERNEL(adam_loop)(0, p, g, mean, square, count, scalars);
}

INLINE void KERNEL(rmsprop_loop)(const int centered, const int near, const int has_momentum,
                                 float *restrict p, const float *restrict g, float *restrict square,
                                 float *restrict mean, float *restrict buffer, long count,
                                 const struct tessera_rmsprop_scalars *scalars) {
    STEADY
    const struct tessera_rmsprop_scalars s = *scalars;
    for (long i = 0; i < count; i++) {
        float d = g[i] + s.weight_decay * p[i];
        float v = square[i] * s.square_decay + s.square_weight * d * d;
        square[i] = v;
        if (centered) {
            float m = KERNEL(mix)(near, mean[i], d, s.square_weight);
            mean[i] = m;
            /* Rounding can take the variance of a steady gradient just below zero. */
            v = v - m * m;
            v = v < 0 ? 0 : v;
        }
        float step = d / (SQUARE_ROOT(v) + s.epsilon);
        if (has_momentum) {
            step = s.momentum * buffer[i] + step;
            buffer[i] = step;
        }
        p[i] -= s.learning_rate * step;
    }
}

INLINE void KERNEL(rmsprop_form)(const int centered, const int near, float *p, const float *g,
                                 float *square, float *mean, float *buffer, long count,
                                 const struct tessera_rmsprop_scalars *s) {
    if (s->momentum != 0)
        KERNEL(rmsprop_loop)(centered, near, 1, p, g, square, mean, buffer, count, s);
    else
        KERNEL(rmsprop_loop)(centered, near, 0, p, g, square, mean, buffer, count, s);
}

static void KERNEL(rmsprop)(float *p, const float *g, float *square, float *mean, float *buffer,
                            long count, const struct tessera_rmsprop_scalars *scalars) {
    if (!scalars->centered)
        KERNEL(rmsprop_form)(0, 1, p, g, square, mean, buffer, count, scalars);
    else if (scalars->square_weight < 0.5f)
        KERNEL(rmsprop_form)(1, 1, p, g, square, mean, buffer, count, scalars);
    else
        KERNEL(rmsprop_form)(1, 0, p, g, square, mean, buffer, count, scalars);
}

/* ---- norm, scale, average -------------------------------------------------------------------- */

/* The square of a float is exact in double, so FMA changes nothing, and the lanes are written out:
 * the sum is the same on every CPU. */
#define LANES 16

static void KERNEL(squared_sum)(const float *restrict x, long count, double *restrict sum) {
    STEADY
    double lane[LANES] = {0};
    long i = 0;
    for (; i + LANES <= count; i += LANES)
        for (long j = 0; j < LANES; j++) lane[j] += (double)x[i + j] * (double)x[i + j];
    for (long j = 0; i + j < count; j++) lane[j] += (double)x[i + j] * (double)x[i + j];
    double total = 0;
    for (long j = 0; j < LANES; j++) total += lane[j];
    *sum = total;
}

static void KERNEL(scale)(float *restrict x, long count, float factor) {
    STEADY
    for (long i = 0; i < count; i++) x[i] *= factor;
}

static void KERNEL(lerp)(float *restrict y, const float *restrict x, long count, float weight) {
    if (weight < 0.5f)
        for (long i = 0; i < count; i++) y[i] = KERNEL(mix)(1, y[i], x[i], weight);
    else
        for (long i = 0; i < count; i++) y[i] = KERNEL(mix)(0, y[i], x[i], weight);
}

#undef LANES
#undef SQUARE_ROOT
#undef INLINE
#undef STEADY
