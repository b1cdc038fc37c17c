#include "winograd.h"

/* Source: Lavin, Gray (2016), "Fast Algorithms for Convolutional Neural Networks"; the matrices are
 * those of Toom and Cook, worked out in exact fractions, at the points 0, infinity and ±1 (n = 4),
 * ±2/3, ±3/2 (n = 6) or ±1, ±2, ±1/2 (n = 8): of the pairs from 1/4 to 3 those that lost least in
 * float32, by half of what ±1, ±2 lose at n = 6.
 * Adjoints serve the backward pass: with y = Aᵀ[(G·g·Gᵀ) ∘ (Bᵀ·d·B)]A, each factor's gradient is
 * the transpose of its transform. */

/* prod (t - p²) over all pairs, then without each pair in turn, in powers of t. */
static const float factors_4[][4] = {{-1, 1}, {1}};
static const float factors_6[][4] = {{1, -97 / 36.0f, 1}, {-9 / 4.0f, 1}, {-4 / 9.0f, 1}};
static const float factors_8[][4] = {
    {-1, 5.25f, -5.25f, 1}, {1, -4.25f, 1}, {0.25f, -1.25f, 1}, {4, -5, 1}};

/* p of each pair; the first entry stands for the point 0. */
static const float roots_4[] = {0, 1};
static const float roots_6[] = {0, 2 / 3.0f, 3 / 2.0f};
static const float roots_8[] = {0, 1, 2, 0.5f};

/* Powers of the points: 0, each +p, infinity. */
static const float outputs_23[][5] = {{1}, {1, 1}, {1}};
static const float outputs_25[][5] = {{1}, {1, 2 / 3.0f}, {1, 3 / 2.0f}, {1}};
static const float outputs_43[][5] = {
    {1}, {1, 2 / 3.0f, 4 / 9.0f, 8 / 27.0f}, {1, 3 / 2.0f, 9 / 4.0f, 27 / 8.0f}, {1}};
static const float outputs_45[][5] = {
    {1}, {1, 1, 1, 1}, {1, 2, 4, 8}, {1, 0.5f, 0.25f, 0.125f}, {1}};

/* The same, divided by the product of the differences to the other points. */
static const float weights_23[][5] = {{-1}, {0.5f, 0.5f, 0.5f}, {1}};
static const float weights_25[][5] = {
    {1},
    {-81 / 130.0f, -27 / 65.0f, -18 / 65.0f, -12 / 65.0f, -8 / 65.0f},
    {8 / 65.0f, 12 / 65.0f, 18 / 65.0f, 27 / 65.0f, 81 / 130.0f},
    {1}};
static const float weights_43[][5] = {
    {1}, {-81 / 130.0f, -27 / 65.0f, -18 / 65.0f}, {8 / 65.0f, 12 / 65.0f, 18 / 65.0f}, {1}};
static const float weights_45[][5] = {{-1},
                                      {-2 / 9.0f, -2 / 9.0f, -2 / 9.0f, -2 / 9.0f, -2 / 9.0f},
                                      {1 / 90.0f, 1 / 45.0f, 2 / 45.0f, 4 / 45.0f, 8 / 45.0f},
                                      {32 / 45.0f, 16 / 45.0f, 8 / 45.0f, 4 / 45.0f, 2 / 45.0f},
                                      {1}};

#define KERNEL_BODY "winograd_body.h"
#define FULL_WIDTH_VECTORS
#include "variants.h"

#define FOR_SIZE(name, arguments)                                                                  \
    do {                                                                                           \
        if (m == 2 && k == 3) DISPATCH(name##_23, arguments);                                      \
        if (m == 2 && k == 5) DISPATCH(name##_25, arguments);                                      \
        if (m == 4 && k == 3) DISPATCH(name##_43, arguments);                                      \
        if (m == 4 && k == 5) DISPATCH(name##_45, arguments);                                      \
    } while (0)

void tessera_winograd_input(int m, int k, const float *image,
                            const struct tessera_winograd_grid *grid, float *v) {
    FOR_SIZE(winograd_input, (image, grid, v));
}
void tessera_winograd_input_adjoint(int m, int k, const float *v,
                                    const struct tessera_winograd_grid *grid, float *image) {
    FOR_SIZE(winograd_input_adjoint, (v, grid, image));
}
void tessera_winograd_output(int m, int k, const float *v, const struct tessera_winograd_grid *grid,
                             float *image) {
    FOR_SIZE(winograd_output, (v, grid, image));
}
void tessera_winograd_output_adjoint(int m, int k, const float *image,
                                     const struct tessera_winograd_grid *grid, float *v) {
    FOR_SIZE(winograd_output_adjoint, (image, grid, v));
}
void tessera_winograd_weights(int m, int k, const float *w, long inputs, long outputs, long w_input,
                              long w_tap, float *u, long u_input, long u_step) {
    FOR_SIZE(winograd_weights, (w, inputs, outputs, w_input, w_tap, u, u_input, u_step));
}
void tessera_winograd_weights_adjoint(int m, int k, const float *u, long inputs, long outputs,
                                      long u_input, long u_step, float *w, long w_input,
                                      long w_tap) {
    FOR_SIZE(winograd_weights_adjoint, (u, inputs, outputs, u_input, u_step, w, w_input, w_tap));
}
