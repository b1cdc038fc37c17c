#include "pools.h"

#define KERNEL_BODY "pools_body.h"
#include "variants.h"

void tessera_max_pool(const float *x, const tessera_window *window, float *y, uint8_t *argmax) {
    DISPATCH(max_pool, (x, window, y, argmax));
}
void tessera_max_pool_gradient(const float *dy, const uint8_t *argmax, const tessera_window *window,
                               float *dx) {
    DISPATCH(max_pool_gradient, (dy, argmax, window, dx));
}
void tessera_average_pool(const float *x, const tessera_window *window, int count_padding,
                          float *y) {
    DISPATCH(average_pool, (x, window, count_padding, y));
}
void tessera_average_pool_gradient(const float *dy, const tessera_window *window, int count_padding,
                                   float *dx) {
    DISPATCH(average_pool_gradient, (dy, window, count_padding, dx));
}
void tessera_adaptive_average_pool(const float *x, long h, long w, long c, long out_h, long out_w,
                                   float *y) {
    DISPATCH(adaptive_average_pool, (x, h, w, c, out_h, out_w, y));
}
void tessera_adaptive_average_pool_gradient(const float *dy, long h, long w, long c, long out_h,
                                            long out_w, float *dx) {
    DISPATCH(adaptive_average_pool_gradient, (dy, h, w, c, out_h, out_w, dx));
}
