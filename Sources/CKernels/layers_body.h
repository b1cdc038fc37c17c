/* Included once for each CPU level by variants.h; no include guard on purpose. */

/* ---- im2col and its adjoint ------------------------------------------------------------------ */

/* Where the columns of a patch whose first one is x0 lie inside the image, and where that ends. */
static inline void KERNEL(inner_columns)(const tessera_window *g, long x0, long *from, long *to) {
    long beyond = g->w - x0;
    *from = x0 < 0 ? (-x0 + g->dilation_w - 1) / g->dilation_w : 0;
    *to = beyond > 0 ? (beyond + g->dilation_w - 1) / g->dilation_w : 0;
    if (*to > g->k_w) *to = g->k_w;
    if (*to < *from) *to = *from = 0;
}

/* Whether the columns of a patch lie together in the image, so that a row of it is a single copy. */
static inline int KERNEL(is_compact)(const tessera_window *g) {
    return g->dilation_w == 1 && g->pixel == g->c;
}

/* Copies one row of a patch (k_w pixels of c channels), clipped to the image's width. */
static inline void KERNEL(copy_patch_row)(const float *row, long x0, const tessera_window *g,
                                          float *out) {
    long from, to, c = g->c;
    KERNEL(inner_columns)(g, x0, &from, &to);
    for (long i = 0; i < from * c; i++) out[i] = 0;
    if (KERNEL(is_compact)(g))
        for (long i = from * c; i < to * c; i++) out[i] = row[x0 * c + i];
    else
        for (long kx = from; kx < to; kx++)
            for (long i = 0; i < c; i++)
                out[kx * c + i] = row[(x0 + kx * g->dilation_w) * g->pixel + i];
    for (long i = to * c; i < g->k_w * c; i++) out[i] = 0;
}

/* One channel and a kernel of up to eight columns: each row of a patch is one unaligned copy of
 * eight floats. What a copy writes past its row is overwritten by the next one; patches at the end
 * of col, where nothing comes after, are left to the general loop, as are those at the border. */
static inline int KERNEL(copy_inner_patch)(const float *image, long y0, long x0,
                                           const tessera_window *g, float *col, const float *end) {
    if (y0 < 0 || x0 < 0 || y0 + (g->k_h - 1) * g->dilation_h >= g->h || x0 + 8 > g->w) return 0;
    if (col + (g->k_h - 1) * g->k_w + 8 > end) return 0;
    for (long ky = 0; ky < g->k_h; ky++) {
        const float *row = image + (y0 + ky * g->dilation_h) * g->w + x0;
        for (int i = 0; i < 8; i++) col[ky * g->k_w + i] = row[i];
    }
    return 1;
}

static void KERNEL(im2col)(const float *image, const tessera_window *g, float *col) {
    int narrow = g->c == 1 && g->k_w <= 8 && KERNEL(is_compact)(g);
    const float *end = col + g->out_h * g->out_w * g->k_h * g->k_w * g->c;
    for (long oy = 0; oy < g->out_h; oy++)
        for (long ox = 0; ox < g->out_w; ox++) {
            long y0 = oy * g->stride_h - g->padding_h, x0 = ox * g->stride_w - g->padding_w;
            if (narrow && KERNEL(copy_inner_patch)(image, y0, x0, g, col, end)) {
                col += g->k_h * g->k_w;
                continue;
            }
            for (long ky = 0; ky < g->k_h; ky++, col += g->k_w * g->c) {
                long y = y0 + ky * g->dilation_h;
                if (y < 0 || y >= g->h) {
                    for (long i = 0; i < g->k_w * g->c; i++) col[i] = 0;
                } else {
                    KERNEL(copy_patch_row)(image + y * g->w * g->pixel, x0, g, col);
                }
            }
        }
}

static void KERNEL(col2im_add)(const float *col, const tessera_window *g, float *image) {
    long c = g->c;
    for (long oy = 0; oy < g->out_h; oy++)
        for (long ox = 0; ox < g->out_w; ox++)
            for (long ky = 0; ky < g->k_h; ky++, col += g->k_w * c) {
                long y = oy * g->stride_h - g->padding_h + ky * g->dilation_h;
                long x0 = ox * g->stride_w - g->padding_w, from, to;
                if (y < 0 || y >= g->h) continue;
                KERNEL(inner_columns)(g, x0, &from, &to);
                float *restrict row = image + (y * g->w + x0) * g->pixel;
                if (KERNEL(is_compact)(g)) {
                    for (long i = from * c; i < to * c; i++) row[i] += col[i];
                    continue;
                }
                for (long kx = from; kx < to; kx++)
                    for (long i = 0; i < c; i++)
                        row[kx * g->dilation_w * g->pixel + i] += col[kx * c + i];
            }
}

