/* Included once for each CPU level by variants.h; no include guard on purpose. */
#include "vectors.h"

#define FOR_CHANNELS for (long i = 0; i < c; i += VECTOR_LANES)
#define AT(p) load((p) + i)

typedef int KERNEL(vi) __attribute__((ext_vector_type(VECTOR_LANES)));
typedef uint8_t KERNEL(vb) __attribute__((ext_vector_type(VECTOR_LANES), aligned(1), may_alias));
#define vi KERNEL(vi)
#define SELECT(test, yes, no) ((test) ? (yes) : (no))

/* Written so that NaN passes through. */
INLINE vf KERNEL(positive)(vf x) { return SELECT(x <= 0, (vf)(0.0f), x); }
INLINE vi KERNEL(load_bytes)(const uint8_t *p) {
    return __builtin_convertvector(*(const KERNEL(vb) *)p, vi);
}
INLINE void KERNEL(store_bytes)(uint8_t *p, vi value) {
    *(KERNEL(vb) *)p = __builtin_convertvector(value, KERNEL(vb));
}

/* ---- forward --------------------------------------------------------------------------------- */

static void KERNEL(norm_relu_image)(const float *x, long h, long w, long c, const float *scale,
                                    const float *shift, const float *mask, float *dst,
                                    long dst_row, long dst_pixel) {
    FOR_CHANNELS {
        vf factor = AT(scale), offset = AT(shift), share = mask ? AT(mask) : (vf)(1.0f);
        for (long y = 0; y < h; y++)
            for (long column = 0; column < w; column++) {
                vf value = AT(x + (y * w + column) * c) * factor + offset;
                store(dst + y * dst_row + column * dst_pixel + i,
                      KERNEL(positive)(value) * share);
            }
    }
}

/* Sums of one strip of channels: in float32 over two rows, in double precision over those. */
struct KERNEL(moments) {
    vf sum, square;
    double *sums, *squares;
};
INLINE void KERNEL(add_moments)(struct KERNEL(moments) *m, vf deviation) {
    m->sum += deviation;
    m->square += deviation * deviation;
}
INLINE void KERNEL(flush_moments)(struct KERNEL(moments) *m) {
#pragma clang loop unroll(full)
    for (int lane = 0; lane < VECTOR_LANES; lane++) {
        m->sums[lane] += m->sum[lane];
        m->squares[lane] += m->square[lane];
    }
    m->sum = m->square = (vf)(0.0f);
}

/* The largest of a window's values after multiplication by direction: the first of equals. */
INLINE vf KERNEL(choose)(const vf v[4], vf direction, vi *place) {
    vf best = v[0], key = v[0] * direction;
    *place = (vi)(0);
#pragma clang loop unroll(full)
    for (int other = 1; other < 4; other++) {
        vf candidate = v[other] * direction;
        vi better = candidate > key;
        key = SELECT(better, candidate, key);
        best = SELECT(better, v[other], best);
        *place = SELECT(better, (vi)(other), *place);
    }
    return best;
}

static void KERNEL(moments_pool)(const float *y, long y_row, long y_pixel, long h, long w, long c,
                                 const float *center, const float *sign, int pool, float *z,
                                 uint8_t *choice, float *kept, double *sum, double *square) {
    FOR_CHANNELS {
        struct KERNEL(moments) m = {(vf)(0.0f), (vf)(0.0f), sum + i, square + i};
        vf middle = AT(center), direction = AT(sign);
        for (long row = 0; row < h; row += 2) {
            int height = row + 1 < h ? 2 : 1;
            for (long column = 0; column < w; column += 2) {
                const float *corner = y + row * y_row + column * y_pixel + i;
                float *copy = kept ? kept + (row * w + column) * c + i : NULL;
                if (height == 1 || column + 1 == w) {
                    int width = column + 1 < w ? 2 : 1;
                    for (int place = 0; place < height * width; place++) {
                        int below = place / width, right = place % width;
                        vf value = load(corner + below * y_row + right * y_pixel);
                        KERNEL(add_moments)(&m, value - middle);
                        if (copy) store(copy + (below * w + right) * c, value);
                    }
                    continue;
                }
                vf v[4] = {load(corner), load(corner + y_pixel), load(corner + y_row),
                           load(corner + y_row + y_pixel)};
#pragma clang loop unroll(full)
                for (int place = 0; place < 4; place++) KERNEL(add_moments)(&m, v[place] - middle);
                if (copy) {
                    store(copy, v[0]);
                    store(copy + c, v[1]);
                    store(copy + w * c, v[2]);
                    store(copy + w * c + c, v[3]);
                }
                if (pool) {
                    long window = (row / 2 * (w / 2) + column / 2) * c + i;
                    vi place;
                    store(z + window, KERNEL(choose)(v, direction, &place));
                    KERNEL(store_bytes)(choice + window, place);
                }
            }
            KERNEL(flush_moments)(&m);
        }
    }
}

