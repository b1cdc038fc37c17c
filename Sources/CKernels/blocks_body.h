/* Included once for each CPU level by variants.h; no include guard on purpose. */
#include "vectors.h"

#define FOR_CHANNELS for (long i = 0; i < c; i += VECTOR_LANES)
#define AT(p) load((p) + i)

typedef int KERNEL(vi) __attribute__((ext_vector_type(VECTOR_LANES)));
typedef uint8_t KERNEL(vb) __attribute__((ext_vector_type(VECTOR_LANES), aligned(1), may_alias));
#define vi KERNEL(vi)
#define strip_sums KERNEL(strip_sums)
#define observed_map KERNEL(observed_map)
#define relu_map KERNEL(relu_map)
#define window_taps KERNEL(window_taps)
#define SELECT(test, yes, no) ((test) ? (yes) : (no))

/* Written so that NaN passes through. */
INLINE vf KERNEL(positive)(vf x) { return SELECT(x <= 0, (vf)(0.0f), x); }
/* The largest of a window's values, or NaN if one of them is: the comparisons lose those of the second
 * operand, and to ask for each at once costs less than another selection at each. */
INLINE vf KERNEL(largest)(vf a, vf b, vf c, vf d) {
    vf upper = SELECT(b > a, b, a), lower = SELECT(d > c, d, c);
    vi unordered = (a != a) | (b != b) | ((c != c) | (d != d));
    return SELECT(unordered, (vf)(NAN), SELECT(lower > upper, lower, upper));
}
INLINE vi KERNEL(load_bytes)(const uint8_t *p) {
    return __builtin_convertvector(*(const KERNEL(vb) *)p, vi);
}
INLINE void KERNEL(store_bytes)(uint8_t *p, vi value) {
    *(KERNEL(vb) *)p = __builtin_convertvector(value, KERNEL(vb));
}

/* ---- forward --------------------------------------------------------------------------------- */

/* What is the same for a whole image is a constant of an inlined function, so that no loop asks for it
 * again, whatever the compiler is told to optimise. */

INLINE void KERNEL(norm_relu_pixels)(const int masked, const float *x, long h, long w, long c,
                                     const float *scale, const float *shift, const float *mask,
                                     float *dst, long dst_row, long dst_pixel) {
    for (long y = 0; y < h; y++)
        for (long column = 0; column < w; column++, x += c) {
            float *pixel = dst + y * dst_row + column * dst_pixel;
            FOR_CHANNELS {
                vf value = KERNEL(positive)(AT(x) * AT(scale) + AT(shift));
                store(pixel + i, masked ? value * AT(mask) : value);
            }
        }
}

static void KERNEL(norm_relu_image)(const float *x, long h, long w, long c, const float *scale,
                                    const float *shift, const float *mask, float *dst, long dst_row,
                                    long dst_pixel) {
    if (mask)
        KERNEL(norm_relu_pixels)(1, x, h, w, c, scale, shift, mask, dst, dst_row, dst_pixel);
    else
        KERNEL(norm_relu_pixels)(0, x, h, w, c, scale, shift, mask, dst, dst_row, dst_pixel);
}

/* Sums of a strip of neighbouring vectors of channels, as many as stay in registers: in float32
 * over two rows, in double precision over those. */
#define STRIP 4
typedef struct {
    vf sum[STRIP], square[STRIP];
} strip_sums;
INLINE void KERNEL(clear_moments)(const int width, strip_sums *m) {
#pragma clang loop unroll(full)
    for (int j = 0; j < width; j++) m->sum[j] = m->square[j] = (vf)(0.0f);
}
INLINE void KERNEL(flush_moments)(const int width, strip_sums *m, double *sums, double *squares) {
#pragma clang loop unroll(full)
    for (int j = 0; j < width; j++)
#pragma clang loop unroll(full)
        for (int lane = 0; lane < VECTOR_LANES; lane++) {
            sums[j * VECTOR_LANES + lane] += m->sum[j][lane];
            squares[j * VECTOR_LANES + lane] += m->square[j][lane];
        }
    KERNEL(clear_moments)(width, m);
}