/* ---- sums over pixels ------------------------------------------------------------------------ */

static void KERNEL(add)(const float *restrict x, float *restrict y, long count) {
    for (long i = 0; i < count; i++) y[i] += x[i];
}

static void KERNEL(add_column_sums)(const float *restrict x, long rows, long c,
                                    float *restrict sums) {
    for (long r = 0; r < rows; r++)
        for (long i = 0; i < c; i++) sums[i] += x[r * c + i];
}

/* Channels are taken in strips that stay in registers; rows in blocks whose float32 sums are short
 * enough to be exact to a few units in the last place, and are added in double precision. */
#define STRIP 32
#define ROW_BLOCK 32

static inline __attribute__((always_inline)) void
KERNEL(strip_moments)(const float *x, long rows, long c, long width, double *mean, double *m2) {
    double total[STRIP] = {0};
    for (long r0 = 0; r0 < rows; r0 += ROW_BLOCK) {
        long end = r0 + ROW_BLOCK < rows ? r0 + ROW_BLOCK : rows;
        float sum[STRIP] = {0};
        for (long r = r0; r < end; r++)
            for (long i = 0; i < width; i++) sum[i] += x[r * c + i];
        for (long i = 0; i < width; i++) total[i] += sum[i];
    }
    float center[STRIP] = {0};
    for (long i = 0; i < width; i++) {
        mean[i] = total[i] / (double)rows;
        center[i] = (float)mean[i];
    }
    double squares[STRIP] = {0};
    for (long r0 = 0; r0 < rows; r0 += ROW_BLOCK) {
        long end = r0 + ROW_BLOCK < rows ? r0 + ROW_BLOCK : rows;
        float sum[STRIP] = {0};
        for (long r = r0; r < end; r++)
            for (long i = 0; i < width; i++) {
                float deviation = x[r * c + i] - center[i];
                sum[i] += deviation * deviation;
            }
        for (long i = 0; i < width; i++) squares[i] += sum[i];
    }
    for (long i = 0; i < width; i++) {
        double rounding = mean[i] - (double)center[i];
        m2[i] = squares[i] - (double)rows * rounding * rounding;
    }
}

static void KERNEL(row_moments)(const float *x, long rows, long c, double *mean, double *m2) {
    long i = 0;
    for (; i + STRIP <= c; i += STRIP)
        KERNEL(strip_moments)(x + i, rows, c, STRIP, mean + i, m2 + i);
    if (i < c) KERNEL(strip_moments)(x + i, rows, c, c - i, mean + i, m2 + i);
}

/* ---- batch norm ------------------------------------------------------------------------------ */

static void KERNEL(affine_rows)(const float *x, long rows, long c, const float *restrict scale,
                                const float *restrict shift, int relu, float *y) {
    float floor = relu ? 0.0f : -INFINITY;
    for (long r = 0; r < rows; r++)
#pragma clang loop vectorize(assume_safety)
        for (long i = 0; i < c; i++) {
            float value = x[r * c + i] * scale[i] + shift[i];
            y[r * c + i] = value < floor ? floor : value;
        }
}

static inline __attribute__((always_inline)) void
KERNEL(strip_gradient_sums)(const float *restrict x, const float *restrict dy, long rows, long c,
                            long width, const float *restrict mean, const float *restrict scale,
                            const float *restrict shift, float threshold, double *restrict sum_dy,
                            double *restrict sum_dy_xmu) {
    double total[STRIP] = {0}, total_x[STRIP] = {0};
    for (long r0 = 0; r0 < rows; r0 += ROW_BLOCK) {
        long end = r0 + ROW_BLOCK < rows ? r0 + ROW_BLOCK : rows;
        float sum[STRIP] = {0}, sum_x[STRIP] = {0};
        for (long r = r0; r < end; r++)
            for (long i = 0; i < width; i++) {
                float value = x[r * c + i];
                float g = value * scale[i] + shift[i] > threshold ? dy[r * c + i] : 0;
                sum[i] += g;
                sum_x[i] += g * (value - mean[i]);
            }
        for (long i = 0; i < width; i++) {
            total[i] += sum[i];
            total_x[i] += sum_x[i];
        }
    }
    for (long i = 0; i < width; i++) {
        sum_dy[i] = total[i];
        sum_dy_xmu[i] = total_x[i];
    }
}

