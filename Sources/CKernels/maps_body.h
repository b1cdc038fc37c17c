/* Included once for each CPU level by variants.h; no include guard on purpose. */
#include "vectors.h"

#define AT(p) load((p) + i)
#define FOR_CHANNELS for (long i = 0; i < c; i += VECTOR_LANES)

typedef int KERNEL(vi) __attribute__((ext_vector_type(VECTOR_LANES)));
#define vi KERNEL(vi)
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

/* ---- values ---------------------------------------------------------------------------------- */

/* What is the same for a whole map, constant at each call, so that the branches on it are gone. */
#define ADDS 1          /* another map is added, */
#define ADDS_AFFINE 2   /* after x * scale + shift, */
#define ADDS_POSITIVE 4 /* and max(0, .) */
#define RELU 8
#define KEEPS 16
#define WRITES 32
#define MASKS 64

INLINE void KERNEL(map_strip)(const int what, const struct tessera_map *m, long h, long w, long c,
                              float *values, float *dst, long dst_row, long dst_pixel) {
    for (long row = 0; row < h; row++)
        for (long column = 0; column < w; column++) {
            long pixel = (row * w + column) * c;
            float *out = dst + row * dst_row + column * dst_pixel;
            FOR_CHANNELS {
                vf value = AT(m->x + pixel) * AT(m->scale) + AT(m->shift);
                if (what & ADDS) {
                    vf added = AT(m->other + pixel);
                    if (what & ADDS_AFFINE) added = added * AT(m->other_scale) + AT(m->other_shift);
                    if (what & ADDS_POSITIVE) added = KERNEL(positive)(added);
                    value += added;
                }
                if (what & RELU) value = KERNEL(positive)(value);
                if (what & KEEPS) store(values + pixel + i, value);
                if (what & MASKS) value *= AT(m->mask);
                if (what & WRITES) store(out + i, value);
            }
        }
}

static void KERNEL(map_values)(const struct tessera_map *m, long h, long w, long c, float *values,
                               float *dst, long dst_row, long dst_pixel) {
    int what = (m->other ? ADDS : 0) | (m->other && m->other_scale ? ADDS_AFFINE : 0) |
               (m->other && m->other_scale && m->other_relu ? ADDS_POSITIVE : 0) |
               (m->relu ? RELU : 0) | (values ? KEEPS : 0) | (dst ? WRITES : 0) |
               (m->mask ? MASKS : 0);
#define STRIP(what)                                                                                \
    case what: KERNEL(map_strip)(what, m, h, w, c, values, dst, dst_row, dst_pixel); break;
    switch (what) {
        STRIP(WRITES)
        STRIP(ADDS | RELU | KEEPS | WRITES)
        STRIP(ADDS | KEEPS | WRITES)
        STRIP(ADDS | ADDS_AFFINE | RELU | KEEPS | WRITES)
        STRIP(ADDS | ADDS_AFFINE | ADDS_POSITIVE | RELU | KEEPS | WRITES)
    default: KERNEL(map_strip)(what, m, h, w, c, values, dst, dst_row, dst_pixel); break;
    }
#undef STRIP
}

static void KERNEL(map_fold)(const float *y, long y_row, long y_pixel, long h, long w, long c,
                             const float *bias, const float *other, int relu, int pool, float *dst,
                             long dst_row, long dst_pixel) {
    int step = pool ? 2 : 1;
    for (long row = 0; row < h / step; row++)
        for (long column = 0; column < w / step; column++) {
            const float *corner = y + step * (row * y_row + column * y_pixel);
            const float *added = other ? other + (row * w + column) * c : 0;
            float *pixel = dst + row * dst_row + column * dst_pixel;
            FOR_CHANNELS {
                vf value = AT(corner);
                if (pool) {
                    vf right = AT(corner + y_pixel), below = AT(corner + y_row);
                    vf last = AT(corner + y_row + y_pixel);
                    value = KERNEL(largest)(value, right, below, last);
                }
                value += AT(bias);
                if (added) value += AT(added);
                store(pixel + i, relu ? KERNEL(positive)(value) : value);
            }
        }
}

/* ---- gradient -------------------------------------------------------------------------------- */

/* Sums of neighbouring vectors of channels: in float32 over some rows, in double over those. */
#define WIDTH 4
struct KERNEL(gradient_sums) {
    vf sum[WIDTH], sum_x[WIDTH];
};
INLINE void KERNEL(clear_sums)(const int width, struct KERNEL(gradient_sums) * s) {
#pragma clang loop unroll(full)
    for (int j = 0; j < width; j++) s->sum[j] = s->sum_x[j] = (vf)(0.0f);
}
INLINE void KERNEL(flush_sums)(const int width, struct KERNEL(gradient_sums) * s, double *sum,
                               double *sum_x) {
#pragma clang loop unroll(full)
    for (int j = 0; j < width; j++)
#pragma clang loop unroll(full)
        for (int lane = 0; lane < VECTOR_LANES; lane++) {
            sum[j * VECTOR_LANES + lane] += s->sum[j][lane];
            sum_x[j * VECTOR_LANES + lane] += s->sum_x[j][lane];
        }
    KERNEL(clear_sums)(width, s);
}