static void KERNEL(bias_relu_image)(const float *y, long y_row, long y_pixel, long h, long w,
                                    long c, const float *bias, int pool, float *dst, long dst_row,
                                    long dst_pixel) {
    FOR_CHANNELS {
        vf offset = AT(bias);
        for (long row = 0; row < (pool ? h / 2 : h); row++)
            for (long column = 0; column < (pool ? w / 2 : w); column++) {
                vf best;
                if (pool) {
                    const float *corner = y + 2 * row * y_row + 2 * column * y_pixel + i;
                    vf v0 = load(corner), v1 = load(corner + y_pixel);
                    vf v2 = load(corner + y_row), v3 = load(corner + y_row + y_pixel);
                    vf top = SELECT(v1 > v0, v1, v0), bottom = SELECT(v3 > v2, v3, v2);
                    best = SELECT(bottom > top, bottom, top);
                } else {
                    best = load(y + row * y_row + column * y_pixel + i);
                }
                store(dst + row * dst_row + column * dst_pixel + i,
                      KERNEL(positive)(best + offset));
            }
    }
}

/* ---- backward -------------------------------------------------------------------------------- */

static void KERNEL(norm_pool_gradient_image)(const float *y, const float *g, const uint8_t *choice,
                                             long h, long w, long c, const float *mean,
                                             const float *a, const float *b, const float *d,
                                             float *dst, long dst_row, long dst_pixel) {
    FOR_CHANNELS {
        vf factor = AT(a), slope = AT(b), offset = AT(d) - AT(b) * AT(mean);
        for (long row = 0; row < h; row++)
            for (long column = 0; column < w; column++) {
                vf value = AT(y + (row * w + column) * c) * slope + offset;
                if (row / 2 < h / 2 && column / 2 < w / 2) {
                    long window = (row / 2 * (w / 2) + column / 2) * c + i;
                    vi chosen = KERNEL(load_bytes)(choice + window) ==
                                (vi)((int)(row % 2 * 2 + column % 2));
                    value += SELECT(chosen, load(g + window) * factor, (vf)(0.0f));
                }
                store(dst + row * dst_row + column * dst_pixel + i, value);
            }
    }
}

static void KERNEL(norm_gradient_image)(const float *y, const float *g, long h, long w, long c,
                                        const float *mean, const float *a, const float *b,
                                        const float *d, float *dst, long dst_row, long dst_pixel) {
    FOR_CHANNELS {
        vf factor = AT(a), slope = AT(b), offset = AT(d) - AT(b) * AT(mean);
        for (long row = 0; row < h; row++)
            for (long column = 0; column < w; column++) {
                long at = (row * w + column) * c;
                store(dst + row * dst_row + column * dst_pixel + i,
                      AT(y + at) * slope + (AT(g + at) * factor + offset));
            }
    }
}

static void KERNEL(relu_gradient_sums)(const float *x, const float *du, long du_row, long du_pixel,
                                       long h, long w, long c, const float *scale,
                                       const float *shift, const float *mean, const float *mask,
                                       float *g, double *sum, double *sum_x) {
    FOR_CHANNELS {
        struct KERNEL(moments) m = {(vf)(0.0f), (vf)(0.0f), sum + i, sum_x + i};
        vf factor = AT(scale), offset = AT(shift), middle = AT(mean);
        vf share = mask ? AT(mask) : (vf)(1.0f);
        for (long row = 0; row < h; row++) {
            for (long column = 0; column < w; column++) {
                vf value = AT(x + (row * w + column) * c);
                vf gradient = load(du + row * du_row + column * du_pixel + i) * share;
                gradient = SELECT(value * factor + offset > 0, gradient, (vf)(0.0f));
                store(g + (row * w + column) * c + i, gradient);
                m.sum += gradient;
                m.square += gradient * (value - middle);
            }
            if (row % 4 == 3 || row + 1 == h) KERNEL(flush_moments)(&m);
        }
    }
}

/* ---- 5 x 5 convolution of one channel -------------------------------------------------------- */

#if VECTOR_LANES == 16
#define DIRECT_PIXELS 7
#else
#define DIRECT_PIXELS 4
#endif

