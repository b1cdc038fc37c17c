/* Included once for each CPU level by variants.h; no include guard on purpose. */

/* Channels are taken in strips, for what is found so far to stay in registers. */
#define STRIP 32
#define INLINE static inline __attribute__((always_inline))

/* The part of a window that lies inside the image, in pixels of the image. */
typedef struct {
    long y0, y1, x0, x1;
} KERNEL(part);

INLINE KERNEL(part) KERNEL(inner_part)(const tessera_window *g, long oy, long ox) {
    KERNEL(part) p = {.y0 = oy * g->stride_h - g->padding_h, .x0 = ox * g->stride_w - g->padding_w};
    p.y1 = p.y0 + g->k_h < g->h ? p.y0 + g->k_h : g->h;
    p.x1 = p.x0 + g->k_w < g->w ? p.x0 + g->k_w : g->w;
    if (p.y0 < 0) p.y0 = 0;
    if (p.x0 < 0) p.x0 = 0;
    return p;
}

/* The place in the window of its pixel at row y, column x of the image. */
INLINE long KERNEL(place)(const tessera_window *g, long oy, long ox, long y, long x) {
    return (y - (oy * g->stride_h - g->padding_h)) * g->k_w + x - (ox * g->stride_w - g->padding_w);
}

/* ---- max-pool -------------------------------------------------------------------------------- */

INLINE void KERNEL(strip_max)(const float *x, const tessera_window *g, KERNEL(part) p, long first,
                              long width, float *y, uint8_t *argmax) {
    float best[STRIP];
    uint32_t places[STRIP];
    const float *corner = x + (p.y0 * g->w + p.x0) * g->c;
    for (long i = 0; i < width; i++) {
        best[i] = corner[i];
        places[i] = (uint32_t)first;
    }
    for (long row = p.y0; row < p.y1; row++)
        for (long column = p.x0; column < p.x1; column++) {
            const float *candidate = x + (row * g->w + column) * g->c;
            uint32_t place = (uint32_t)(first + (row - p.y0) * g->k_w + column - p.x0);
            for (long i = 0; i < width; i++) {
                /* NaN is above everything, and a later NaN above an earlier one. */
                int better = (candidate[i] > best[i]) | (candidate[i] != candidate[i]);
                places[i] = better ? place : places[i];
                best[i] = better ? candidate[i] : best[i];
            }
        }
    for (long i = 0; i < width; i++) {
        y[i] = best[i];
        argmax[i] = (uint8_t)places[i];
    }
}

static void KERNEL(max_pool)(const float *x, const tessera_window *g, float *y, uint8_t *argmax) {
    long c = g->c;
    for (long oy = 0; oy < g->out_h; oy++)
        for (long ox = 0; ox < g->out_w; ox++, y += c, argmax += c) {
            KERNEL(part) p = KERNEL(inner_part)(g, oy, ox);
            long i = 0, first = KERNEL(place)(g, oy, ox, p.y0, p.x0);
            for (; i + STRIP <= c; i += STRIP)
                KERNEL(strip_max)(x + i, g, p, first, STRIP, y + i, argmax + i);
            if (i < c) KERNEL(strip_max)(x + i, g, p, first, c - i, y + i, argmax + i);
        }
}

/* Up to this many places every pixel of a window is visited by whole vectors; beyond, each output
 * goes to its argmax alone. */
#define VISITED_PLACES 16

static void KERNEL(max_pool_gradient)(const float *restrict dy, const uint8_t *restrict argmax,
                                      const tessera_window *g, float *restrict dx) {
    long c = g->c;
    memset(dx, 0, (size_t)(g->h * g->w * c) * sizeof(float));
    for (long oy = 0; oy < g->out_h; oy++)
        for (long ox = 0; ox < g->out_w; ox++, dy += c, argmax += c) {
            if (g->k_h * g->k_w > VISITED_PLACES) {
                float *corner = dx + ((oy * g->stride_h - g->padding_h) * g->w + ox * g->stride_w -
                                      g->padding_w) *
                                         c;
                for (long i = 0; i < c; i++)
                    corner[(argmax[i] / g->k_w * g->w + argmax[i] % g->k_w) * c + i] += dy[i];
                continue;
            }
            KERNEL(part) p = KERNEL(inner_part)(g, oy, ox);
            for (long row = p.y0; row < p.y1; row++)
                for (long column = p.x0; column < p.x1; column++) {
                    uint32_t place = (uint32_t)KERNEL(place)(g, oy, ox, row, column);
                    float *pixel = dx + (row * g->w + column) * c;
                    for (long i = 0; i < c; i++) pixel[i] += argmax[i] == place ? dy[i] : 0.0f;
                }
        }
}

/* ---- average pools --------------------------------------------------------------------------- */