static void KERNEL(norm_gradient_sums)(const float *restrict x, const float *restrict dy, long rows,
                                       long c, const float *restrict mean,
                                       const float *restrict scale, const float *restrict shift,
                                       int relu, double *restrict sum_dy,
                                       double *restrict sum_dy_xmu) {
    float threshold = relu ? 0.0f : -INFINITY;
    long i = 0;
    for (; i + STRIP <= c; i += STRIP)
        KERNEL(strip_gradient_sums)(x + i, dy + i, rows, c, STRIP, mean + i, scale + i, shift + i,
                                    threshold, sum_dy + i, sum_dy_xmu + i);
    if (i < c)
        KERNEL(strip_gradient_sums)(x + i, dy + i, rows, c, c - i, mean + i, scale + i, shift + i,
                                    threshold, sum_dy + i, sum_dy_xmu + i);
}

static void KERNEL(norm_gradient)(const float *x, const float *dy, long rows, long c,
                                  const float *restrict mean, const float *restrict scale,
                                  const float *restrict shift, int relu, const float *restrict a,
                                  const float *restrict b, const float *restrict d, float *dx) {
    float threshold = relu ? 0.0f : -INFINITY;
    for (long r = 0; r < rows; r++)
#pragma clang loop vectorize(assume_safety)
        for (long i = 0; i < c; i++) {
            float value = x[r * c + i];
            float g = value * scale[i] + shift[i] > threshold ? dy[r * c + i] : 0;
            dx[r * c + i] = a[i] * g + b[i] * (value - mean[i]) + d[i];
        }
}

/* ---- batch norm, ReLU and 2x2 max-pool in one pass ------------------------------------------- */

/* The larger, or the one that is NaN. */
static inline float KERNEL(larger)(float a, float b) { return b > a || b != b ? b : a; }

static void KERNEL(norm_relu_pool)(const float *restrict x, long h, long w, long c,
                                   const float *restrict scale, const float *restrict shift,
                                   float *restrict y, uint8_t *restrict argmax) {
    for (long oy = 0; oy < h / 2; oy++)
        for (long ox = 0; ox < w / 2; ox++, y += c, argmax += c) {
            const float *x00 = x + (2 * oy * w + 2 * ox) * c, *x01 = x00 + c;
            const float *x10 = x00 + w * c, *x11 = x10 + c;
#pragma clang loop vectorize(assume_safety)
            for (long i = 0; i < c; i++) {
                float v0 = x00[i] * scale[i] + shift[i], v1 = x01[i] * scale[i] + shift[i];
                float v2 = x10[i] * scale[i] + shift[i], v3 = x11[i] * scale[i] + shift[i];
                /* The argmax is the first of equals, and NaN is above everything, as in PyTorch. */
                float best = v0;
                uint32_t place = 0;
                int better;
                better = (v1 > best) | (v1 != v1);
                place = better ? 1 : place;
                best = better ? v1 : best;
                better = (v2 > best) | (v2 != v2);
                place = better ? 2 : place;
                best = better ? v2 : best;
                better = (v3 > best) | (v3 != v3);
                place = better ? 3 : place;
                best = better ? v3 : best;
                /* The test is written so that NaN passes through. */
                place = best <= 0 ? 4 : place;
                y[i] = best <= 0 ? 0 : best;
                argmax[i] = (uint8_t)place;
            }
        }
}

static void KERNEL(norm_relu_pool_evaluation)(const float *restrict x, long h, long w, long c,
                                              const float *restrict scale,
                                              const float *restrict shift, float *restrict y) {
    for (long oy = 0; oy < h / 2; oy++)
        for (long ox = 0; ox < w / 2; ox++, y += c) {
            const float *x00 = x + (2 * oy * w + 2 * ox) * c, *x01 = x00 + c;
            const float *x10 = x00 + w * c, *x11 = x10 + c;
#pragma clang loop vectorize(assume_safety)
            for (long i = 0; i < c; i++) {
                float v0 = x00[i] * scale[i] + shift[i], v1 = x01[i] * scale[i] + shift[i];
                float v2 = x10[i] * scale[i] + shift[i], v3 = x11[i] * scale[i] + shift[i];
                float top = KERNEL(larger)(v0, v1), bottom = KERNEL(larger)(v2, v3);
                float best = KERNEL(larger)(top, bottom);
                y[i] = best <= 0 ? 0 : best;
            }
        }
}

