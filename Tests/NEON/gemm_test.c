#include "check.h"

#include <stdio.h>
#include <stdlib.h>

struct problem {
    long count, m, n, k, a_row, a_k, a_step, ldb, b_step, ldc, c_step;
    int accumulate;
};

static void check_problem(const struct problem *p) {
    long a_count = (p->count - 1) * p->a_step + (p->m - 1) * p->a_row + (p->k - 1) * p->a_k + 1;
    long b_count = (p->count - 1) * p->b_step + (p->k - 1) * p->ldb + p->n;
    long c_count = (p->count - 1) * p->c_step + (p->m - 1) * p->ldc + p->n;
    float *a = random_floats(a_count), *b = random_floats(b_count), *c = random_floats(c_count);
    double *expected = double_zeros(c_count);
    for (long i = 0; i < c_count; i++) expected[i] = c[i]; /* what lies between stays */
    for (long batch = 0; batch < p->count; batch++)
        for (long i = 0; i < p->m; i++)
            for (long j = 0; j < p->n; j++) {
                double *place = expected + batch * p->c_step + i * p->ldc + j;
                double sum = p->accumulate ? *place : 0;
                for (long q = 0; q < p->k; q++)
                    sum += (double)a[batch * p->a_step + i * p->a_row + q * p->a_k] *
                           (double)b[batch * p->b_step + q * p->ldb + j];
                *place = sum;
            }
    tessera_gemm_batch(p->count, p->m, p->n, p->k, a, p->a_row, p->a_k, p->a_step, b, p->ldb,
                       p->b_step, c, p->ldc, p->c_step, p->accumulate);
    char what[80];
    snprintf(what, sizeof what, "%ld of %ld x %ld x %ld", p->count, p->m, p->n, p->k);
    compare(what, c, expected, c_count, 1e-5);
    free(a);
    free(b);
    free(c);
    free(expected);
}

/* Every remainder of rows and of columns, operands with gaps, A as it lies and transposed. */
static void check_gemm(const char *name, int transposed, int accumulate) {
    static const long columns[] = {16, 48, 128};
    begin_kernel(name);
    for (long m = 1; m <= 13; m++)
        for (int n = 0; n < 3; n++)
            for (long k = 1; k <= 33; k += 16) {
                long a_size = m * k + 3, ldb = columns[n] + 5, ldc = columns[n] + 7;
                struct problem p = {.count = 3,
                                    .m = m,
                                    .n = columns[n],
                                    .k = k,
                                    .a_row = transposed ? 1 : k,
                                    .a_k = transposed ? m : 1,
                                    .a_step = a_size,
                                    .ldb = ldb,
                                    .b_step = k * ldb + 16,
                                    .ldc = ldc,
                                    .c_step = m * ldc + 16,
                                    .accumulate = accumulate};
                check_problem(&p);
            }
    end_kernel();
}

static void check_transpose(void) {
    begin_kernel("transpose");
    for (long rows = 1; rows <= 9; rows++)
        for (long columns = 1; columns <= 17; columns += 4) {
            long ldx = columns + 3, ldy = rows + 2, count = columns * ldy;
            float *x = random_floats(rows * ldx), *y = zeros(count);
            double *expected = double_zeros(count);
            for (long i = 0; i < rows; i++)
                for (long j = 0; j < columns; j++) expected[j * ldy + i] = x[i * ldx + j];
            tessera_transpose(x, rows, columns, ldx, y, ldy);
            compare("transpose", y, expected, count, 0);
            free(x);
            free(y);
            free(expected);
        }
    end_kernel();
}

void test_gemm(void) {
    check_gemm("gemm", 0, 0);
    check_gemm("gemm, accumulating", 0, 1);
    check_gemm("gemm of a transposed A", 1, 0);
    check_gemm("gemm of a transposed A, acc.", 1, 1);
    check_transpose();
}
