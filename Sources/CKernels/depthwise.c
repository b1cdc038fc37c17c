#include "depthwise.h"

#define FULL_WIDTH_VECTORS
#define KERNEL_BODY "depthwise_body.h"
#include "variants.h"

void tessera_depthwise(const float *x, const tessera_window *window, const float *weights,
                       const float *bias, int flipped, float *y) {
    DISPATCH(depthwise, (x, window, weights, bias, flipped, y));
}
void tessera_depthwise_input_gradient(const float *dy, const tessera_window *window,
                                      const float *weights, float *dx) {
    DISPATCH(depthwise_input_gradient, (dy, window, weights, dx));
}
void tessera_depthwise_weight_gradient(const float *x, const float *dy,
                                       const tessera_window *window, float *dw) {
    DISPATCH(depthwise_weight_gradient, (x, dy, window, dw));
}
void tessera_repeat_channels(const float *x, long pixels, long c, long times, float *y) {
    for (long i = 0; i < pixels * c; i++)
        for (long t = 0; t < times; t++) y[i * times + t] = x[i];
}
void tessera_sum_repeated_channels(const float *y, long pixels, long c, long times, float *x) {
    for (long i = 0; i < pixels * c; i++) {
        float sum = 0;
        for (long t = 0; t < times; t++) sum += y[i * times + t];
        x[i] = sum;
    }
}
