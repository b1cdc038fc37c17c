#pragma once

/* Normalisation of single samples. A group is rows x width values, rows stride floats apart. */

/* The mean, and the sum of squared deviations from it, in double precision and two passes. */
void tessera_group_moments(const float *x, long rows, long stride, long width, double *mean,
                           double *m2);

/* y = (x - mean) * inverse * weight[i] + bias[i]; y may be x. */
void tessera_layer_norm(const float *x, long count, float mean, float inverse, const float *weight,
                        const float *bias, float *y);

/* sum = the sum of g, sum_xmu = the sum of g * (x - mean), with g = dy * weight[i]. */
void tessera_layer_norm_sums(const float *x, const float *dy, long count, float mean,
                             const float *weight, double *sum, double *sum_xmu);

/* dx = a * dy * weight[i] + b * (x - mean) + d; dx may be x or dy. */
void tessera_layer_norm_gradient(const float *x, const float *dy, long count, float mean,
                                 const float *weight, float a, float b, float d, float *dx);

/* dweight[i] += dy * (x - mean) * inverse, dbias[i] += dy. */
void tessera_layer_norm_weight_gradient(const float *x, const float *dy, long count, float mean,
                                        float inverse, float *dweight, float *dbias);
