#pragma once

/* Element by element; y may be x, and dx may be x, y or dy. Infinities, NaN and values beyond a
 * function's range give what the function itself gives; results below the smallest normal number may
 * be zero. */

void tessera_exp(const float *x, long count, float *y);
void tessera_erf(const float *x, long count, float *y);
void tessera_tanh(const float *x, long count, float *y);
/* 1 / (1 + exp(-x)) */
void tessera_sigmoid(const float *x, long count, float *y);

/* x where x > 0, else slope * x. */
void tessera_leaky_relu(const float *x, long count, float slope, float *y);
/* x * sigmoid(x) */
void tessera_silu(const float *x, long count, float *y);
/* x * (1 + erf(x / sqrt 2)) / 2 */
void tessera_gelu(const float *x, long count, float *y);
/* x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3))) / 2 */
void tessera_gelu_tanh(const float *x, long count, float *y);

/* Gradients from the output ... */
void tessera_tanh_gradient(const float *y, const float *dy, long count, float *dx);
void tessera_sigmoid_gradient(const float *y, const float *dy, long count, float *dx);
/* ... from either, whose signs are the same unless slope is negative ... */
void tessera_leaky_relu_gradient(const float *x, const float *dy, long count, float slope,
                                 float *dx);
/* ... or from the input. */
void tessera_silu_gradient(const float *x, const float *dy, long count, float *dx);
void tessera_gelu_gradient(const float *x, const float *dy, long count, float *dx);
void tessera_gelu_tanh_gradient(const float *x, const float *dy, long count, float *dx);
