#pragma once
#include "window.h"

/* Depthwise convolution of one image: every channel has a kernel of its own. Weights are
 * [k_h, k_w, c], and window.pixel is window.c. */

/* y[oy, ox, i] = bias[i] + sum of x at the taps * weights[tap, i]; bias may be null.
 *
 * flipped takes the taps from the last to the first: with an output's gradients as x this is the
 * input's gradient of a convolution of stride 1. */
void tessera_depthwise(const float *x, const tessera_window *window, const float *weights,
                       const float *bias, int flipped, float *y);

/* dx += the gradient in the image, for any stride. */
void tessera_depthwise_input_gradient(const float *dy, const tessera_window *window,
                                      const float *weights, float *dx);

/* dw[tap, i] += the sum over pixels of dy * x at the tap. */
void tessera_depthwise_weight_gradient(const float *x, const float *dy,
                                       const tessera_window *window, float *dw);

/* y[p, i * times + t] = x[p, i] */
void tessera_repeat_channels(const float *x, long pixels, long c, long times, float *y);

/* x[p, i] = sum over t of y[p, i * times + t] */
void tessera_sum_repeated_channels(const float *y, long pixels, long c, long times, float *x);
