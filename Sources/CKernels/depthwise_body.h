/* Included once for each CPU level by variants.h; no include guard on purpose. */
#include "vectors.h"

/* Output pixels of a row that are computed together, for each weight to be loaded once. */
#define PIXELS 4
/* Vectors of channels whose sums are independent, for the latency of one to hide another's. */
#define STRIPS 4

/* The places k, first to end, with 0 <= start + k * step < size. */
INLINE void KERNEL(inside)(long start, long step, long count, long size, long *first, long *end) {
    *first = start < 0 ? (-start + step - 1) / step : 0;
    *end = start < size ? (size - 1 - start) / step + 1 : 0;
    if (*end > count) *end = count;
    if (*end < *first) *end = *first;
}

/* The taps of one output row, and for each pixel of it where its window begins. */
typedef struct {
    const float *x, *weights;
    long tap, ky0, ky1, y0;
} KERNEL(row_taps);

/* Some neighbouring pixels of a row, a vector of channels each. */
INLINE void KERNEL(row_pixels)(const KERNEL(row_taps) * row, const tessera_window *g, long x0,
                               long kx0, long kx1, int pixels, vf bias, float *y) {
    vf sum[PIXELS];
    for (int p = 0; p < pixels; p++) sum[p] = bias;
    for (long ky = row->ky0; ky < row->ky1; ky++)
        for (long kx = kx0; kx < kx1; kx++) {
            vf weight = load(row->weights + (ky * g->k_w + kx) * row->tap);
            const float *at =
                row->x + ((row->y0 + ky * g->dilation_h) * g->w + x0 + kx * g->dilation_w) * g->c;
            for (int p = 0; p < pixels; p++) sum[p] += weight * load(at + p * g->stride_w * g->c);
        }
    for (int p = 0; p < pixels; p++) store(y + p * g->c, sum[p]);
}

/* One row of the output, a vector of channels of it. */
INLINE void KERNEL(row_vector)(const KERNEL(row_taps) * row, const tessera_window *g, vf bias,
                               float *y) {
    for (long ox = 0; ox < g->out_w;) {
        long x0 = ox * g->stride_w - g->padding_w, kx0, kx1;
        long last = x0 + (PIXELS - 1) * g->stride_w + (g->k_w - 1) * g->dilation_w;
        if (x0 >= 0 && last < g->w && ox + PIXELS <= g->out_w) {
            KERNEL(row_pixels)(row, g, x0, 0, g->k_w, PIXELS, bias, y + ox * g->c);
            ox += PIXELS;
        } else {
            KERNEL(inside)(x0, g->dilation_w, g->k_w, g->w, &kx0, &kx1);
            KERNEL(row_pixels)(row, g, x0, kx0, kx1, 1, bias, y + ox * g->c);
            ox++;
        }
    }
}

/* One row of the output, fewer channels than a vector. */
INLINE void KERNEL(row_rest)(const KERNEL(row_taps) * row, const tessera_window *g,
                             const float *bias, float *y) {
    for (long ox = 0; ox < g->out_w; ox++) {
        long x0 = ox * g->stride_w - g->padding_w, kx0, kx1;
        float sum[VECTOR_LANES];
        for (long i = 0; i < g->c; i++) sum[i] = bias ? bias[i] : 0;
        KERNEL(inside)(x0, g->dilation_w, g->k_w, g->w, &kx0, &kx1);
        for (long ky = row->ky0; ky < row->ky1; ky++)
            for (long kx = kx0; kx < kx1; kx++) {
                const float *weight = row->weights + (ky * g->k_w + kx) * row->tap;
                const float *at =
                    row->x +
                    ((row->y0 + ky * g->dilation_h) * g->w + x0 + kx * g->dilation_w) * g->c;
                for (long i = 0; i < g->c; i++) sum[i] += weight[i] * at[i];
            }
        for (long i = 0; i < g->c; i++) y[ox * g->c + i] = sum[i];
    }
}

