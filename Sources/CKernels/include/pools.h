#pragma once
#include "window.h"
#include <stdint.h>

/* Pools of one image; a window's dilation is one, and its pixel is its c. */

/* The largest value of each window; what lies outside the image doesn't count. argmax is the place
 * in the whole window, row by row; the first of equals, and NaN is above everything. */
void tessera_max_pool(const float *x, const tessera_window *window, float *y, uint8_t *argmax);
/* dx is overwritten. */
void tessera_max_pool_gradient(const float *dy, const uint8_t *argmax, const tessera_window *window,
                               float *dx);

/* The mean of each window, zeros outside the image counted or left out; dx is overwritten. */
void tessera_average_pool(const float *x, const tessera_window *window, int count_padding,
                          float *y);
void tessera_average_pool_gradient(const float *dy, const tessera_window *window, int count_padding,
                                   float *dx);

/* Adaptive average pool of one image: window i is floor(i*h/out_h) ..< ceil((i+1)*h/out_h). */
void tessera_adaptive_average_pool(const float *x, long h, long w, long c, long out_h, long out_w,
                                   float *y);
void tessera_adaptive_average_pool_gradient(const float *dy, long h, long w, long c, long out_h,
                                            long out_w, float *dx);