/* Calls a strip's function with a constant width: the widest that fits, then narrower ones. */
#define FOR_STRIPS(strip, ...)                                                                     \
    do {                                                                                           \
        long i = 0;                                                                                \
        for (; i + 4 * VECTOR_LANES <= c; i += 4 * VECTOR_LANES) strip(4, i, __VA_ARGS__);         \
        for (; i + 2 * VECTOR_LANES <= c; i += 2 * VECTOR_LANES) strip(2, i, __VA_ARGS__);         \
        for (; i < c; i += VECTOR_LANES) strip(1, i, __VA_ARGS__);                                 \
    } while (0)

/* The largest of a window's values after multiplication by direction: the first of equals. A NaN is
 * only looked for where asked: then it is what is found, as in a max-pool by itself. */
INLINE vf KERNEL(choose)(const int finds_nan, const vf v[4], vf direction, vi *place) {
    vf best = v[0], key = v[0] * direction;
    *place = (vi)(0);
#pragma clang loop unroll(full)
    for (int other = 1; other < 4; other++) {
        vf candidate = v[other] * direction;
        vi better = candidate > key;
        if (finds_nan) better |= candidate != candidate;
        key = SELECT(better, candidate, key);
        best = SELECT(better, v[other], best);
        *place = SELECT(better, (vi)(other), *place);
    }
    return best;
}

typedef struct {
    const float *y;
    long y_row, y_pixel, h, w, c;
    const float *center, *sign;
    int pool;
    float *z;
    uint8_t *argmax;
    float *kept;
    double *sum, *square;
} observed_map;

INLINE void KERNEL(observe_pixel)(const int width, const observed_map *o, long i, long row,
                                  long column, strip_sums *m) {
#pragma clang loop unroll(full)
    for (int j = 0; j < width; j++) {
        long at = i + j * VECTOR_LANES;
        vf value = load(o->y + row * o->y_row + column * o->y_pixel + at);
        vf deviation = value - load(o->center + at);
        m->sum[j] += deviation;
        m->square[j] += deviation * deviation;
        if (o->kept) store(o->kept + (row * o->w + column) * o->c + at, value);
    }
}

INLINE void KERNEL(pool_window)(const int width, const int finds_nan, const observed_map *o, long i,
                                long row, long column) {
    const float *corner = o->y + row * o->y_row + column * o->y_pixel;
    long window = (row / 2 * (o->w / 2) + column / 2) * o->c;
#pragma clang loop unroll(full)
    for (int j = 0; j < width; j++) {
        long at = i + j * VECTOR_LANES;
        vf v[4] = {load(corner + at), load(corner + o->y_pixel + at), load(corner + o->y_row + at),
                   load(corner + o->y_row + o->y_pixel + at)};
        vi place;
        store(o->z + window + at, KERNEL(choose)(finds_nan, v, load(o->sign + at), &place));
        KERNEL(store_bytes)(o->argmax + window + at, place);
    }
}

/* Whether there may be a NaN among the values that were summed: a sum never loses one. */
INLINE int KERNEL(has_nan)(const int width, const strip_sums *m) {
    vf total = m->sum[0];
    float sum = 0;
#pragma clang loop unroll(full)
    for (int j = 1; j < width; j++) total += m->sum[j];
#pragma clang loop unroll(full)
    for (int lane = 0; lane < VECTOR_LANES; lane++) sum += total[lane];
    return sum != sum;
}

INLINE void KERNEL(observe_strip)(const int width, long i, const observed_map *o) {
    strip_sums m;
    KERNEL(clear_moments)(width, &m);
    for (long row = 0; row < o->h; row += 2) {
        for (long column = 0; column < o->w; column += 2) {
            if (row + 1 == o->h || column + 1 == o->w) {
                for (long y = row; y < o->h && y < row + 2; y++)
                    for (long x = column; x < o->w && x < column + 2; x++)
                        KERNEL(observe_pixel)(width, o, i, y, x, &m);
                continue;
            }
            KERNEL(observe_pixel)(width, o, i, row, column, &m);
            KERNEL(observe_pixel)(width, o, i, row, column + 1, &m);
            KERNEL(observe_pixel)(width, o, i, row + 1, column, &m);
            KERNEL(observe_pixel)(width, o, i, row + 1, column + 1, &m);
            if (o->pool) KERNEL(pool_window)(width, 0, o, i, row, column);
        }
        /* To look for NaN in each window would cost a fifth of the time, and there is none. */
        if (o->pool && row + 1 < o->h && KERNEL(has_nan)(width, &m))
            for (long column = 0; column + 1 < o->w; column += 2)
                KERNEL(pool_window)(width, 1, o, i, row, column);
        KERNEL(flush_moments)(width, &m, o->sum + i, o->square + i);
    }
}

