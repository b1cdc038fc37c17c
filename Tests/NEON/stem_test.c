#include "check.h"

#include <stdlib.h>
#include <string.h>

/* An image of h x w in a border of two zeros, with room for reads of whole vectors around it. */
struct bordered {
    long h, w, lanes, row;
    float *memory, *image; /* image: the top left pixel of the border */
};

static struct bordered make_image(long h, long w) {
    const long lead = 16;
    struct bordered b = {.h = h, .w = w, .lanes = (w + 4 + 15) / 16 * 16};
    b.row = b.lanes + 16;
    b.memory = zeros(lead + (h + 5) * b.row);
    b.image = b.memory + lead;
    float *pixels = random_floats(h * w);
    for (long y = 0; y < h; y++)
        memcpy(b.image + (y + 2) * b.row + 2, pixels + y * w, (size_t)w * sizeof(float));
    free(pixels);
    return b;
}

static double tap_value(const struct bordered *b, long y, long x, int tap) {
    return b->image[(y + tap / 5) * b->row + x + tap % 5];
}

static void check_forward(long h, long w, long c) {
    struct bordered b = make_image(h, w);
    long pixel = c + 3, row = w * pixel + 5, count = h * row;
    long tap_step = c + 16; /* as for some of the channels */
    float *weights = random_floats(25 * tap_step), *y = zeros(count);
    double *expected = double_zeros(count);
    for (long i = 0; i < h * w; i++)
        for (int tap = 0; tap < 25; tap++)
            for (long o = 0; o < c; o++)
                expected[i / w * row + i % w * pixel + o] +=
                    tap_value(&b, i / w, i % w, tap) * (double)weights[tap * tap_step + o];
    tessera_direct5(b.image, b.row, weights, tap_step, h, w, c, y, row, pixel);
    compare("y", y, expected, count, 1e-6);
    free(b.memory);
    free(weights);
    free(y);
    free(expected);
}

static void check_pool_gradient(long h, long w, long c) {
    struct bordered b = make_image(h, w);
    long out_h = h / 2, out_w = w / 2, count = out_h * out_w * c;
    float *g = random_floats(count), *dw = random_floats(25 * c);
    uint8_t *argmax = random_bytes(count, 4);
    double *expected = double_zeros(25 * c);
    for (long i = 0; i < 25 * c; i++) expected[i] = dw[i];
    for (long i = 0; i < count; i++) {
        long window = i / c;
        long y = window / out_w * 2 + argmax[i] / 2, x = window % out_w * 2 + argmax[i] % 2;
        for (int tap = 0; tap < 25; tap++)
            expected[tap * c + i % c] += tap_value(&b, y, x, tap) * (double)g[i];
    }
    tessera_direct5_pool_gradient(b.image, b.row, g, argmax, out_h, out_w, c, dw);
    compare("dw", dw, expected, 25 * c, 1e-5);
    free(b.memory);
    free(g);
    free(dw);
    free(argmax);
    free(expected);
}

static void check_gram(long h, long w) {
    struct bordered b = make_image(h, w);
    float *q = zeros(TESSERA_GRAM_COLUMNS * b.lanes);
    double sum[25], gram[625], expected_sum[25] = {0}, expected_gram[625] = {0};
    for (long i = 0; i < h * w; i++)
        for (int tap = 0; tap < 25; tap++) {
            double value = tap_value(&b, i / w, i % w, tap);
            expected_sum[tap] += value;
            for (int other = 0; other < 25; other++)
                expected_gram[tap * 25 + other] += value * tap_value(&b, i / w, i % w, other);
        }
    tessera_direct5_gram_columns(b.image, b.row, h, b.lanes, q);
    tessera_direct5_gram(q, w, b.lanes, sum, gram);
    compare_doubles("sum", sum, expected_sum, 25, 1e-5);
    compare_doubles("gram", gram, expected_gram, 625, 1e-5);
    free(b.memory);
    free(q);
}

void test_stem(void) {
    begin_kernel("direct5");
    check_forward(28, 28, 32);
    check_forward(5, 7, 16);
    check_forward(3, 2, 48);
    end_kernel();
    begin_kernel("direct5_pool_gradient");
    check_pool_gradient(28, 28, 32);
    check_pool_gradient(7, 9, 16);
    end_kernel();
    begin_kernel("direct5_gram");
    check_gram(28, 28);
    check_gram(7, 9);
    check_gram(4, 30);
    end_kernel();
}
