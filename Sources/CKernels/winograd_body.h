/* Included once for each CPU level by variants.h; no include guard on purpose. */
#include "vectors.h"

/* ---- one dimension --------------------------------------------------------------------------- */

/* Points come as 0, then pairs +p and -p, then infinity. A pair shares its even and its odd part:
 * what is computed for both is their half sum and half difference. The tables of winograd.c hold the
 * row of each +p; loops over them are unrolled, and zeros in them cost nothing. */

/* y[n] = the values at the points of the polynomial with coefficients x[count]: G for weights, the
 * transpose of A for gradients of outputs. scale[0] and scale[n - 1] belong to 0 and infinity. */
INLINE void KERNEL(evaluate)(const int n, const int count, const float table[][5], const vf *x,
                             vf *y) {
    y[0] = x[0] * table[0][0];
#pragma clang loop unroll(full)
    for (int pair = 1; pair < n / 2; pair++) {
        vf even = x[0] * table[pair][0], odd = x[1] * table[pair][1];
        if (count > 2) even += x[2] * table[pair][2];
        if (count > 3) odd += x[3] * table[pair][3];
        if (count > 4) even += x[4] * table[pair][4];
        y[2 * pair - 1] = even + odd;
        y[2 * pair] = even - odd;
    }
    y[n - 1] = x[count - 1] * table[n / 2][0];
}

/* x[count] = the transpose of evaluate applied to y[n]: A for outputs, G's transpose for gradients
 * of weights. */
INLINE void KERNEL(collect)(const int n, const int count, const float table[][5], const vf *y,
                            vf *x) {
    vf sum[5];
#pragma clang loop unroll(full)
    for (int i = 0; i < count; i++) sum[i] = (vf)(0.0f);
    sum[0] = y[0] * table[0][0];
#pragma clang loop unroll(full)
    for (int pair = 1; pair < n / 2; pair++) {
        vf total = y[2 * pair - 1] + y[2 * pair], difference = y[2 * pair - 1] - y[2 * pair];
#pragma clang loop unroll(full)
        for (int i = 0; i < count; i++) sum[i] += (i % 2 ? difference : total) * table[pair][i];
    }
    sum[count - 1] += y[n - 1] * table[n / 2][0];
#pragma clang loop unroll(full)
    for (int i = 0; i < count; i++) x[i] = sum[i];
}

/* The factors of the products: row 0 is q(t) = prod (t - p²) over all pairs, row i the same without
 * pair i, in powers of t from 0 on; roots[i] is p. y = Bᵀ·x. */
INLINE void KERNEL(split)(const int n, const float factors[][4], const float *roots, const vf *x,
                          vf *y) {
    const int degree = n / 2 - 1;
    vf first = x[2 * degree], last = x[2 * degree + 1];
#pragma clang loop unroll(full)
    for (int i = 0; i < degree; i++) {
        first += x[2 * i] * factors[0][i];
        last += x[2 * i + 1] * factors[0][i];
    }
    y[0] = first;
    y[n - 1] = last;
#pragma clang loop unroll(full)
    for (int pair = 1; pair < n / 2; pair++) {
        vf even = x[2 * degree], odd = x[2 * degree - 1];
#pragma clang loop unroll(full)
        for (int i = 0; i < degree - 1; i++) {
            even += x[2 * i + 2] * factors[pair][i];
            odd += x[2 * i + 1] * factors[pair][i];
        }
        y[2 * pair - 1] = even + odd * roots[pair];
        y[2 * pair] = even - odd * roots[pair];
    }
}

/* x = B·y, the transpose of split. */
INLINE void KERNEL(merge)(const int n, const float factors[][4], const float *roots, const vf *y,
                          vf *x) {
    const int degree = n / 2 - 1;
    vf sum[8];
#pragma clang loop unroll(full)
    for (int i = 0; i < degree; i++) {
        sum[2 * i] = y[0] * factors[0][i];
        sum[2 * i + 1] = y[n - 1] * factors[0][i];
    }
    sum[2 * degree] = y[0];
    sum[2 * degree + 1] = y[n - 1];
#pragma clang loop unroll(full)
    for (int pair = 1; pair < n / 2; pair++) {
        vf even = y[2 * pair - 1] + y[2 * pair];
        vf odd = (y[2 * pair - 1] - y[2 * pair]) * roots[pair];
#pragma clang loop unroll(full)
        for (int i = 0; i < degree - 1; i++) {
            sum[2 * i + 2] += even * factors[pair][i];
            sum[2 * i + 1] += odd * factors[pair][i];
        }
        sum[2 * degree] += even;
        sum[2 * degree - 1] += odd;
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < n; i++) x[i] = sum[i];
}

/* ---- two dimensions, VECTOR_LANES channels of one tile ---------------------------------------- */

/* Infinity takes part in the last output and the last input of a dimension alone. Of a tile whose
 * last row of outputs isn't wanted `high` is n - 1 instead of n, and elements at infinity of that
 * dimension are neither read, as if they were 0, nor written; so is `wide` for the last column. */