INLINE void KERNEL(strip_mean)(const float *x, long w, long c, KERNEL(part) p, long width,
                               float share, float *y) {
    float sum[STRIP] = {0};
    for (long row = p.y0; row < p.y1; row++)
        for (long column = p.x0; column < p.x1; column++)
            for (long i = 0; i < width; i++) sum[i] += x[(row * w + column) * c + i];
    for (long i = 0; i < width; i++) y[i] = sum[i] * share;
}

/* share * the sum over a part of the image. */
static void KERNEL(mean)(const float *x, long w, long c, KERNEL(part) p, float share, float *y) {
    long i = 0;
    for (; i + STRIP <= c; i += STRIP) KERNEL(strip_mean)(x + i, w, c, p, STRIP, share, y + i);
    if (i < c) KERNEL(strip_mean)(x + i, w, c, p, c - i, share, y + i);
}

static void KERNEL(add_mean_gradient)(const float *restrict dy, long w, long c, KERNEL(part) p,
                                      float share, float *restrict dx) {
    for (long row = p.y0; row < p.y1; row++)
        for (long column = p.x0; column < p.x1; column++)
            for (long i = 0; i < c; i++) dx[(row * w + column) * c + i] += share * dy[i];
}

INLINE float KERNEL(share)(const tessera_window *g, KERNEL(part) p, int count_padding) {
    long count = count_padding ? g->k_h * g->k_w : (p.y1 - p.y0) * (p.x1 - p.x0);
    return 1.0f / (float)count;
}

static void KERNEL(average_pool)(const float *x, const tessera_window *g, int count_padding,
                                 float *y) {
    for (long oy = 0; oy < g->out_h; oy++)
        for (long ox = 0; ox < g->out_w; ox++, y += g->c) {
            KERNEL(part) p = KERNEL(inner_part)(g, oy, ox);
            KERNEL(mean)(x, g->w, g->c, p, KERNEL(share)(g, p, count_padding), y);
        }
}

static void KERNEL(average_pool_gradient)(const float *dy, const tessera_window *g,
                                          int count_padding, float *dx) {
    memset(dx, 0, (size_t)(g->h * g->w * g->c) * sizeof(float));
    for (long oy = 0; oy < g->out_h; oy++)
        for (long ox = 0; ox < g->out_w; ox++, dy += g->c) {
            KERNEL(part) p = KERNEL(inner_part)(g, oy, ox);
            KERNEL(add_mean_gradient)(dy, g->w, g->c, p, KERNEL(share)(g, p, count_padding), dx);
        }
}

INLINE KERNEL(part)
    KERNEL(adaptive_part)(long h, long w, long out_h, long out_w, long oy, long ox) {
    return (KERNEL(part)){.y0 = oy * h / out_h,
                          .y1 = ((oy + 1) * h + out_h - 1) / out_h,
                          .x0 = ox * w / out_w,
                          .x1 = ((ox + 1) * w + out_w - 1) / out_w};
}

static void KERNEL(adaptive_average_pool)(const float *x, long h, long w, long c, long out_h,
                                          long out_w, float *y) {
    for (long oy = 0; oy < out_h; oy++)
        for (long ox = 0; ox < out_w; ox++, y += c) {
            KERNEL(part) p = KERNEL(adaptive_part)(h, w, out_h, out_w, oy, ox);
            KERNEL(mean)(x, w, c, p, 1.0f / (float)((p.y1 - p.y0) * (p.x1 - p.x0)), y);
        }
}

/* One mean of the whole image: each pixel has the same gradient. */
static void KERNEL(global_average_pool_gradient)(const float *restrict dy, long pixels, long c,
                                                 float *restrict dx) {
    float share = 1.0f / (float)pixels;
    for (long p = 0; p < pixels; p++)
        for (long i = 0; i < c; i++) dx[p * c + i] = share * dy[i];
}

static void KERNEL(adaptive_average_pool_gradient)(const float *dy, long h, long w, long c,
                                                   long out_h, long out_w, float *dx) {
    if (out_h == 1 && out_w == 1) {
        KERNEL(global_average_pool_gradient)(dy, h * w, c, dx);
        return;
    }
    memset(dx, 0, (size_t)(h * w * c) * sizeof(float));
    for (long oy = 0; oy < out_h; oy++)
        for (long ox = 0; ox < out_w; ox++, dy += c) {
            KERNEL(part) p = KERNEL(adaptive_part)(h, w, out_h, out_w, oy, ox);
            float share = 1.0f / (float)((p.y1 - p.y0) * (p.x1 - p.x0));
            KERNEL(add_mean_gradient)(dy, w, c, p, share, dx);
        }
}

#undef STRIP
#undef INLINE
#undef VISITED_PLACES