/* Neighbouring pixels of a row, two vectors of channels or one. */
INLINE void KERNEL(direct5_tile)(const int pixels, const int width, const float *image,
                                 long image_row, const float *weights, long c, float *y,
                                 long y_pixel) {
    vf sum[DIRECT_PIXELS][2];
#pragma clang loop unroll(full)
    for (int p = 0; p < pixels; p++)
#pragma clang loop unroll(full)
        for (int j = 0; j < width; j++) sum[p][j] = (vf)(0.0f);
    for (int ky = 0; ky < 5; ky++)
#pragma clang loop unroll(full)
        for (int kx = 0; kx < 5; kx++) {
            vf tap[2];
#pragma clang loop unroll(full)
            for (int j = 0; j < width; j++)
                tap[j] = load(weights + (ky * 5 + kx) * c + j * VECTOR_LANES);
#pragma clang loop unroll(full)
            for (int p = 0; p < pixels; p++) {
                vf value = (vf)(image[ky * image_row + kx + p]);
#pragma clang loop unroll(full)
                for (int j = 0; j < width; j++) sum[p][j] += value * tap[j];
            }
        }
#pragma clang loop unroll(full)
    for (int p = 0; p < pixels; p++)
#pragma clang loop unroll(full)
        for (int j = 0; j < width; j++) store(y + p * y_pixel + j * VECTOR_LANES, sum[p][j]);
}

static void KERNEL(direct5)(const float *image, long image_row, const float *weights, long rows,
                            long w, long c, float *y, long y_row, long y_pixel) {
    for (long i = 0; i < c; i += 2 * VECTOR_LANES)
        for (long row = 0; row < rows; row++) {
            const float *line = image + row * image_row;
            float *out = y + row * y_row + i;
            int wide = i + 2 * VECTOR_LANES <= c;
            long x = 0;
            for (; x + DIRECT_PIXELS <= w; x += DIRECT_PIXELS)
                if (wide)
                    KERNEL(direct5_tile)(DIRECT_PIXELS, 2, line + x, image_row, weights + i, c,
                                         out + x * y_pixel, y_pixel);
                else
                    KERNEL(direct5_tile)(DIRECT_PIXELS, 1, line + x, image_row, weights + i, c,
                                         out + x * y_pixel, y_pixel);
            for (; x < w; x++)
                if (wide)
                    KERNEL(direct5_tile)(1, 2, line + x, image_row, weights + i, c,
                                         out + x * y_pixel, y_pixel);
                else
                    KERNEL(direct5_tile)(1, 1, line + x, image_row, weights + i, c,
                                         out + x * y_pixel, y_pixel);
        }
}

/* For each lane the tap kx of the window's pixel that it chose: place 0 and 1 read row, 2 and 3 the
 * row below, odd places one float further. */
#if VECTOR_LANES == 16
struct KERNEL(tap_table) { vf values; };
INLINE struct KERNEL(tap_table) KERNEL(tap_table)(const float *row, long image_row) {
    struct KERNEL(tap_table) table = {
        (vf)_mm512_insertf32x8(_mm512_castps256_ps512(_mm256_loadu_ps(row)),
                               _mm256_loadu_ps(row + image_row), 1)};
    return table;
}
INLINE vi KERNEL(tap_index)(vi place) { return (place >> 1) * 8 + (place & 1); }
INLINE vf KERNEL(tap)(const struct KERNEL(tap_table) *table, vi index, int kx) {
    return (vf)_mm512_permutexvar_ps((__m512i)(index + kx), (__m512)table->values);
}
#elif VECTOR_LANES == 8
struct KERNEL(tap_table) { vf left, right; }; /* columns 0 to 3 and 3 to 6 of both rows */
INLINE struct KERNEL(tap_table) KERNEL(tap_table)(const float *row, long image_row) {
    struct KERNEL(tap_table) table = {
        (vf)_mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(row)),
                                 _mm_loadu_ps(row + image_row), 1),
        (vf)_mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(row + 3)),
                                 _mm_loadu_ps(row + image_row + 3), 1)};
    return table;
}
INLINE vi KERNEL(tap_index)(vi place) { return (place >> 1) * 4 + (place & 1); }
INLINE vf KERNEL(tap)(const struct KERNEL(tap_table) *table, vi index, int kx) {
    return kx < 3 ? (vf)_mm256_permutevar8x32_ps((__m256)table->left, (__m256i)(index + kx))
                  : (vf)_mm256_permutevar8x32_ps((__m256)table->right, (__m256i)(index + (kx - 3)));
}
#else
struct KERNEL(tap_table) { const float *row; long image_row; };
INLINE struct KERNEL(tap_table) KERNEL(tap_table)(const float *row, long image_row) {
    struct KERNEL(tap_table) table = {row, image_row};
    return table;
}
INLINE vi KERNEL(tap_index)(vi place) { return place; }
INLINE vf KERNEL(tap)(const struct KERNEL(tap_table) *table, vi index, int kx) {
    const float *row = table->row + kx, *below = row + table->image_row;
    vf upper = SELECT(index == 0, (vf)(row[0]), (vf)(row[1]));
    vf lower = SELECT(index == 2, (vf)(below[0]), (vf)(below[1]));
    return SELECT(index < 2, upper, lower);
}
#endif