static void KERNEL(moments_pool)(const float *y, long y_row, long y_pixel, long h, long w, long c,
                                 const float *center, const float *sign, int pool, float *z,
                                 uint8_t *argmax, float *kept, double *sum, double *square) {
    const observed_map o = {y,    y_row, y_pixel, h,      w,    c,   center,
                            sign, pool,  z,       argmax, kept, sum, square};
    FOR_STRIPS(KERNEL(observe_strip), &o);
}

INLINE void KERNEL(bias_relu_pixels)(const int pool, const float *y, long y_row, long y_pixel,
                                     long h, long w, long c, const float *bias, float *dst,
                                     long dst_row, long dst_pixel) {
    const int step = pool ? 2 : 1;
    for (long row = 0; row < h / step; row++)
        for (long column = 0; column < w / step; column++) {
            const float *corner = y + step * (row * y_row + column * y_pixel);
            float *pixel = dst + row * dst_row + column * dst_pixel;
            FOR_CHANNELS {
                vf best = AT(corner);
                if (pool) {
                    vf right = AT(corner + y_pixel), below = AT(corner + y_row);
                    vf last = AT(corner + y_row + y_pixel);
                    best = KERNEL(largest)(best, right, below, last);
                }
                store(pixel + i, KERNEL(positive)(best + AT(bias)));
            }
        }
}

static void KERNEL(bias_relu_image)(const float *y, long y_row, long y_pixel, long h, long w,
                                    long c, const float *bias, int pool, float *dst, long dst_row,
                                    long dst_pixel) {
    if (pool)
        KERNEL(bias_relu_pixels)(1, y, y_row, y_pixel, h, w, c, bias, dst, dst_row, dst_pixel);
    else
        KERNEL(bias_relu_pixels)(0, y, y_row, y_pixel, h, w, c, bias, dst, dst_row, dst_pixel);
}

/* ---- backward -------------------------------------------------------------------------------- */

static void KERNEL(norm_pool_gradient_image)(const float *y, const float *g, const uint8_t *argmax,
                                             long h, long w, long c, const float *mean,
                                             const float *a, const float *b, const float *d,
                                             float *dst, long dst_row, long dst_pixel) {
    long even_h = h / 2 * 2, even_w = w / 2 * 2;
    for (long row = 0; row < even_h; row += 2)
        for (long column = 0; column < even_w; column += 2, g += c, argmax += c) {
            const float *corner = y + (row * w + column) * c;
            float *pixel = dst + row * dst_row + column * dst_pixel;
            FOR_CHANNELS {
                vf slope = AT(b), offset = AT(d) - AT(mean) * slope;
                vf gradient = AT(g) * AT(a);
                vi place = KERNEL(load_bytes)(argmax + i);
#pragma clang loop unroll(full)
                for (int p = 0; p < 4; p++) {
                    vf value = AT(corner + (p / 2 * w + p % 2) * c) * slope + offset;
                    vf share = SELECT(place == p, gradient, (vf)(0.0f));
                    store(pixel + p / 2 * dst_row + p % 2 * dst_pixel + i, value + share);
                }
            }
        }
    /* An odd last row or column is in no window, but the batch's mean and variance saw it. */
    for (long row = 0; row < h; row++)
        for (long column = row < even_h ? even_w : 0; column < w; column++) FOR_CHANNELS {
                vf slope = AT(b), offset = AT(d) - AT(mean) * slope;
                store(dst + row * dst_row + column * dst_pixel + i,
                      AT(y + (row * w + column) * c) * slope + offset);
            }
}

