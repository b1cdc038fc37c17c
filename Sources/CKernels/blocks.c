#include "blocks.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define KERNEL_BODY "blocks_body.h"
#define FULL_WIDTH_VECTORS
#include "variants.h"

void tessera_norm_relu_image(const float *x, long h, long w, long c, const float *scale,
                             const float *shift, const float *mask, float *dst, long dst_row,
                             long dst_pixel) {
    DISPATCH(norm_relu_image, (x, h, w, c, scale, shift, mask, dst, dst_row, dst_pixel));
}
void tessera_moments_pool(const float *y, long y_row, long y_pixel, long h, long w, long c,
                          const float *center, const float *sign, int pool, float *z,
                          uint8_t *argmax, float *kept, double *sum, double *square) {
    DISPATCH(moments_pool,
             (y, y_row, y_pixel, h, w, c, center, sign, pool, z, argmax, kept, sum, square));
}
void tessera_norm_pool_gradient_image(const float *y, const float *g, const uint8_t *argmax, long h,
                                      long w, long c, const float *mean, const float *a,
                                      const float *b, const float *d, float *dst, long dst_row,
                                      long dst_pixel) {
    DISPATCH(norm_pool_gradient_image,
             (y, g, argmax, h, w, c, mean, a, b, d, dst, dst_row, dst_pixel));
}
void tessera_norm_gradient_image(const float *y, const float *g, long h, long w, long c,
                                 const float *mean, const float *a, const float *b, const float *d,
                                 float *dst, long dst_row, long dst_pixel) {
    DISPATCH(norm_gradient_image, (y, g, h, w, c, mean, a, b, d, dst, dst_row, dst_pixel));
}
void tessera_relu_gradient_sums(const float *x, const float *du, long du_row, long du_pixel, long h,
                                long w, long c, const float *scale, const float *shift,
                                const float *mean, const float *mask, float *g, double *sum,
                                double *sum_x) {
    DISPATCH(relu_gradient_sums,
             (x, du, du_row, du_pixel, h, w, c, scale, shift, mean, mask, g, sum, sum_x));
}
void tessera_bias_relu_image(const float *y, long y_row, long y_pixel, long h, long w, long c,
                             const float *bias, int pool, float *dst, long dst_row,
                             long dst_pixel) {
    DISPATCH(bias_relu_image, (y, y_row, y_pixel, h, w, c, bias, pool, dst, dst_row, dst_pixel));
}
void tessera_direct5(const float *image, long image_row, const float *weights, long tap_step,
                     long rows, long w, long c, float *y, long y_row, long y_pixel) {
    DISPATCH(direct5, (image, image_row, weights, tap_step, rows, w, c, y, y_row, y_pixel));
}
void tessera_direct5_pool_gradient(const float *image, long image_row, const float *g,
                                   const uint8_t *argmax, long out_h, long out_w, long c,
                                   float *dw) {
    DISPATCH(direct5_pool_gradient, (image, image_row, g, argmax, out_h, out_w, c, dw));
}
void tessera_direct5_gram_columns(const float *image, long image_row, long h, long lanes,
                                  float *q) {
    DISPATCH(direct5_gram_columns, (image, image_row, h, lanes, q));
}

/* The sums over the w columns that a first tap kx sees. */
static double columns_from(const float *q, int kx, long w) {
    double sum = 0;
    for (long x = kx; x < kx + w; x++) sum += q[x];
    return sum;
}

void tessera_direct5_gram(const float *q, long w, long lanes, double *sum, double *gram) {
    for (int dy = 0; dy < 5; dy++)
        for (int dx = dy == 0 ? 0 : -4; dx < 5; dx++)
            for (int ky = 0; ky < 5 - dy; ky++, q += lanes)
                for (int kx = dx < 0 ? -dx : 0; kx < 5 && kx + dx < 5; kx++) {
                    int tap = ky * 5 + kx, other = (ky + dy) * 5 + kx + dx;
                    gram[tap * 25 + other] = gram[other * 25 + tap] = columns_from(q, kx, w);
                }
    for (int ky = 0; ky < 5; ky++, q += lanes)
        for (int kx = 0; kx < 5; kx++) sum[ky * 5 + kx] = columns_from(q, kx, w);
}
