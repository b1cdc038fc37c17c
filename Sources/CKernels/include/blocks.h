#pragma once
#include <stdint.h>

/* What lies between two convolutions, one sample at a time. Images have pixels of c floats, c a
 * multiple of 16, in rows of any stride (row, pixel: floats from one to the next). Arrays written
 * [h, w, c] are compact. Per-channel arrays have c elements. */

/* dst = max(0, x * scale + shift) * mask; x [h, w, c], mask may be null. */
void tessera_norm_relu_image(const float *x, long h, long w, long c, const float *scale,
                             const float *shift, const float *mask, float *dst, long dst_row,
                             long dst_pixel);

/* Adds the sums of (y - center) and of its squares to sum and square. Windows of 2 x 2 give z and
 * argmax [h/2, w/2, c]: the value with the largest sign * y (the first of equals), and its place.
 * kept, if not null, is a compact copy of y. With pool 0, z and argmax aren't touched. */
void tessera_moments_pool(const float *y, long y_row, long y_pixel, long h, long w, long c,
                          const float *center, const float *sign, int pool, float *z,
                          uint8_t *argmax, float *kept, double *sum, double *square);

/* The gradient in a batch norm's input, from the gradient in its output at the pixels that argmax
 * names: dst = (at the argmax ? a * g : 0) + b * (y - mean) + d; y [h, w, c], g and argmax [h/2, w/2, c]. */
void tessera_norm_pool_gradient_image(const float *y, const float *g, const uint8_t *argmax, long h,
                                      long w, long c, const float *mean, const float *a,
                                      const float *b, const float *d, float *dst, long dst_row,
                                      long dst_pixel);
/* The same without a pool: dst = a * g + b * (y - mean) + d; g [h, w, c]. */
void tessera_norm_gradient_image(const float *y, const float *g, long h, long w, long c,
                                 const float *mean, const float *a, const float *b, const float *d,
                                 float *dst, long dst_row, long dst_pixel);

/* Back through mask and ReLU: g = x * scale + shift > 0 ? du * mask : 0, and the sums of g and of
 * g * (x - mean), added to sum and sum_x; x and g [h, w, c]. */
void tessera_relu_gradient_sums(const float *x, const float *du, long du_row, long du_pixel, long h,
                                long w, long c, const float *scale, const float *shift,
                                const float *mean, const float *mask, float *g, double *sum,
                                double *sum_x);

/* dst = max(0, y + bias), with pool 1 the largest of each 2 x 2 window of it. */
void tessera_bias_relu_image(const float *y, long y_row, long y_pixel, long h, long w, long c,
                             const float *bias, int pool, float *dst, long dst_row, long dst_pixel);

/* ---- 5 x 5 convolution of one channel, stride 1 ---- */

/* y[rows, w, c] from rows of an image with a border of two zeros: image points to the top left tap
 * of the first output. Taps of weights [25, c] lie tap_step floats apart. */
void tessera_direct5(const float *image, long image_row, const float *weights, long tap_step,
                     long rows, long w, long c, float *y, long y_row, long y_pixel);

/* dw[25, c] += the patch at each window's argmax times g; g and argmax [out_h, out_w, c].
 * Rows of the image are readable for two floats beyond their border. */
void tessera_direct5_pool_gradient(const float *image, long image_row, const float *g,
                                   const uint8_t *argmax, long out_h, long out_w, long c,
                                   float *dw);

/* Sums over all 5 x 5 patches of an image of h x w outputs, as sums of columns:
 * q[pair of rows and shift][lane] += ... ; see tessera_direct5_gram. lanes is w + 4 rounded up to a
 * multiple of 16; rows are readable from 4 floats before to lanes + 4 floats after their begin. */
#define TESSERA_GRAM_COLUMNS 120
void tessera_direct5_gram_columns(const float *image, long image_row, long h, long lanes, float *q);

/* From the columns' sums: the sums of patches sum[25], and of their products gram[25, 25]. */
void tessera_direct5_gram(const float *q, long w, long lanes, double *sum, double *gram);
