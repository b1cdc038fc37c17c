#pragma once
#include "window.h"
#include <stdint.h>

/* Activations are NHWC: a pixel's channels lie together. "rows" are pixels, "c" channels a pixel. */

/* im2col: an image [h, w, pixel], of which c channels are taken, to patches
 * [out_h * out_w, k_h * k_w * c]; outside is zero. */
void tessera_im2col(const float *image, const tessera_window *window, float *col);

/* Adds patches back to the image they came from: the adjoint of im2col. */
void tessera_col2im_add(const float *col, const tessera_window *window, float *image);

/* Sets each of rows to bias[c]. */
void tessera_fill_rows(float *x, long rows, long c, const float *bias);

/* sums[c] += the sum over rows. */
void tessera_add_column_sums(const float *x, long rows, long c, float *sums);

/* y[i] += x[i] */
void tessera_add(const float *x, float *y, long count);

/* mean[c] and the sum of squared deviations m2[c] over rows, two passes, sums in blocks. */
void tessera_row_moments(const float *x, long rows, long c, double *mean, double *m2);

/* y = x * scale[c] + shift[c], at least zero when relu is set; y may be x. */
void tessera_affine_rows(const float *x, long rows, long c, const float *scale, const float *shift,
                         int relu, float *y);

/* sum_dy[c] = sum of dy, sum_dy_xmu[c] = sum of dy * (x - mean[c]). With relu set, dy counts only
 * where x * scale[c] + shift[c] > 0. */
void tessera_norm_gradient_sums(const float *x, const float *dy, long rows, long c,
                                const float *mean, const float *scale, const float *shift, int relu,
                                double *sum_dy, double *sum_dy_xmu);

/* dx = a[c] * dy + b[c] * (x - mean[c]) + d[c]; relu as above; dx may be x or dy. */
void tessera_norm_gradient(const float *x, const float *dy, long rows, long c, const float *mean,
                           const float *scale, const float *shift, int relu, const float *a,
                           const float *b, const float *d, float *dx);

/* Batch norm, ReLU and 2x2 max-pool of one image in one pass. argmax[i] is the place of the
 * largest of the four, or 4 where ReLU gave zero; argmax may be null. */
void tessera_norm_relu_pool(const float *x, long h, long w, long c, const float *scale,
                            const float *shift, float *y, uint8_t *argmax);

/* The sums of tessera_norm_gradient_sums over samples with the pooled gradient
 * dy [samples, h/2, w/2, c]. */
void tessera_norm_relu_pool_gradient_sums(const float *x, const float *dy, const uint8_t *argmax,
                                          long samples, long h, long w, long c, const float *mean,
                                          double *sum_dy, double *sum_dy_xmu);

/* The gradient through all three; dx may be x. */
void tessera_norm_relu_pool_gradient(const float *x, const float *dy, const uint8_t *argmax, long h,
                                     long w, long c, const float *mean, const float *a,
                                     const float *b, const float *d, float *dx);

void tessera_relu(const float *x, long count, float *y);
/* dx = dy where y > 0, else 0; dx may be dy. */
void tessera_relu_gradient(const float *y, const float *dy, long count, float *dx);

/* y = x * mask[c] for each row; y may be x. */
void tessera_scale_rows(const float *x, long rows, long c, const float *mask, float *y);

/* Affine warp of a byte image [h, w, c] with bilinear sampling, then (value - mean[c]) * inverse_std[c]
 * with value in [0,1]. Output pixel (row, col) reads the source at
 *   x = m[0] * col + m[1] * row + m[2],  y = m[3] * col + m[4] * row + m[5];  outside is zero. */
void tessera_warp_normalize(const uint8_t *image, long h, long w, long c, const float m[6],
                            const float *mean, const float *inverse_std, float *out);
