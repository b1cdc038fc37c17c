#include "check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

int failure_count = 0;

/* ---- values ---------------------------------------------------------------------------------- */

static uint32_t state = 1;

static uint32_t next(void) {
    state = state * 1664525u + 1013904223u;
    return state >> 8;
}

static void *allocate(long count, size_t size) {
    void *memory = calloc((size_t)(count > 0 ? count : 1), size);
    if (!memory) abort();
    return memory;
}

float *random_floats(long count) {
    float *x = zeros(count);
    for (long i = 0; i < count; i++) x[i] = (float)next() * 0x1p-23f - 1;
    return x;
}
uint8_t *random_bytes(long count, int limit) {
    uint8_t *x = allocate(count, 1);
    for (long i = 0; i < count; i++) x[i] = (uint8_t)(next() % (uint32_t)limit);
    return x;
}
float *zeros(long count) { return allocate(count, sizeof(float)); }
double *double_zeros(long count) { return allocate(count, sizeof(double)); }

/* ---- comparison ------------------------------------------------------------------------------ */

static const char *kernel;
static double worst;
static long value_count;
static int is_good;

void begin_kernel(const char *name) {
    kernel = name;
    worst = 0;
    value_count = 0;
    is_good = 1;
}

static void judge(const char *what, double error, double tolerance, long count) {
    value_count += count;
    if (error > worst || isnan(error)) worst = error;
    if (error <= tolerance) return;
    is_good = 0;
    printf("     %s, %s: error %.2g, allowed %.2g\n", kernel, what, error, tolerance);
}

void compare_doubles(const char *what, const double *got, const double *expected, long count,
                     double tolerance) {
    double largest = 0, difference = 0;
    for (long i = 0; i < count; i++) largest = fmax(largest, fabs(expected[i]));
    for (long i = 0; i < count; i++) {
        double error = fabs(got[i] - expected[i]);
        if (!(error <= difference)) difference = isnan(error) ? INFINITY : error;
    }
    judge(what, largest > 0 ? difference / largest : difference, tolerance, count);
}

void compare(const char *what, const float *got, const double *expected, long count,
             double tolerance) {
    double *wide = double_zeros(count);
    for (long i = 0; i < count; i++) wide[i] = got[i];
    compare_doubles(what, wide, expected, count, tolerance);
    free(wide);
}

void compare_bytes(const char *what, const uint8_t *got, const uint8_t *expected, long count) {
    long wrong = 0;
    for (long i = 0; i < count; i++) wrong += got[i] != expected[i];
    judge(what, (double)wrong, 0, count);
}

void end_kernel(void) {
    printf("%s %-34s %7ld values, largest error %.1e\n", is_good ? "ok  " : "FAIL", kernel,
           value_count, worst);
    if (!is_good) failure_count++;
}