static void KERNEL(norm_gradient_image)(const float *y, const float *g, long h, long w, long c,
                                        const float *mean, const float *a, const float *b,
                                        const float *d, float *dst, long dst_row, long dst_pixel) {
    for (long row = 0; row < h; row++)
        for (long column = 0; column < w; column++, y += c, g += c) {
            float *pixel = dst + row * dst_row + column * dst_pixel;
            FOR_CHANNELS store(pixel + i, (AT(y) - AT(mean)) * AT(b) + (AT(g) * AT(a) + AT(d)));
        }
}

typedef struct {
    const float *x, *du;
    long du_row, du_pixel, h, w, c;
    const float *scale, *shift, *mean, *mask;
    float *g;
    double *sum, *sum_x;
} relu_map;

/* With `masked` there is a mask. */
INLINE void KERNEL(relu_gradient_strip)(const int width, long i, const int masked,
                                        const relu_map *r) {
    strip_sums m;
    KERNEL(clear_moments)(width, &m);
    for (long row = 0; row < r->h; row++) {
        for (long column = 0; column < r->w; column++)
#pragma clang loop unroll(full)
            for (int j = 0; j < width; j++) {
                long at = i + j * VECTOR_LANES, pixel = (row * r->w + column) * r->c + at;
                vf value = load(r->x + pixel);
                vf gradient = load(r->du + row * r->du_row + column * r->du_pixel + at);
                if (masked) gradient *= load(r->mask + at);
                vi open = value * load(r->scale + at) + load(r->shift + at) > 0;
                gradient = SELECT(open, gradient, (vf)(0.0f));
                store(r->g + pixel, gradient);
                m.sum[j] += gradient;
                m.square[j] += gradient * (value - load(r->mean + at));
            }
        if (row % 4 == 3 || row + 1 == r->h)
            KERNEL(flush_moments)(width, &m, r->sum + i, r->sum_x + i);
    }
}

static void KERNEL(relu_gradient_sums)(const float *x, const float *du, long du_row, long du_pixel,
                                       long h, long w, long c, const float *scale,
                                       const float *shift, const float *mean, const float *mask,
                                       float *g, double *sum, double *sum_x) {
    const relu_map r = {x, du, du_row, du_pixel, h, w, c, scale, shift, mean, mask, g, sum, sum_x};
    if (mask)
        FOR_STRIPS(KERNEL(relu_gradient_strip), 1, &r);
    else
        FOR_STRIPS(KERNEL(relu_gradient_strip), 0, &r);
}

/* ---- 5 x 5 convolution of one channel -------------------------------------------------------- */

#if VECTOR_LANES == 16
#define DIRECT_PIXELS 7
#else
#define DIRECT_PIXELS 4
#endif

