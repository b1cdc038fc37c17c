#pragma once

/* Maps of a graph between fused convolutions: what is done to a convolution's output on its way to its
 * readers, with another map added to it, and back. One sample at a time; images have pixels of c floats,
 * c a multiple of 16, in rows of any stride. Arrays written [h, w, c] are compact; those by channel have
 * c elements. */

struct tessera_map {
    const float *x;             /* [h, w, c] */
    const float *scale, *shift; /* by channel */
    const float *other;         /* [h, w, c], added to x * scale + shift; null for none */
    const float *other_scale;   /* by channel: other * other_scale + other_shift is added; null */
    const float *other_shift;   /* for other as it is */
    int other_relu;             /* max(0, .) of that first */
    int relu;                   /* max(0, .) of the sum */
    const float *mask;          /* by channel, multiplied last; null for ones */
};

/* Writes the map's values: compact to `values` (without the mask) and with it into the image at dst,
 * where these aren't null. */
void tessera_map_values(const struct tessera_map *map, long h, long w, long c, float *values,
                        float *dst, long dst_row, long dst_pixel);

/* The gradient g [h, w, c] in the sum, from that in the values: du (an image) and extra (compact), either
 * of which may be null, are added; times the mask; 0 where ReLU closed, which `values` tells if not null,
 * x * scale + shift else. Adds Σ g to sum and Σ g * (x - mean) to sum_x, by channel. */
void tessera_map_gradient(const struct tessera_map *map, const float *values, const float *mean,
                          const float *du, long du_row, long du_pixel, const float *extra, long h,
                          long w, long c, float *g, double *sum, double *sum_x);

/* dst = y + bias + other, of which relu takes the positive part, and pool the largest of each 2 x 2
 * window; other [h, w, c] may be null, and isn't pooled. */
void tessera_map_fold(const float *y, long y_row, long y_pixel, long h, long w, long c,
                      const float *bias, const float *other, int relu, int pool, float *dst,
                      long dst_row, long dst_pixel);

/* y (+)= du, an image, compact. */
void tessera_map_keep(const float *du, long du_row, long du_pixel, long h, long w, long c, int add,
                      float *y);