/* One strip of channels; inlined with a constant width, so that the sums stay in registers. */
static inline __attribute__((always_inline)) void
KERNEL(strip_pool_gradient_sums)(const float *restrict x, const float *restrict dy,
                                 const uint8_t *restrict argmax, long samples, long h, long w,
                                 long c, long width, const float *restrict mean,
                                 double *restrict sum_dy, double *restrict sum_dy_xmu) {
    long out_h = h / 2, out_w = w / 2;
    double total[STRIP] = {0}, total_x[STRIP] = {0};
    for (long row = 0; row < samples * out_h; row++) {
        const float *line = x + (row / out_h * h + row % out_h * 2) * w * c;
        float sum[STRIP] = {0}, sum_x[STRIP] = {0};
        for (long ox = 0; ox < out_w; ox++) {
            const float *x00 = line + 2 * ox * c, *x01 = x00 + c;
            const float *x10 = x00 + w * c, *x11 = x10 + c;
            const float *g = dy + (row * out_w + ox) * c;
            const uint8_t *places = argmax + (row * out_w + ox) * c;
            for (long i = 0; i < width; i++) {
                uint32_t place = places[i];
                float upper = place == 0 ? x00[i] : x01[i];
                float lower = place == 2 ? x10[i] : x11[i];
                float value = place < 2 ? upper : lower;
                float gradient = place == 4 ? 0 : g[i];
                sum[i] += gradient;
                sum_x[i] += gradient * (value - mean[i]);
            }
        }
        for (long i = 0; i < width; i++) {
            total[i] += sum[i];
            total_x[i] += sum_x[i];
        }
    }
    for (long i = 0; i < width; i++) {
        sum_dy[i] = total[i];
        sum_dy_xmu[i] = total_x[i];
    }
}

static void KERNEL(norm_relu_pool_gradient_sums)(const float *restrict x, const float *restrict dy,
                                                 const uint8_t *restrict argmax, long samples,
                                                 long h, long w, long c, const float *restrict mean,
                                                 double *restrict sum_dy,
                                                 double *restrict sum_dy_xmu) {
    long i = 0;
    for (; i + STRIP <= c; i += STRIP)
        KERNEL(strip_pool_gradient_sums)(x + i, dy + i, argmax + i, samples, h, w, c, STRIP,
                                         mean + i, sum_dy + i, sum_dy_xmu + i);
    if (i < c)
        KERNEL(strip_pool_gradient_sums)(x + i, dy + i, argmax + i, samples, h, w, c, c - i,
                                         mean + i, sum_dy + i, sum_dy_xmu + i);
}

static void KERNEL(norm_relu_pool_gradient)(const float *x, const float *restrict dy,
                                            const uint8_t *restrict argmax, long h, long w, long c,
                                            const float *restrict mean, const float *restrict a,
                                            const float *restrict b, const float *restrict d,
                                            float *dx) {
    for (long oy = 0; oy < h / 2; oy++)
        for (long ox = 0; ox < w / 2; ox++) {
            long at = (2 * oy * w + 2 * ox) * c;
            const float *x00 = x + at, *x01 = x00 + c, *x10 = x00 + w * c, *x11 = x10 + c;
            float *d00 = dx + at, *d01 = d00 + c, *d10 = d00 + w * c, *d11 = d10 + c;
            const float *g = dy + (oy * (w / 2) + ox) * c;
            const uint8_t *places = argmax + (oy * (w / 2) + ox) * c;
#pragma clang loop vectorize(assume_safety)
            for (long i = 0; i < c; i++) {
                uint32_t place = places[i];
                float gradient = a[i] * g[i];
                d00[i] = (place == 0 ? gradient : 0) + b[i] * (x00[i] - mean[i]) + d[i];
                d01[i] = (place == 1 ? gradient : 0) + b[i] * (x01[i] - mean[i]) + d[i];
                d10[i] = (place == 2 ? gradient : 0) + b[i] * (x10[i] - mean[i]) + d[i];
                d11[i] = (place == 3 ? gradient : 0) + b[i] * (x11[i] - mean[i]) + d[i];
            }
        }
    /* An odd last row or column is in no window, but the batch's mean and variance saw it. */
    for (long y = 0; y < h; y++)
        for (long column = y < h / 2 * 2 ? w / 2 * 2 : 0; column < w; column++)
            for (long i = 0; i < c; i++) {
                long at = (y * w + column) * c + i;
                dx[at] = b[i] * (x[at] - mean[i]) + d[i];
            }
}

/* ---- ReLU, masks ----------------------------------------------------------------------------- */

static void KERNEL(relu)(const float *x, long count, float *y) {
#pragma clang loop vectorize(assume_safety)
    for (long i = 0; i < count; i++) y[i] = x[i] <= 0 ? 0 : x[i];
}

