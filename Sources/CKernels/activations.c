#include "activations.h"

#define FULL_WIDTH_VECTORS
#define KERNEL_BODY "activations_body.h"
#include "variants.h"

void tessera_exp(const float *x, long count, float *y) { DISPATCH(map_exp, (x, count, y)); }
void tessera_erf(const float *x, long count, float *y) { DISPATCH(map_erf, (x, count, y)); }
void tessera_tanh(const float *x, long count, float *y) { DISPATCH(map_tanh, (x, count, y)); }
void tessera_sigmoid(const float *x, long count, float *y) { DISPATCH(map_sigmoid, (x, count, y)); }
void tessera_silu(const float *x, long count, float *y) { DISPATCH(map_silu, (x, count, y)); }
void tessera_gelu(const float *x, long count, float *y) { DISPATCH(map_gelu, (x, count, y)); }
void tessera_gelu_tanh(const float *x, long count, float *y) {
    DISPATCH(map_gelu_tanh, (x, count, y));
}
void tessera_leaky_relu(const float *x, long count, float slope, float *y) {
    DISPATCH(leaky_relu, (x, count, slope, y));
}
void tessera_tanh_gradient(const float *y, const float *dy, long count, float *dx) {
    DISPATCH(back_tanh, (y, dy, count, dx));
}
void tessera_sigmoid_gradient(const float *y, const float *dy, long count, float *dx) {
    DISPATCH(back_sigmoid, (y, dy, count, dx));
}
void tessera_silu_gradient(const float *x, const float *dy, long count, float *dx) {
    DISPATCH(back_silu, (x, dy, count, dx));
}
void tessera_gelu_gradient(const float *x, const float *dy, long count, float *dx) {
    DISPATCH(back_gelu, (x, dy, count, dx));
}
void tessera_gelu_tanh_gradient(const float *x, const float *dy, long count, float *dx) {
    DISPATCH(back_gelu_tanh, (x, dy, count, dx));
}
void tessera_leaky_relu_gradient(const float *x, const float *dy, long count, float slope,
                                 float *dx) {
    DISPATCH(leaky_relu_gradient, (x, dy, count, slope, dx));
}