/* Rows of taps whose sums fit the registers. */
#if VECTOR_LANES == 16
#define TAP_ROWS 5
#else
#define TAP_ROWS 1
#endif

static void KERNEL(direct5_pool_gradient)(const float *image, long image_row, const float *g,
                                          const uint8_t *choice, long out_h, long out_w, long c,
                                          float *dw) {
    for (int first = 0; first < 5; first += TAP_ROWS)
        FOR_CHANNELS {
            vf sum[TAP_ROWS][5];
#pragma clang loop unroll(full)
            for (int ky = 0; ky < TAP_ROWS; ky++)
#pragma clang loop unroll(full)
                for (int kx = 0; kx < 5; kx++) sum[ky][kx] = (vf)(0.0f);
            for (long oy = 0; oy < out_h; oy++)
                for (long ox = 0; ox < out_w; ox++) {
                    long window = (oy * out_w + ox) * c;
                    vf gradient = AT(g + window);
                    vi index = KERNEL(tap_index)(KERNEL(load_bytes)(choice + window + i));
                    const float *patch = image + (2 * oy + first) * image_row + 2 * ox;
#pragma clang loop unroll(full)
                    for (int ky = 0; ky < TAP_ROWS; ky++) {
                        struct KERNEL(tap_table) table =
                            KERNEL(tap_table)(patch + ky * image_row, image_row);
#pragma clang loop unroll(full)
                        for (int kx = 0; kx < 5; kx++)
                            sum[ky][kx] += KERNEL(tap)(&table, index, kx) * gradient;
                    }
                }
#pragma clang loop unroll(full)
            for (int ky = 0; ky < TAP_ROWS; ky++)
#pragma clang loop unroll(full)
                for (int kx = 0; kx < 5; kx++) {
                    float *place = dw + ((first + ky) * 5 + kx) * c + i;
                    store(place, load(place) + sum[ky][kx]);
                }
        }
}

/* Columns of products of a row with the row dy below it, shifted by dx; for each first row of taps
 * ky the sum runs over the h rows from ky on. Then the columns of the pixels themselves. */
static void KERNEL(direct5_gram_columns)(const float *image, long image_row, long h, long lanes,
                                         float *q) {
    for (long x = 0; x < lanes; x += VECTOR_LANES) {
        float *out = q + x;
        for (int dy = 0; dy < 5; dy++)
            for (int dx = dy == 0 ? 0 : -4; dx < 5; dx++) {
                const float *upper = image + x, *lower = image + dy * image_row + dx + x;
                vf sum = (vf)(0.0f), other = (vf)(0.0f);
                for (long row = 0; row + 1 < h; row += 2) {
                    sum += load(upper + row * image_row) * load(lower + row * image_row);
                    other += load(upper + (row + 1) * image_row) *
                             load(lower + (row + 1) * image_row);
                }
                if (h % 2) sum += load(upper + (h - 1) * image_row) *
                                  load(lower + (h - 1) * image_row);
                sum += other;
                for (int ky = 0; ky < 5 - dy; ky++, out += lanes) {
                    store(out, load(out) + sum);
                    sum += load(upper + (ky + h) * image_row) * load(lower + (ky + h) * image_row) -
                           load(upper + ky * image_row) * load(lower + ky * image_row);
                }
            }
        vf sum = (vf)(0.0f);
        for (long row = 0; row < h; row++) sum += load(image + x + row * image_row);
        for (int ky = 0; ky < 5; ky++, out += lanes) {
            store(out, load(out) + sum);
            sum += load(image + x + (ky + h) * image_row) - load(image + x + ky * image_row);
        }
    }
}

#undef FOR_CHANNELS
#undef AT
#undef SELECT
#undef DIRECT_PIXELS
#undef TAP_ROWS
#undef load
#undef store
#undef vf
#undef vi
#undef INLINE