static void KERNEL(relu_gradient)(const float *y, const float *dy, long count, float *dx) {
#pragma clang loop vectorize(assume_safety)
    for (long i = 0; i < count; i++) dx[i] = y[i] > 0 ? dy[i] : 0;
}

static void KERNEL(scale_rows)(const float *x, long rows, long c, const float *restrict mask,
                               float *y) {
    for (long r = 0; r < rows; r++)
#pragma clang loop vectorize(assume_safety)
        for (long i = 0; i < c; i++) y[r * c + i] = x[r * c + i] * mask[i];
}

/* ---- augmentation ---------------------------------------------------------------------------- */

/* Where an output pixel reads: the pixel up and left of it, and the shares of those right and below. */
typedef struct {
    long x, y;
    float fx, fy;
} KERNEL(warp_source);

static inline __attribute__((always_inline)) KERNEL(warp_source)
    KERNEL(find_source)(const float *m, long row, long column, long h, long w) {
    float x = m[0] * (float)column + m[1] * (float)row + m[2];
    float y = m[3] * (float)column + m[4] * (float)row + m[5];
    /* One pixel beyond the border everything is zero: far sources must not overflow. */
    x = x<-1 ? -1 : x>(float) w ? (float)w : x;
    y = y<-1 ? -1 : y>(float) h ? (float)h : y;
    /* Both are at least -1, so truncation after the shift is the floor. */
    long x0 = (long)(x + 1) - 1, y0 = (long)(y + 1) - 1;
    return (KERNEL(warp_source)){x0, y0, x - (float)x0, y - (float)y0};
}

static inline float KERNEL(pixel)(const uint8_t *image, long h, long w, long y, long x) {
    return y >= 0 && y < h && x >= 0 && x < w ? (float)image[y * w + x] : 0.0f;
}

static void KERNEL(warp_normalize)(const uint8_t *image, long h, long w, const float *m, float mean,
                                   float inverse_std, float *out) {
    float scale = inverse_std / 255.0f, offset = -mean * inverse_std;
    for (long row = 0; row < h; row++)
        for (long column = 0; column < w; column++) {
            KERNEL(warp_source) s = KERNEL(find_source)(m, row, column, h, w);
            float top = KERNEL(pixel)(image, h, w, s.y, s.x) * (1 - s.fx) +
                        KERNEL(pixel)(image, h, w, s.y, s.x + 1) * s.fx;
            float bottom = KERNEL(pixel)(image, h, w, s.y + 1, s.x) * (1 - s.fx) +
                           KERNEL(pixel)(image, h, w, s.y + 1, s.x + 1) * s.fx;
            out[row * w + column] = (top * (1 - s.fy) + bottom * s.fy) * scale + offset;
        }
}

/* The pixel at (y, x), or zeros outside of the image; step is the distance of its channels. */
static inline const uint8_t *KERNEL(channels_at)(const uint8_t *image, long h, long w, long c,
                                                 long y, long x, long *step) {
    static const uint8_t outside = 0;
    int inside = y >= 0 && y < h && x >= 0 && x < w;
    *step = inside ? 1 : 0;
    return inside ? image + (y * w + x) * c : &outside;
}

static void KERNEL(warp_normalize_channels)(const uint8_t *image, long h, long w, long c,
                                            const float *m, const float *mean,
                                            const float *inverse_std, float *out) {
    for (long row = 0; row < h; row++)
        for (long column = 0; column < w; column++, out += c) {
            KERNEL(warp_source) s = KERNEL(find_source)(m, row, column, h, w);
            long s00, s01, s10, s11;
            const uint8_t *p00 = KERNEL(channels_at)(image, h, w, c, s.y, s.x, &s00);
            const uint8_t *p01 = KERNEL(channels_at)(image, h, w, c, s.y, s.x + 1, &s01);
            const uint8_t *p10 = KERNEL(channels_at)(image, h, w, c, s.y + 1, s.x, &s10);
            const uint8_t *p11 = KERNEL(channels_at)(image, h, w, c, s.y + 1, s.x + 1, &s11);
            for (long i = 0; i < c; i++) {
                float top = (float)p00[i * s00] * (1 - s.fx) + (float)p01[i * s01] * s.fx;
                float bottom = (float)p10[i * s10] * (1 - s.fx) + (float)p11[i * s11] * s.fx;
                float value = top * (1 - s.fy) + bottom * s.fy;
                out[i] = value * (inverse_std[i] / 255.0f) - mean[i] * inverse_std[i];
            }
        }
}

#undef STRIP
#undef ROW_BLOCK
