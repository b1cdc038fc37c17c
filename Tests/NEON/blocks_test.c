#include "check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Channels that need every width of strip, odd and even sides. */
static const long sizes[][3] = {{6, 4, 16}, {5, 7, 112}, {7, 6, 48}, {2, 2, 32}, {1, 3, 16}};

/* A map, its constants, and an image with gaps that pixels are written to or read from. */
struct map {
    long h, w, c, count, pooled, row, pixel, image_count;
    float *x, *image, *mean, *scale, *shift, *a, *b, *d, *mask, *g, *out;
    uint8_t *argmax;
    double *expected;
};

static struct map make_map(const long size[3]) {
    struct map m = {.h = size[0], .w = size[1], .c = size[2]};
    m.count = m.h * m.w * m.c;
    m.pooled = m.h / 2 * (m.w / 2) * m.c;
    m.pixel = m.c + 16;
    m.row = m.w * m.pixel + 32;
    m.image_count = m.h * m.row;
    float **arrays[] = {&m.mean, &m.scale, &m.shift, &m.a, &m.b, &m.d, &m.mask};
    for (int i = 0; i < 7; i++) *arrays[i] = random_floats(m.c);
    m.x = random_floats(m.count);
    m.g = random_floats(m.count);
    m.image = random_floats(m.image_count);
    m.out = zeros(m.image_count);
    m.argmax = random_bytes(m.pooled, 4);
    m.expected = double_zeros(m.image_count);
    return m;
}

static void free_map(struct map *m) {
    float *arrays[] = {m->x, m->image, m->mean, m->scale, m->shift, m->a,
                       m->b, m->d,     m->mask, m->g,     m->out};
    for (unsigned i = 0; i < sizeof arrays / sizeof *arrays; i++) free(arrays[i]);
    free(m->argmax);
    free(m->expected);
}

/* Where value i of a compact map lies in the image. */
static long place(const struct map *m, long i) {
    long pixel = i / m->c;
    return pixel / m->w * m->row + pixel % m->w * m->pixel + i % m->c;
}
/* Where the values of window i of the pooled map lie in the compact map. */
static long window_value(const struct map *m, long i, int which) {
    long window = i / m->c, columns = m->w / 2;
    long y = window / columns * 2 + which / 2, x = window % columns * 2 + which % 2;
    return (y * m->w + x) * m->c + i % m->c;
}
/* The same in an image of the pooled map's size with this map's strides. */
static long pooled_place(const struct map *m, long i) {
    long window = i / m->c, columns = m->w / 2;
    return window / columns * m->row + window % columns * m->pixel + i % m->c;
}

#define FOR_EACH_MAP(m)                                                                            \
    for (unsigned size = 0; size < sizeof sizes / sizeof *sizes; size++)                           \
        for (struct map m = make_map(sizes[size]); m.c; free_map(&m), m.c = 0)

/* ---- forward --------------------------------------------------------------------------------- */

static void check_norm_relu(void) {
    begin_kernel("norm_relu_image");
    for (int masked = 0; masked < 2; masked++) FOR_EACH_MAP(m) {
            for (long i = 0; i < m.count; i++) {
                long c = i % m.c;
                double value = (double)m.x[i] * (double)m.scale[c] + (double)m.shift[c];
                m.expected[place(&m, i)] = fmax(0, value) * (masked ? (double)m.mask[c] : 1);
            }
            tessera_norm_relu_image(m.x, m.h, m.w, m.c, m.scale, m.shift, masked ? m.mask : NULL,
                                    m.out, m.row, m.pixel);
            compare("image", m.out, m.expected, m.image_count, 1e-6);
        }
    end_kernel();
}

static void check_observation(struct map *m, int pool, int keeps) {
    float *z = zeros(m->pooled), *kept = zeros(m->count), *sign = zeros(m->c);
    uint8_t *argmax = random_bytes(m->pooled, 4), *chosen = random_bytes(m->pooled, 4);
    double *sum = double_zeros(m->c), *square = double_zeros(m->c);
    double *expected_sum = double_zeros(m->c), *expected_square = double_zeros(m->c);
    double *values = double_zeros(m->count), *largest = double_zeros(m->pooled);
    for (long i = 0; i < m->c; i++) {
        sign[i] = (float)(i % 3) - 1;
        expected_sum[i] = sum[i] = 2; /* it adds */
    }
    for (long i = 0; i < m->count; i++) {
        values[i] = m->image[place(m, i)];
        double deviation = values[i] - (double)m->mean[i % m->c];
        expected_sum[i % m->c] += deviation;
        expected_square[i % m->c] += deviation * deviation;
    }
    for (long i = 0; i < m->pooled; i++) {
        chosen[i] = 0;
        for (uint8_t which = 1; which < 4; which++)
            if (values[window_value(m, i, which)] * (double)sign[i % m->c] >
                values[window_value(m, i, chosen[i])] * (double)sign[i % m->c])
                chosen[i] = which;
        largest[i] = values[window_value(m, i, chosen[i])];
    }
    tessera_moments_pool(m->image, m->row, m->pixel, m->h, m->w, m->c, m->mean, sign, pool, z,
                         argmax, keeps ? kept : NULL, sum, square);
    compare_doubles("sum", sum, expected_sum, m->c, 1e-5);
    compare_doubles("square", square, expected_square, m->c, 1e-5);
    if (keeps) compare("kept", kept, values, m->count, 0);
    if (pool) compare("z", z, largest, m->pooled, 0);
    if (pool) compare_bytes("argmax", argmax, chosen, m->pooled);
    void *arrays[] = {
        z, kept, sign, argmax, chosen, sum, square, expected_sum, expected_square, values, largest};
    for (unsigned i = 0; i < sizeof arrays / sizeof *arrays; i++) free(arrays[i]);
}

