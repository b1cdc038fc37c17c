#include "check.h"

#include <math.h>
#include <stdlib.h>

/* Not a multiple of a vector. */
enum { count = 61 };

struct parameters {
    float *p, *g, *mean, *square;
    double *expected_p, *expected_mean, *expected_square;
};

static struct parameters make_parameters(void) {
    struct parameters s = {random_floats(count), random_floats(count), random_floats(count),
                           random_floats(count), double_zeros(count),  double_zeros(count),
                           double_zeros(count)};
    for (long i = 0; i < count; i++) {
        s.square[i] = s.square[i] * s.square[i] + 0.1f;
        s.expected_p[i] = s.p[i];
        s.expected_mean[i] = s.mean[i];
        s.expected_square[i] = s.square[i];
    }
    return s;
}

static void compare_parameters(struct parameters *s) {
    compare("p", s->p, s->expected_p, count, 1e-6);
    compare("mean", s->mean, s->expected_mean, count, 1e-6);
    compare("square", s->square, s->expected_square, count, 1e-6);
    void *arrays[] = {
        s->p, s->g, s->mean, s->square, s->expected_p, s->expected_mean, s->expected_square};
    for (unsigned i = 0; i < sizeof arrays / sizeof *arrays; i++) free(arrays[i]);
}

static void check_adam(void) {
    const struct tessera_adam_scalars s = {.parameter_decay = 0.97f,
                                           .weight_decay = 0.1f,
                                           .mean_weight = 0.1f,
                                           .square_decay = 0.99f,
                                           .square_weight = 0.01f,
                                           .square_correction = 1.7f,
                                           .epsilon = 1e-3f,
                                           .step_size = 0.05f};
    begin_kernel("adam");
    struct parameters x = make_parameters();
    for (long i = 0; i < count; i++) {
        double p = x.expected_p[i] * (double)s.parameter_decay;
        double d = (double)x.g[i] + (double)s.weight_decay * p;
        double m = x.expected_mean[i] += (double)s.mean_weight * (d - x.expected_mean[i]);
        double v = x.expected_square[i] * (double)s.square_decay + (double)s.square_weight * d * d;
        x.expected_square[i] = v;
        x.expected_p[i] = p - (double)s.step_size * m /
                                  (sqrt(v) * (double)s.square_correction + (double)s.epsilon);
    }
    tessera_adam(x.p, x.g, x.mean, x.square, count, &s);
    compare_parameters(&x);
    end_kernel();
}

static void check_sgd(void) {
    const struct tessera_sgd_scalars s = {
        .learning_rate = 0.1f, .momentum = 0.9f, .weight_decay = 0.02f, .nesterov = 1};
    begin_kernel("sgd");
    struct parameters x = make_parameters();
    for (long i = 0; i < count; i++) {
        double d = (double)x.g[i] + (double)s.weight_decay * x.expected_p[i];
        double b = x.expected_mean[i] = (double)s.momentum * x.expected_mean[i] + d;
        x.expected_p[i] -= (double)s.learning_rate * (d + (double)s.momentum * b);
    }
    tessera_sgd(x.p, x.g, x.mean, count, &s);
    compare_parameters(&x);
    end_kernel();
}

static void check_squared_sum(void) {
    begin_kernel("squared_sum");
    float *x = random_floats(count);
    double sum, expected = 0;
    for (long i = 0; i < count; i++) expected += (double)x[i] * (double)x[i];
    tessera_squared_sum(x, count, &sum);
    compare_doubles("sum", &sum, &expected, 1, 1e-14);
    free(x);
    end_kernel();
}

void test_optimizers(void) {
    check_adam();
    check_sgd();
    check_squared_sum();
}

void test_cpu(void) {
    volatile float smallest = 0x1p-126f, half = 0.5f;
    begin_kernel("flush_denormals");
    unsigned before = tessera_flush_denormals();
    float flushed = smallest * half;
    tessera_restore_denormals(before);
    float kept = smallest * half;
    double expected[] = {0, 0x1p-127};
    compare("flushed", &flushed, expected, 1, 0);
    compare("kept", &kept, expected + 1, 1, 0);
    end_kernel();
}