/* Neighbouring pixels of a row, two vectors of channels or one. */
INLINE void KERNEL(direct5_tile)(const int pixels, const int width, const float *image,
                                 long image_row, const float *weights, long tap_step, float *y,
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
                tap[j] = load(weights + (ky * 5 + kx) * tap_step + j * VECTOR_LANES);
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

static void KERNEL(direct5)(const float *image, long image_row, const float *weights, long tap_step,
                            long rows, long w, long c, float *y, long y_row, long y_pixel) {
    for (long i = 0; i < c; i += 2 * VECTOR_LANES)
        for (long row = 0; row < rows; row++) {
            const float *line = image + row * image_row;
            float *out = y + row * y_row + i;
            int wide = i + 2 * VECTOR_LANES <= c;
            long x = 0;
            for (; x + DIRECT_PIXELS <= w; x += DIRECT_PIXELS)
                if (wide)
                    KERNEL(direct5_tile)(DIRECT_PIXELS, 2, line + x, image_row, weights + i,
                                         tap_step, out + x * y_pixel, y_pixel);
                else
                    KERNEL(direct5_tile)(DIRECT_PIXELS, 1, line + x, image_row, weights + i,
                                         tap_step, out + x * y_pixel, y_pixel);
            for (; x < w; x++)
                if (wide)
                    KERNEL(direct5_tile)(1, 2, line + x, image_row, weights + i, tap_step,
                                         out + x * y_pixel, y_pixel);
                else
                    KERNEL(direct5_tile)(1, 1, line + x, image_row, weights + i, tap_step,
                                         out + x * y_pixel, y_pixel);
        }
}

/* For each lane the tap kx of the window's pixel that it chose: place 0 and 1 read row, 2 and 3 the
 * row below, odd places one float further. */
#if VECTOR_LANES == 16
typedef struct {
    vf values;
} window_taps;
INLINE window_taps KERNEL(load_taps)(const float *row, long image_row) {
    window_taps table = {(vf)_mm512_insertf32x8(_mm512_castps256_ps512(_mm256_loadu_ps(row)),
                                                _mm256_loadu_ps(row + image_row), 1)};
    return table;
}
INLINE vi KERNEL(tap_index)(vi place) { return (place >> 1) * 8 + (place & 1); }
INLINE vf KERNEL(tap)(const window_taps *table, vi index, int kx) {
    return (vf)_mm512_permutexvar_ps((__m512i)(index + kx), (__m512)table->values);
}
#elif VECTOR_LANES == 8
typedef struct {
    vf left, right;
} window_taps; /* columns 0 to 3 and 3 to 6 of both rows */
INLINE window_taps KERNEL(load_taps)(const float *row, long image_row) {
    window_taps table = {(vf)_mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(row)),
                                                  _mm_loadu_ps(row + image_row), 1),
                         (vf)_mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(row + 3)),
                                                  _mm_loadu_ps(row + image_row + 3), 1)};
    return table;
}
INLINE vi KERNEL(tap_index)(vi place) { return (place >> 1) * 4 + (place & 1); }
INLINE vf KERNEL(tap)(const window_taps *table, vi index, int kx) {
    return kx < 3 ? (vf)_mm256_permutevar8x32_ps((__m256)table->left, (__m256i)(index + kx))
                  : (vf)_mm256_permutevar8x32_ps((__m256)table->right, (__m256i)(index + (kx - 3)));
}
#else
typedef struct {
    const float *row;
    long image_row;
} window_taps;
INLINE window_taps KERNEL(load_taps)(const float *row, long image_row) {
    window_taps table = {row, image_row};
    return table;
}
INLINE vi KERNEL(tap_index)(vi place) { return place; }
INLINE vf KERNEL(tap)(const window_taps *table, vi index, int kx) {
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
                                          const uint8_t *argmax, long out_h, long out_w, long c,
                                          float *dw) {
    for (int first = 0; first < 5; first += TAP_ROWS) FOR_CHANNELS {
            vf sum[TAP_ROWS][5];
#pragma clang loop unroll(full)
            for (int ky = 0; ky < TAP_ROWS; ky++)
#pragma clang loop unroll(full)
                for (int kx = 0; kx < 5; kx++) sum[ky][kx] = (vf)(0.0f);
            for (long oy = 0; oy < out_h; oy++)
                for (long ox = 0; ox < out_w; ox++) {
                    long window = (oy * out_w + ox) * c;
                    vf gradient = AT(g + window);
                    vi index = KERNEL(tap_index)(KERNEL(load_bytes)(argmax + window + i));
                    const float *patch = image + (2 * oy + first) * image_row + 2 * ox;
#pragma clang loop unroll(full)
                    for (int ky = 0; ky < TAP_ROWS; ky++) {
                        window_taps table = KERNEL(load_taps)(patch + ky * image_row, image_row);
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
                    other +=
                        load(upper + (row + 1) * image_row) * load(lower + (row + 1) * image_row);
                }
                if (h % 2)
                    sum += load(upper + (h - 1) * image_row) * load(lower + (h - 1) * image_row);
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
#undef FOR_STRIPS
#undef STRIP
#undef AT
#undef SELECT
#undef DIRECT_PIXELS
#undef TAP_ROWS
#undef load
#undef store
#undef vf
#undef vi
#undef strip_sums
#undef observed_map
#undef relu_map
#undef window_taps
#undef INLINE