/* Elements of an n x n patch of the image. */
INLINE void KERNEL(input_tile)(const int n, const long high, const long wide,
                               const float factors[][4], const float *roots, const float *image,
                               long row, long pixel, float *v, long step) {
    vf half[8][8];
#pragma clang loop unroll(full)
    for (int i = 0; i < n; i++) half[i][n - 1] = (vf)(0.0f);
#pragma clang loop unroll(disable)
    for (long j = 0; j < wide; j++) {
        vf x[8], y[8];
#pragma clang loop unroll(full)
        for (int i = 0; i < n; i++) x[i] = load(image + i * row + j * pixel);
        KERNEL(split)(n, factors, roots, x, y);
#pragma clang loop unroll(full)
        for (int i = 0; i < n; i++) half[i][j] = y[i];
    }
#pragma clang loop unroll(disable)
    for (long i = 0; i < high; i++) {
        vf y[8];
        KERNEL(split)(n, factors, roots, half[i], y);
#pragma clang loop unroll(full)
        for (int j = 0; j < n - 1; j++) store(v + (i * n + j) * step, y[j]);
        if (wide == n) store(v + (i * n + n - 1) * step, y[n - 1]);
    }
}

/* Adds what n x n elements make of an image's patch to it: the transpose of input_tile. */
INLINE void KERNEL(input_tile_adjoint)(const int n, const long high, const long wide,
                                       const float factors[][4], const float *roots, const float *v,
                                       long step, float *image, long row, long pixel) {
    vf half[8][8];
#pragma clang loop unroll(full)
    for (int j = 0; j < n; j++) half[n - 1][j] = (vf)(0.0f);
#pragma clang loop unroll(disable)
    for (long i = 0; i < high; i++) {
        vf y[8];
#pragma clang loop unroll(full)
        for (int j = 0; j < n - 1; j++) y[j] = load(v + (i * n + j) * step);
        y[n - 1] = wide == n ? load(v + (i * n + n - 1) * step) : (vf)(0.0f);
        KERNEL(merge)(n, factors, roots, y, half[i]);
    }
#pragma clang loop unroll(disable)
    for (long j = 0; j < wide; j++) {
        vf y[8], x[8];
#pragma clang loop unroll(full)
        for (int i = 0; i < n; i++) y[i] = half[i][j];
        KERNEL(merge)(n, factors, roots, y, x);
#pragma clang loop unroll(full)
        for (int i = 0; i < n; i++) {
            float *place = image + i * row + j * pixel;
            store(place, load(place) + x[i]);
        }
    }
}

/* Elements [n, n] of count x count values: weights, or gradients of outputs. */
INLINE void KERNEL(evaluate_tile)(const int n, const long high, const long wide, const int count,
                                  const float table[][5], const float *x, long row, long column,
                                  float *v, long step) {
    vf half[8][5];
#pragma clang loop unroll(disable)
    for (int j = 0; j < count; j++) {
        vf in[5], out[8];
#pragma clang loop unroll(full)
        for (int i = 0; i < count; i++) in[i] = load(x + i * row + j * column);
        KERNEL(evaluate)(n, count, table, in, out);
#pragma clang loop unroll(full)
        for (int i = 0; i < n; i++) half[i][j] = out[i];
    }
#pragma clang loop unroll(disable)
    for (long i = 0; i < high; i++) {
        vf out[8];
        KERNEL(evaluate)(n, count, table, half[i], out);
#pragma clang loop unroll(full)
        for (int j = 0; j < n - 1; j++) store(v + (i * n + j) * step, out[j]);
        if (wide == n) store(v + (i * n + n - 1) * step, out[n - 1]);
    }
}

/* The transpose of evaluate_tile: outputs, or gradients of weights; overwrites x. */
INLINE void KERNEL(collect_tile)(const int n, const long high, const long wide, const int count,
                                 const float table[][5], const float *v, long step, float *x,
                                 long row, long column) {
    vf half[8][5];
#pragma clang loop unroll(full)
    for (int j = 0; j < count; j++) half[n - 1][j] = (vf)(0.0f);
#pragma clang loop unroll(disable)
    for (long i = 0; i < high; i++) {
        vf in[8];
#pragma clang loop unroll(full)
        for (int j = 0; j < n - 1; j++) in[j] = load(v + (i * n + j) * step);
        in[n - 1] = wide == n ? load(v + (i * n + n - 1) * step) : (vf)(0.0f);
        KERNEL(collect)(n, count, table, in, half[i]);
    }
#pragma clang loop unroll(disable)
    for (int j = 0; j < count; j++) {
        vf in[8], out[5];
#pragma clang loop unroll(full)
        for (int i = 0; i < n; i++) in[i] = half[i][j];
        KERNEL(collect)(n, count, table, in, out);
#pragma clang loop unroll(full)
        for (int i = 0; i < count; i++) store(x + i * row + j * column, out[i]);
    }
}

/* Hardware follows fewer streams than there are elements. */
#define PREFETCH_AHEAD 64
INLINE void KERNEL(prefetch)(const int count, const float *p, long step) {
#pragma clang loop unroll_count(8)
    for (int i = 0; i < count; i++) __builtin_prefetch(p + i * step);
}

