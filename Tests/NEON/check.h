#pragma once
#include <CKernels.h>

/* Checks of the kernels' base variant against plain loops in double precision, which
 * scripts/check-neon runs. Each function prints a line for each kernel, and counts what fails. */
void test_gemm(void);
void test_winograd(void);
void test_stem(void);
void test_blocks(void);
void test_optimizers(void);
void test_cpu(void);

/* count repeatable floats in [-1, 1); the caller frees them. */
float *random_floats(long count);
/* count bytes in 0 ..< limit. */
uint8_t *random_bytes(long count, int limit);
float *zeros(long count);
double *double_zeros(long count);

/* Whether the largest difference is within tolerance times the largest expected value; NaN fails.
 * Many results of one kernel go into one line: begin_kernel, compare as often as needed, end_kernel. */
void begin_kernel(const char *name);
void compare(const char *what, const float *got, const double *expected, long count,
             double tolerance);
void compare_doubles(const char *what, const double *got, const double *expected, long count,
                     double tolerance);
void compare_bytes(const char *what, const uint8_t *got, const uint8_t *expected, long count);
void end_kernel(void);

extern int failure_count;