static void KERNEL(depthwise)(const float *x, const tessera_window *g, const float *weights,
                              const float *bias, int flipped, float *y) {
    KERNEL(row_taps) row = {.tap = flipped ? -g->c : g->c};
    if (flipped) weights += (g->k_h * g->k_w - 1) * g->c;
    for (long oy = 0; oy < g->out_h; oy++, y += g->out_w * g->c) {
        row.y0 = oy * g->stride_h - g->padding_h;
        KERNEL(inside)(row.y0, g->dilation_h, g->k_h, g->h, &row.ky0, &row.ky1);
        row.x = x;
        row.weights = weights;
        if (g->c < VECTOR_LANES) {
            KERNEL(row_rest)(&row, g, bias, y);
            continue;
        }
        for (long i = 0; i < g->c; i += VECTOR_LANES) {
            /* The last vector covers some channels twice, and gives them the same values. */
            if (i > g->c - VECTOR_LANES) i = g->c - VECTOR_LANES;
            row.x = x + i;
            row.weights = weights + i;
            KERNEL(row_vector)(&row, g, bias ? load(bias + i) : (vf)0.0f, y + i);
        }
    }
}

/* Where x of a tap lies inside the image: output columns first to end, input column of the first. */
INLINE void KERNEL(tap_columns)(const tessera_window *g, long kx, long *first, long *end) {
    KERNEL(inside)(kx * g->dilation_w - g->padding_w, g->stride_w, g->out_w, g->w, first, end);
}

static void KERNEL(depthwise_input_gradient)(const float *restrict dy, const tessera_window *g,
                                             const float *restrict weights, float *restrict dx) {
    long c = g->c, step = g->stride_w * c;
    for (long oy = 0; oy < g->out_h; oy++, dy += g->out_w * c)
        for (long ky = 0; ky < g->k_h; ky++) {
            long y = oy * g->stride_h - g->padding_h + ky * g->dilation_h;
            if (y < 0 || y >= g->h) continue;
            for (long kx = 0; kx < g->k_w; kx++) {
                long first, end, x0 = kx * g->dilation_w - g->padding_w;
                KERNEL(tap_columns)(g, kx, &first, &end);
                const float *weight = weights + (ky * g->k_w + kx) * c;
                float *row = dx + (y * g->w + x0) * c;
                for (long ox = first; ox < end; ox++)
#pragma clang loop vectorize(assume_safety)
                    for (long i = 0; i < c; i++) row[ox * step + i] += dy[ox * c + i] * weight[i];
            }
        }
}

/* dw[0 ..< width vectors] += the sum over columns of dy * x. */
INLINE void KERNEL(tap_gradient)(const float *x, const float *dy, long columns, long x_step,
                                 long dy_step, int width, float *dw) {
    vf sum[STRIPS];
    for (int v = 0; v < width; v++) sum[v] = 0.0f;
    for (long ox = 0; ox < columns; ox++)
        for (int v = 0; v < width; v++)
            sum[v] += load(dy + ox * dy_step + v * VECTOR_LANES) *
                      load(x + ox * x_step + v * VECTOR_LANES);
    for (int v = 0; v < width; v++)
        store(dw + v * VECTOR_LANES, load(dw + v * VECTOR_LANES) + sum[v]);
}

static void KERNEL(depthwise_weight_gradient)(const float *x, const float *dy,
                                              const tessera_window *g, float *dw) {
    long c = g->c, step = g->stride_w * c;
    for (long oy = 0; oy < g->out_h; oy++, dy += g->out_w * c)
        for (long ky = 0; ky < g->k_h; ky++) {
            long y = oy * g->stride_h - g->padding_h + ky * g->dilation_h;
            if (y < 0 || y >= g->h) continue;
            for (long kx = 0; kx < g->k_w; kx++) {
                long first, end, i = 0;
                KERNEL(tap_columns)(g, kx, &first, &end);
                if (first == end) continue;
                const float *from = dy + first * c;
                const float *at =
                    x + (y * g->w + first * g->stride_w - g->padding_w + kx * g->dilation_w) * c;
                float *tap = dw + (ky * g->k_w + kx) * c;
                for (; i + STRIPS * VECTOR_LANES <= c; i += STRIPS * VECTOR_LANES)
                    KERNEL(tap_gradient)(at + i, from + i, end - first, step, c, STRIPS, tap + i);
                for (; i + VECTOR_LANES <= c; i += VECTOR_LANES)
                    KERNEL(tap_gradient)(at + i, from + i, end - first, step, c, 1, tap + i);
                for (; i < c; i++) {
                    float sum = 0;
                    for (long ox = 0; ox < end - first; ox++)
                        sum += from[ox * c + i] * at[ox * step + i];
                    tap[i] += sum;
                }
            }
        }
}

#undef PIXELS
#undef STRIPS
#undef load
#undef store
#undef vf
#undef INLINE
