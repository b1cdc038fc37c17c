/* Included once for each CPU level by variants.h; no include guard on purpose. */

/* Sums are in double precision and may be reordered into vector lanes. */

static void KERNEL(group_moments)(const float *x, long rows, long stride, long width, double *mean,
                                  double *m2) {
    REASSOCIATE
    double sum = 0;
    for (long r = 0; r < rows; r++)
        for (long i = 0; i < width; i++) sum += (double)x[r * stride + i];
    double center = sum / (double)(rows * width), squares = 0;
    for (long r = 0; r < rows; r++)
        for (long i = 0; i < width; i++) {
            double deviation = (double)x[r * stride + i] - center;
            squares += deviation * deviation;
        }
    *mean = center;
    *m2 = squares;
}

static void KERNEL(layer_norm)(const float *x, long count, float mean, float inverse,
                               const float *weight, const float *bias, float *y) {
#pragma clang loop vectorize(assume_safety)
    for (long i = 0; i < count; i++) y[i] = (x[i] - mean) * inverse * weight[i] + bias[i];
}

static void KERNEL(layer_norm_sums)(const float *x, const float *dy, long count, float mean,
                                    const float *weight, double *sum, double *sum_xmu) {
    REASSOCIATE
    double total = 0, total_xmu = 0;
    for (long i = 0; i < count; i++) {
        float g = dy[i] * weight[i];
        total += (double)g;
        total_xmu += (double)g * (double)(x[i] - mean);
    }
    *sum = total;
    *sum_xmu = total_xmu;
}

static void KERNEL(layer_norm_gradient)(const float *x, const float *dy, long count, float mean,
                                        const float *weight, float a, float b, float d, float *dx) {
#pragma clang loop vectorize(assume_safety)
    for (long i = 0; i < count; i++) dx[i] = a * (dy[i] * weight[i]) + b * (x[i] - mean) + d;
}

static void KERNEL(layer_norm_weight_gradient)(const float *restrict x, const float *restrict dy,
                                               long count, float mean, float inverse,
                                               float *restrict dweight, float *restrict dbias) {
    for (long i = 0; i < count; i++) {
        dweight[i] += dy[i] * ((x[i] - mean) * inverse);
        dbias[i] += dy[i];
    }
}
