#include "norms.h"

#define KERNEL_BODY "norms_body.h"
#include "variants.h"

void tessera_group_moments(const float *x, long rows, long stride, long width, double *mean,
                           double *m2) {
    DISPATCH(group_moments, (x, rows, stride, width, mean, m2));
}
void tessera_layer_norm(const float *x, long count, float mean, float inverse, const float *weight,
                        const float *bias, float *y) {
    DISPATCH(layer_norm, (x, count, mean, inverse, weight, bias, y));
}
void tessera_layer_norm_sums(const float *x, const float *dy, long count, float mean,
                             const float *weight, double *sum, double *sum_xmu) {
    DISPATCH(layer_norm_sums, (x, dy, count, mean, weight, sum, sum_xmu));
}
void tessera_layer_norm_gradient(const float *x, const float *dy, long count, float mean,
                                 const float *weight, float a, float b, float d, float *dx) {
    DISPATCH(layer_norm_gradient, (x, dy, count, mean, weight, a, b, d, dx));
}
void tessera_layer_norm_weight_gradient(const float *x, const float *dy, long count, float mean,
                                        float inverse, float *dweight, float *dbias) {
    DISPATCH(layer_norm_weight_gradient, (x, dy, count, mean, inverse, dweight, dbias));
}
