/* Included once for each CPU level by variants.h; no include guard on purpose. */
#include "vectors.h"

#define AT(p) load((p) + i)
#define FOR_CHANNELS for (long i = 0; i < c; i += VECTOR_LANES)

typedef int KERNEL(vi) __attribute__((ext_vector_type(VECTOR_LANES)));
#define vi KERNEL(vi)
#define SELECT(test, yes, no) ((test) ? (yes) : (no))

/* Written so that NaN passes through. */
INLINE vf KERNEL(positive)(vf x) { return SELECT(x <= 0, (vf)(0.0f), x); }

/* ---- values ---------------------------------------------------------------------------------- */

/* The constants are compile-time ones at each call, so that the branches on them are gone. */
INLINE void KERNEL(map_strip)(const int other, const int affine, const int other_relu,
                              const int relu, const struct tessera_map *m, long h, long w, long c,
                              float *values, float *dst, long dst_row, long dst_pixel) {
    for (long row = 0; row < h; row++)
        for (long column = 0; column < w; column++) {
            long pixel = (row * w + column) * c;
            float *out = dst ? dst + row * dst_row + column * dst_pixel : 0;
            FOR_CHANNELS {
                vf value = AT(m->x + pixel) * AT(m->scale) + AT(m->shift);
                if (other) {
                    vf added = AT(m->other + pixel);
                    if (affine) added = added * AT(m->other_scale) + AT(m->other_shift);
                    if (other_relu) added = KERNEL(positive)(added);
                    value += added;
                }
                if (relu) value = KERNEL(positive)(value);
                if (values) store(values + pixel + i, value);
                if (out) store(out + i, m->mask ? value * AT(m->mask) : value);
            }
        }
}

static void KERNEL(map_values)(const struct tessera_map *m, long h, long w, long c, float *values,
                               float *dst, long dst_row, long dst_pixel) {
#define STRIP(other, affine, other_relu, relu)                                                    \
    KERNEL(map_strip)(other, affine, other_relu, relu, m, h, w, c, values, dst, dst_row, dst_pixel)
    if (!m->other && m->relu) STRIP(0, 0, 0, 1);
    else if (!m->other) STRIP(0, 0, 0, 0);
    else if (!m->other_scale && m->relu) STRIP(1, 0, 0, 1);
    else if (!m->other_scale) STRIP(1, 0, 0, 0);
    else if (m->other_relu && m->relu) STRIP(1, 1, 1, 1);
    else if (m->other_relu) STRIP(1, 1, 1, 0);
    else if (m->relu) STRIP(1, 1, 0, 1);
    else STRIP(1, 1, 0, 0);
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
                    value = SELECT(right > value, right, value);
                    below = SELECT(last > below, last, below);
                    value = SELECT(below > value, below, value);
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
INLINE void KERNEL(clear_sums)(const int width, struct KERNEL(gradient_sums) *s) {
#pragma clang loop unroll(full)
    for (int j = 0; j < width; j++) s->sum[j] = s->sum_x[j] = (vf)(0.0f);
}
INLINE void KERNEL(flush_sums)(const int width, struct KERNEL(gradient_sums) *s, double *sum,
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

INLINE void KERNEL(back_strip)(const int width, const int du, const int extra, const int relu,
                               const struct KERNEL(back) *b, long i) {
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
                if (du) gradient = load(b->du + row * b->du_row + column * b->du_pixel + at);
                if (extra) gradient += load(b->extra + pixel);
                if (m->mask) gradient *= load(m->mask + at);
                if (relu) {
                    vf final = b->values ? load(b->values + pixel)
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

INLINE void KERNEL(back_strips)(const int du, const int extra, const int relu,
                                const struct KERNEL(back) *b) {
    long i = 0;
    for (; i + 2 * VECTOR_LANES <= b->c; i += 2 * VECTOR_LANES)
        KERNEL(back_strip)(2, du, extra, relu, b, i);
    for (; i < b->c; i += VECTOR_LANES) KERNEL(back_strip)(1, du, extra, relu, b, i);
}

static void KERNEL(map_gradient)(const struct tessera_map *map, const float *values,
                                 const float *mean, const float *du, long du_row, long du_pixel,
                                 const float *extra, long h, long w, long c, float *g, double *sum,
                                 double *sum_x) {
    const struct KERNEL(back) b = {map,   values, mean, du, du_row, du_pixel, extra,
                                   h,     w,      c,    g,  sum,    sum_x};
    switch ((du ? 4 : 0) + (extra ? 2 : 0) + (map->relu ? 1 : 0)) {
    case 7: KERNEL(back_strips)(1, 1, 1, &b); break;
    case 6: KERNEL(back_strips)(1, 1, 0, &b); break;
    case 5: KERNEL(back_strips)(1, 0, 1, &b); break;
    case 4: KERNEL(back_strips)(1, 0, 0, &b); break;
    case 3: KERNEL(back_strips)(0, 1, 1, &b); break;
    case 2: KERNEL(back_strips)(0, 1, 0, &b); break;
    default: break;
    }
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
#undef load
#undef store
#undef vf
#undef vi
#undef INLINE
