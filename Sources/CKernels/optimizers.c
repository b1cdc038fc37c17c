#include "optimizers.h"

#define KERNEL_BODY "optimizers_body.h"
#include "variants.h"

void tessera_sgd(float *p, const float *g, float *buffer, long count,
                 const struct tessera_sgd_scalars *scalars) {
    DISPATCH(sgd, (p, g, buffer, count, scalars));
}
void tessera_adam(float *p, const float *g, float *mean, float *square, long count,
                  const struct tessera_adam_scalars *scalars) {
    DISPATCH(adam, (p, g, mean, square, count, scalars));
}
void tessera_rmsprop(float *p, const float *g, float *square, float *mean, float *buffer,
                     long count, const struct tessera_rmsprop_scalars *scalars) {
    DISPATCH(rmsprop, (p, g, square, mean, buffer, count, scalars));
}
void tessera_squared_sum(const float *x, long count, double *sum) {
    DISPATCH(squared_sum, (x, count, sum));
}
void tessera_scale(float *x, long count, float factor) { DISPATCH(scale, (x, count, factor)); }
void tessera_lerp(float *y, const float *x, long count, float weight) {
    DISPATCH(lerp, (y, x, count, weight));
}
