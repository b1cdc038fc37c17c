#pragma once

/* count small products c[m, n] (+)= a[m, k] · b[k, n], all of one shape, b and c by rows.
 *
 * Element (i, p) of a lies at a[i * a_row + p * a_k], so that a may be given transposed. The three
 * steps lead from one product's operands to the next one's. Nothing is packed: meant for operands
 * that fit in the first- and second-level caches. n is a multiple of 16. */
void tessera_gemm_batch(long count, long m, long n, long k, const float *a, long a_row, long a_k,
                        long a_step, const float *b, long ldb, long b_step, float *c, long ldc,
                        long c_step, int accumulate);

/* y[columns, rows] = the transpose of x[rows, columns]. */
void tessera_transpose(const float *x, long rows, long columns, long ldx, float *y, long ldy);

/* y[rows, columns] = x[rows, columns], rows ldx and ldy floats apart. */
void tessera_copy_rows(const float *x, long rows, long columns, long ldx, float *y, long ldy);
