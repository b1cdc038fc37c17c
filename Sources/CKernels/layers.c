#include "layers.h"

#define KERNEL_BODY "layers_body.h"
#include "variants.h"

void tessera_im2col(const float *image, const tessera_window *window, float *col) {
    DISPATCH(im2col, (image, window, col));
}
void tessera_col2im_add(const float *col, const tessera_window *window, float *image) {
    DISPATCH(col2im_add, (col, window, image));
}
void tessera_fill_rows(float *x, long rows, long c, const float *bias) {
    for (long r = 0; r < rows; r++) memcpy(x + r * c, bias, (size_t)c * sizeof(float));
}
void tessera_add_column_sums(const float *x, long rows, long c, float *sums) {
    DISPATCH(add_column_sums, (x, rows, c, sums));
}
void tessera_add(const float *x, float *y, long count) { DISPATCH(add, (x, y, count)); }
void tessera_row_moments(const float *x, long rows, long c, double *mean, double *m2) {
    DISPATCH(row_moments, (x, rows, c, mean, m2));
}
void tessera_affine_rows(const float *x, long rows, long c, const float *scale, const float *shift,
                         int relu, float *y) {
    DISPATCH(affine_rows, (x, rows, c, scale, shift, relu, y));
}
void tessera_norm_gradient_sums(const float *x, const float *dy, long rows, long c,
                                const float *mean, const float *scale, const float *shift, int relu,
                                double *sum_dy, double *sum_dy_xmu) {
    DISPATCH(norm_gradient_sums, (x, dy, rows, c, mean, scale, shift, relu, sum_dy, sum_dy_xmu));
}
void tessera_norm_gradient(const float *x, const float *dy, long rows, long c, const float *mean,
                           const float *scale, const float *shift, int relu, const float *a,
                           const float *b, const float *d, float *dx) {
    DISPATCH(norm_gradient, (x, dy, rows, c, mean, scale, shift, relu, a, b, d, dx));
}
void tessera_norm_relu_pool(const float *x, long h, long w, long c, const float *scale,
                            const float *shift, float *y, uint8_t *argmax) {
    if (argmax)
        DISPATCH(norm_relu_pool, (x, h, w, c, scale, shift, y, argmax));
    else
        DISPATCH(norm_relu_pool_evaluation, (x, h, w, c, scale, shift, y));
}
void tessera_norm_relu_pool_gradient_sums(const float *x, const float *dy, const uint8_t *argmax,
                                          long samples, long h, long w, long c, const float *mean,
                                          double *sum_dy, double *sum_dy_xmu) {
    DISPATCH(norm_relu_pool_gradient_sums,
             (x, dy, argmax, samples, h, w, c, mean, sum_dy, sum_dy_xmu));
}
void tessera_norm_relu_pool_gradient(const float *x, const float *dy, const uint8_t *argmax, long h,
                                     long w, long c, const float *mean, const float *a,
                                     const float *b, const float *d, float *dx) {
    DISPATCH(norm_relu_pool_gradient, (x, dy, argmax, h, w, c, mean, a, b, d, dx));
}
void tessera_relu(const float *x, long count, float *y) { DISPATCH(relu, (x, count, y)); }
void tessera_relu_gradient(const float *y, const float *dy, long count, float *dx) {
    DISPATCH(relu_gradient, (y, dy, count, dx));
}
void tessera_scale_rows(const float *x, long rows, long c, const float *mask, float *y) {
    DISPATCH(scale_rows, (x, rows, c, mask, y));
}
void tessera_warp_normalize(const uint8_t *image, long h, long w, long c, const float m[6],
                            const float *mean, const float *inverse_std, float *out) {
    if (c == 1)
        DISPATCH(warp_normalize, (image, h, w, m, mean[0], inverse_std[0], out));
    else
        DISPATCH(warp_normalize_channels, (image, h, w, c, m, mean, inverse_std, out));
}