/* What other cores have read in the step before must be taken from them before it is written. */
INLINE void KERNEL(prefetch_write)(const int count, const float *p, long step) {
#pragma clang loop unroll_count(8)
    for (int i = 0; i < count; i++) __builtin_prefetch(p + i * step, 1);
}

/* ---- all tiles of an image ------------------------------------------------------------------- */

#define FOR_EACH_TILE(n)                                                                           \
    for (long ty = 0, tile = 0; ty < grid->rows; ty++)                                             \
        for (long tx = 0, high = (n) - (grid->short_rows && ty + 1 == grid->rows);                 \
             tx < grid->columns; tx++, tile++)                                                     \
            for (long c = 0, wide = (n) - (grid->short_columns && tx + 1 == grid->columns),        \
                      place = grid->places ? grid->places[tile] : tile;                            \
                 c < grid->channels; c += VECTOR_LANES)
#define TILE_PIXELS(m) (image + (ty * (m)) * grid->image_row + (tx * (m)) * grid->image_pixel + c)
#define TILE_ELEMENTS (v + place * grid->tile_step + c)

#define IMAGE_KERNELS(m, k, n)                                                                     \
    static void KERNEL(winograd_input_##m##k)(                                                     \
        const float *image, const struct tessera_winograd_grid *grid, float *v) {                  \
        FOR_EACH_TILE(n)                                                                           \
            KERNEL(input_tile)(n, high, wide, factors_##n, roots_##n, TILE_PIXELS(m),              \
                               grid->image_row, grid->image_pixel, TILE_ELEMENTS,                  \
                               grid->element_step);                                                \
    }                                                                                              \
    static void KERNEL(winograd_input_adjoint_##m##k)(                                             \
        const float *v, const struct tessera_winograd_grid *grid, float *image) {                  \
        FOR_EACH_TILE(n)                                                                           \
            KERNEL(input_tile_adjoint)(n, high, wide, factors_##n, roots_##n, TILE_ELEMENTS,       \
                                       grid->element_step, TILE_PIXELS(m), grid->image_row,        \
                                       grid->image_pixel);                                         \
    }                                                                                              \
    static void KERNEL(winograd_output_##m##k)(                                                    \
        const float *v, const struct tessera_winograd_grid *grid, float *image) {                  \
        FOR_EACH_TILE(n)                                                                           \
            KERNEL(collect_tile)(n, high, wide, m, outputs_##m##k, TILE_ELEMENTS,                  \
                                 grid->element_step, TILE_PIXELS(m), grid->image_row,              \
                                 grid->image_pixel);                                               \
    }                                                                                              \
    static void KERNEL(winograd_output_adjoint_##m##k)(                                            \
        const float *image, const struct tessera_winograd_grid *grid, float *v) {                  \
        FOR_EACH_TILE(n)                                                                           \
            KERNEL(evaluate_tile)(n, high, wide, m, outputs_##m##k, TILE_PIXELS(m),                \
                                  grid->image_row, grid->image_pixel, TILE_ELEMENTS,               \
                                  grid->element_step);                                             \
    }                                                                                              \
    static void KERNEL(winograd_weights_##m##k)(const float *w, long inputs, long outputs,         \
                                                long w_input, long w_tap, float *u, long u_input,  \
                                                long u_step) {                                     \
        for (long c = 0; c < inputs; c++)                                                          \
            for (long o = 0; o < outputs; o += VECTOR_LANES) {                                     \
                float *to = u + c * u_input + o;                                                   \
                KERNEL(prefetch_write)(n * n, to + PREFETCH_AHEAD, u_step);                        \
                KERNEL(evaluate_tile)(n, n, n, k, weights_##m##k, w + c * w_input + o, k * w_tap,  \
                                      w_tap, to, u_step);                                          \
            }                                                                                      \
    }                                                                                              \
    static void KERNEL(winograd_weights_adjoint_##m##k)(const float *u, long inputs, long outputs, \
                                                        long u_input, long u_step, float *w,       \
                                                        long w_input, long w_tap) {                \
        for (long c = 0; c < inputs; c++)                                                          \
            for (long o = 0; o < outputs; o += VECTOR_LANES) {                                     \
                const float *from = u + c * u_input + o;                                           \
                KERNEL(prefetch)(n * n, from + PREFETCH_AHEAD, u_step);                            \
                KERNEL(collect_tile)(n, n, n, k, weights_##m##k, from, u_step,                     \
                                     w + c * w_input + o, k * w_tap, w_tap);                       \
            }                                                                                      \
    }

IMAGE_KERNELS(2, 3, 4)
IMAGE_KERNELS(2, 5, 6)
IMAGE_KERNELS(4, 3, 6)
IMAGE_KERNELS(4, 5, 8)

#undef FOR_EACH_TILE
#undef PREFETCH_AHEAD
#undef TILE_PIXELS
#undef TILE_ELEMENTS
#undef IMAGE_KERNELS
#undef load
#undef store
#undef vf
#undef INLINE
