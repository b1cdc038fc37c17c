#include "check.h"

#include <stdio.h>
#include <stdlib.h>

/* A convolution of all of whose sizes differ, forward and both gradients: with the transforms and
 * plain products of the elements, and straight from the definition. */
enum { tile_rows = 2, tile_columns = 3, inputs = 16, outputs = 48 };

struct convolution {
    int m, k;
    long elements, height, width;   /* of the outputs */
    long input_height, input_width; /* with borders */
    long input_step, output_step, weight_step;
    struct tessera_winograd_grid input_grid, output_grid;
    float *x, *w, *dy;
};

static long image_count(const struct convolution *c, int channels) {
    return channels == inputs ? c->input_height * c->input_width * inputs
                              : c->height * c->width * outputs;
}
static long weight_count(const struct convolution *c) { return c->k * c->k * inputs * outputs; }

static struct convolution make_convolution(int m, int k) {
    const long gap = 16, tiles = tile_rows * tile_columns, n = m + k - 1;
    struct convolution c = {
        .m = m, .k = k, .elements = n * n, .height = tile_rows * m, .width = tile_columns * m};
    c.input_height = c.height + k - 1;
    c.input_width = c.width + k - 1;
    c.input_step = tiles * inputs + gap;
    c.output_step = tiles * outputs + gap;
    c.weight_step = inputs * outputs + gap;
    c.input_grid = (struct tessera_winograd_grid){.rows = tile_rows,
                                                  .columns = tile_columns,
                                                  .channels = inputs,
                                                  .image_row = c.input_width * inputs,
                                                  .image_pixel = inputs,
                                                  .element_step = c.input_step,
                                                  .tile_step = inputs};
    c.output_grid = (struct tessera_winograd_grid){.rows = tile_rows,
                                                   .columns = tile_columns,
                                                   .channels = outputs,
                                                   .image_row = c.width * outputs,
                                                   .image_pixel = outputs,
                                                   .element_step = c.output_step,
                                                   .tile_step = outputs};
    c.x = random_floats(image_count(&c, inputs));
    c.w = random_floats(weight_count(&c));
    c.dy = random_floats(image_count(&c, outputs));
    return c;
}

/* ---- straight from the definition ------------------------------------------------------------ */

/* Which of the three arrays is written; the other two are read. */
static void convolve(const struct convolution *c, double *y, double *dx, double *dw) {
    for (long row = 0; row < c->height; row++)
        for (long column = 0; column < c->width; column++)
            for (int tap = 0; tap < c->k * c->k; tap++)
                for (int i = 0; i < inputs; i++)
                    for (int o = 0; o < outputs; o++) {
                        long at =
                            ((row + tap / c->k) * c->input_width + column + tap % c->k) * inputs +
                            i;
                        long to = (row * c->width + column) * outputs + o;
                        long weight = ((long)tap * inputs + i) * outputs + o;
                        if (y) y[to] += (double)c->x[at] * (double)c->w[weight];
                        if (dx) dx[at] += (double)c->dy[to] * (double)c->w[weight];
                        if (dw) dw[weight] += (double)c->x[at] * (double)c->dy[to];
                    }
}

/* ---- by the transforms ----------------------------------------------------------------------- */

/* For each element, tile and pair of channels: *target += factor * other, of the three arrays. */
enum product { forward, data_gradient, weight_gradient };
static void multiply(const struct convolution *c, enum product product, float *v, float *u,
                     float *y) {
    for (long f = 0; f < c->elements; f++)
        for (long tile = 0; tile < tile_rows * tile_columns; tile++)
            for (int i = 0; i < inputs; i++)
                for (int o = 0; o < outputs; o++) {
                    float *in = v + f * c->input_step + tile * inputs + i;
                    float *weight = u + f * c->weight_step + (long)i * outputs + o;
                    float *out = y + f * c->output_step + tile * outputs + o;
                    if (product == forward) *out += *in * *weight;
                    if (product == data_gradient) *in += *out * *weight;
                    if (product == weight_gradient) *weight += *in * *out;
                }
}

static void check_size(int m, int k) {
    struct convolution c = make_convolution(m, k);
    char name[64];
    double tolerance = 1e-4; /* F(4x4, 5x5) loses most: about 1e-5 of the largest value */
    long w_tap = inputs * outputs;
    float *v = zeros(c.elements * c.input_step), *u = zeros(c.elements * c.weight_step);
    float *d = zeros(c.elements * c.output_step), *sum = zeros(c.elements * c.output_step);
    tessera_winograd_input(m, k, c.x, &c.input_grid, v);
    tessera_winograd_weights(m, k, c.w, inputs, outputs, outputs, w_tap, u, outputs, c.weight_step);
    tessera_winograd_output_adjoint(m, k, c.dy, &c.output_grid, d);

    snprintf(name, sizeof name, "winograd F(%dx%d, %dx%d) forward", m, m, k, k);
    begin_kernel(name);
    float *y = zeros(image_count(&c, outputs));
    double *expected_y = double_zeros(image_count(&c, outputs));
    multiply(&c, forward, v, u, sum);
    tessera_winograd_output(m, k, sum, &c.output_grid, y);
    convolve(&c, expected_y, NULL, NULL);
    compare("y", y, expected_y, image_count(&c, outputs), tolerance);
    end_kernel();

    snprintf(name, sizeof name, "winograd F(%dx%d, %dx%d) weight gradient", m, m, k, k);
    begin_kernel(name);
    float *dw = random_floats(weight_count(&c)); /* overwritten */
    float *du = zeros(c.elements * c.weight_step);
    double *expected_dw = double_zeros(weight_count(&c));
    multiply(&c, weight_gradient, v, du, d);
    tessera_winograd_weights_adjoint(m, k, du, inputs, outputs, outputs, c.weight_step, dw, outputs,
                                     w_tap);
    convolve(&c, NULL, NULL, expected_dw);
    compare("dw", dw, expected_dw, weight_count(&c), tolerance);
    end_kernel();

    snprintf(name, sizeof name, "winograd F(%dx%d, %dx%d) data gradient", m, m, k, k);
    begin_kernel(name);
    float *dx = zeros(image_count(&c, inputs)), *dv = zeros(c.elements * c.input_step);
    double *expected_dx = double_zeros(image_count(&c, inputs));
    multiply(&c, data_gradient, dv, u, d);
    for (int repeat = 0; repeat < 2; repeat++) /* it adds */
        tessera_winograd_input_adjoint(m, k, dv, &c.input_grid, dx);
    for (int repeat = 0; repeat < 2; repeat++) convolve(&c, NULL, expected_dx, NULL);
    compare("dx", dx, expected_dx, image_count(&c, inputs), tolerance);
    end_kernel();

    float *floats[] = {c.x, c.w, c.dy, v, u, d, sum, y, dw, du, dx, dv};
    for (unsigned i = 0; i < sizeof floats / sizeof *floats; i++) free(floats[i]);
    free(expected_y);
    free(expected_dw);
    free(expected_dx);
}

void test_winograd(void) {
    for (int m = 2; m <= 4; m += 2)
        for (int k = 3; k <= 5; k += 2) check_size(m, k);
}