static void check_moments_pool(void) {
    begin_kernel("moments_pool (observe)");
    for (int variant = 0; variant < 4; variant++)
        FOR_EACH_MAP(m) check_observation(&m, variant & 1, variant & 2);
    end_kernel();
}

static void check_bias_relu(int pool) {
    begin_kernel(pool ? "bias_relu_image, pooled" : "bias_relu_image");
    FOR_EACH_MAP(m) {
        for (long i = 0; i < (pool ? m.pooled : m.count); i++) {
            double value = pool ? -INFINITY : m.image[place(&m, i)];
            for (int which = 0; pool && which < 4; which++)
                value = fmax(value, m.image[place(&m, window_value(&m, i, which))]);
            m.expected[pool ? pooled_place(&m, i) : place(&m, i)] =
                fmax(0, value + (double)m.shift[i % m.c]);
        }
        tessera_bias_relu_image(m.image, m.row, m.pixel, m.h, m.w, m.c, m.shift, pool, m.out, m.row,
                                m.pixel);
        compare("image", m.out, m.expected, m.image_count, 1e-6);
    }
    end_kernel();
}

/* ---- backward -------------------------------------------------------------------------------- */

/* a * g + b * (x - mean) + d of value i. */
static double norm_gradient(const struct map *m, long i, double g) {
    long c = i % m->c;
    return (double)m->a[c] * g + (double)m->b[c] * ((double)m->x[i] - (double)m->mean[c]) +
           (double)m->d[c];
}

static void check_norm_gradients(void) {
    begin_kernel("norm_gradient_image");
    FOR_EACH_MAP(m) {
        for (long i = 0; i < m.count; i++) m.expected[place(&m, i)] = norm_gradient(&m, i, m.g[i]);
        tessera_norm_gradient_image(m.x, m.g, m.h, m.w, m.c, m.mean, m.a, m.b, m.d, m.out, m.row,
                                    m.pixel);
        compare("image", m.out, m.expected, m.image_count, 1e-6);
    }
    end_kernel();
    begin_kernel("norm_pool_gradient_image");
    FOR_EACH_MAP(m) {
        for (long i = 0; i < m.count; i++) m.expected[place(&m, i)] = norm_gradient(&m, i, 0);
        for (long i = 0; i < m.pooled; i++) {
            long at = window_value(&m, i, m.argmax[i]);
            m.expected[place(&m, at)] = norm_gradient(&m, at, m.g[i]);
        }
        tessera_norm_pool_gradient_image(m.x, m.g, m.argmax, m.h, m.w, m.c, m.mean, m.a, m.b, m.d,
                                         m.out, m.row, m.pixel);
        compare("image", m.out, m.expected, m.image_count, 1e-6);
    }
    end_kernel();
}

static void check_relu_gradient(void) {
    begin_kernel("relu_gradient_sums");
    for (int masked = 0; masked < 2; masked++) FOR_EACH_MAP(m) {
            double *sum = double_zeros(m.c), *sum_x = double_zeros(m.c);
            double *expected_sum = double_zeros(m.c), *expected_x = double_zeros(m.c);
            for (long i = 0; i < m.count; i++) {
                long c = i % m.c;
                int open = m.x[i] * m.scale[c] + m.shift[c] > 0;
                double g = open ? m.image[place(&m, i)] * (masked ? (double)m.mask[c] : 1) : 0;
                m.expected[i] = g;
                expected_sum[c] += g;
                expected_x[c] += g * ((double)m.x[i] - (double)m.mean[c]);
            }
            tessera_relu_gradient_sums(m.x, m.image, m.row, m.pixel, m.h, m.w, m.c, m.scale,
                                       m.shift, m.mean, masked ? m.mask : NULL, m.out, sum, sum_x);
            compare("g", m.out, m.expected, m.count, 1e-6);
            compare_doubles("sum", sum, expected_sum, m.c, 1e-5);
            compare_doubles("sum_x", sum_x, expected_x, m.c, 1e-5);
            free(sum);
            free(sum_x);
            free(expected_sum);
            free(expected_x);
        }
    end_kernel();
}

void test_blocks(void) {
    check_norm_relu();
    check_moments_pool();
    check_bias_relu(0);
    check_bias_relu(1);
    check_norm_gradients();
    check_relu_gradient();
}