struct KERNEL(back) {
    const struct tessera_map *map;
    const float *values, *mean, *du;
    long du_row, du_pixel;
    const float *extra;
    long h, w, c;
    float *g;
    double *sum, *sum_x;
};

/* As above: what is the same for a whole map. */
#define DIRECT 1 /* du is there, */
#define EXTRA 2  /* extra is */
#define STORED 4 /* ReLU's sign is that of the values, not of x * scale + shift */

INLINE void KERNEL(back_strip)(const int width, const int what, const struct KERNEL(back) * b,
                               long i) {
    const struct tessera_map *m = b->map;
    struct KERNEL(gradient_sums) sums;
    KERNEL(clear_sums)(width, &sums);
    for (long row = 0; row < b->h; row++) {
        for (long column = 0; column < b->w; column++)
#pragma clang loop unroll(full)
            for (int j = 0; j < width; j++) {
                long at = i + j * VECTOR_LANES, pixel = (row * b->w + column) * b->c + at;
                vf value = load(m->x + pixel);
                vf gradient = (vf)(0.0f);
                if (what & DIRECT)
                    gradient = load(b->du + row * b->du_row + column * b->du_pixel + at);
                if (what & EXTRA) gradient += load(b->extra + pixel);
                if (what & MASKS) gradient *= load(m->mask + at);
                if (what & RELU) {
                    vf final = what & STORED ? load(b->values + pixel)
                                             : value * load(m->scale + at) + load(m->shift + at);
                    gradient = SELECT(final > 0, gradient, (vf)(0.0f));
                }
                store(b->g + pixel, gradient);
                sums.sum[j] += gradient;
                sums.sum_x[j] += gradient * (value - load(b->mean + at));
            }
        if (row % 4 == 3 || row + 1 == b->h)
            KERNEL(flush_sums)(width, &sums, b->sum + i, b->sum_x + i);
    }
}

INLINE void KERNEL(back_strips)(const int what, const struct KERNEL(back) * b) {
    long i = 0;
    for (; i + 2 * VECTOR_LANES <= b->c; i += 2 * VECTOR_LANES) KERNEL(back_strip)(2, what, b, i);
    for (; i < b->c; i += VECTOR_LANES) KERNEL(back_strip)(1, what, b, i);
}

static void KERNEL(map_gradient)(const struct tessera_map *map, const float *values,
                                 const float *mean, const float *du, long du_row, long du_pixel,
                                 const float *extra, long h, long w, long c, float *g, double *sum,
                                 double *sum_x) {
    const struct KERNEL(back)
        b = {map, values, mean, du, du_row, du_pixel, extra, h, w, c, g, sum, sum_x};
    int what = (du ? DIRECT : 0) | (extra ? EXTRA : 0) | (map->relu ? RELU : 0) |
               (map->relu && values ? STORED : 0) | (map->mask ? MASKS : 0);
#define STRIPS(what)                                                                               \
    case what: KERNEL(back_strips)(what, &b); break;
    switch (what) {
        STRIPS(DIRECT)
        STRIPS(DIRECT | RELU)
        STRIPS(DIRECT | EXTRA)
        STRIPS(DIRECT | EXTRA | RELU)
        STRIPS(DIRECT | RELU | STORED)
        STRIPS(DIRECT | EXTRA | RELU | STORED)
    default: KERNEL(back_strips)(what, &b); break;
    }
#undef STRIPS
}

static void KERNEL(map_keep)(const float *du, long du_row, long du_pixel, long h, long w, long c,
                             int add, float *y) {
    for (long row = 0; row < h; row++)
        for (long column = 0; column < w; column++, y += c) {
            const float *pixel = du + row * du_row + column * du_pixel;
            FOR_CHANNELS store(y + i, add ? AT(y) + AT(pixel) : AT(pixel));
        }
}

#undef AT
#undef FOR_CHANNELS
#undef SELECT
#undef WIDTH
#undef ADDS
#undef ADDS_AFFINE
#undef ADDS_POSITIVE
#undef RELU
#undef KEEPS
#undef WRITES
#undef MASKS
#undef DIRECT
#undef EXTRA
#undef STORED
#undef load
#undef store
#undef vf
#undef vi
#undef INLINE
