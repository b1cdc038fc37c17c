#pragma once

/* Winograd's minimal filtering F(m x m, k x k), m in {2, 4}, k in {3, 5}, and its transposes. A tile
 * has n x n elements, n = m + k - 1. Images are NHWC with borders of zeros, so that whole tiles
 * can be read: (rows * m + k - 1) x (columns * m + k - 1) pixels of inputs, (rows * m) x
 * (columns * m) of outputs. Channels are a multiple of 16. */

struct tessera_winograd_grid {
    long rows, columns;          /* tiles */
    long channels;               /* a multiple of 16 */
    long image_row, image_pixel; /* floats between an image's rows, and its pixels */
    long element_step;           /* floats between elements */
    long tile_step;              /* floats between a element's tiles */
    const int *places;           /* of each tile among a element's; NULL: in order */
    int short_rows;              /* the last row of tiles lacks its last row of outputs: its */
    int short_columns;           /* elements at infinity are 0, and not stored; so columns */
};

/* v = Bᵀ·d·B of each tile of an input image, and the transpose, which adds to the image. */
void tessera_winograd_input(int m, int k, const float *image,
                            const struct tessera_winograd_grid *grid, float *v);
void tessera_winograd_input_adjoint(int m, int k, const float *v,
                                    const struct tessera_winograd_grid *grid, float *image);

/* y = Aᵀ·v·A of each tile of an output image, and the transpose. */
void tessera_winograd_output(int m, int k, const float *v, const struct tessera_winograd_grid *grid,
                             float *image);
void tessera_winograd_output_adjoint(int m, int k, const float *image,
                                     const struct tessera_winograd_grid *grid, float *v);

/* u = G·g·Gᵀ for weights with taps w_tap and inputs w_input floats apart, and the transpose, which
 * overwrites w. outputs is a multiple of 16. */
void tessera_winograd_weights(int m, int k, const float *w, long inputs, long outputs, long w_input,
                              long w_tap, float *u, long u_input, long u_step);
void tessera_winograd_weights_adjoint(int m, int k, const float *u, long inputs, long outputs,
                                      long u_input, long u_step, float *w, long w_input,
                                      long w_tap);
