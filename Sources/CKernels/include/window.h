#pragma once

/* The windows that a convolution or a pool moves over an image [h, w, pixel]: k_h x k_w taps,
 * dilation apart, stride from one window to the next, the first one padding before the image. */
typedef struct {
    long h, w;
    /* Floats from one pixel to the next, and channels of it that are taken. */
    long pixel, c;
    long k_h, k_w;
    long stride_h, stride_w;
    long padding_h, padding_w;
    long dilation_h, dilation_w;
    long out_h, out_w;
} tessera_window;
