#pragma once

/* Update rules over flat parameters p and gradients g; each element is on its own, so ranges may be
 * cut anywhere without changing a bit of the result. */

/* Scalars of one step, worked out in double and rounded once, as PyTorch hands them to its loops. */
struct tessera_sgd_scalars {
    float learning_rate, momentum, weight_decay;
    int nesterov;
};

struct tessera_adam_scalars {
    float parameter_decay;   /* 1 - learning rate * decoupled weight decay; 1 for plain Adam */
    float weight_decay;      /* the kind that is added to the gradient; 0 for AdamW */
    float mean_weight;       /* 1 - beta1 */
    float square_decay;      /* beta2 */
    float square_weight;     /* 1 - beta2 */
    float square_correction; /* 1 / sqrt(1 - beta2^t) */
    float epsilon;
    float step_size; /* learning rate / (1 - beta1^t) */
};

struct tessera_rmsprop_scalars {
    float learning_rate, momentum, weight_decay, epsilon;
    float square_decay;  /* alpha */
    float square_weight; /* 1 - alpha */
    int centered;
};

/* d = g + wd*p;  buffer = momentum*buffer + d;  p -= lr * (nesterov ? d + momentum*buffer : buffer).
 * The buffer is left alone when momentum is 0. */
void tessera_sgd(float *p, const float *g, float *buffer, long count,
                 const struct tessera_sgd_scalars *scalars);

/* Adam and AdamW; mean and square are the running moments of the gradient. */
void tessera_adam(float *p, const float *g, float *mean, float *square, long count,
                  const struct tessera_adam_scalars *scalars);

/* mean is touched only when centered, buffer only when momentum is not 0. */
void tessera_rmsprop(float *p, const float *g, float *square, float *mean, float *buffer,
                     long count, const struct tessera_rmsprop_scalars *scalars);

/* *sum = the sum of squares, in double and in an order that depends on count only. */
void tessera_squared_sum(const float *x, long count, double *sum);

/* x[i] *= factor */
void tessera_scale(float *x, long count, float factor);

/* y[i] += weight * (x[i] - y[i]); exactly x[i] at weight 1. */
void tessera_lerp(float *y, const float *x, long count, float weight);
