#include "gemm.h"

#define KERNEL_BODY "gemm_body.h"
#define FULL_WIDTH_VECTORS
#include "variants.h"

void tessera_gemm_batch(long count, long m, long n, long k, const float *a, long a_row, long a_k,
                        long a_step, const float *b, long ldb, long b_step, float *c, long ldc,
                        long c_step, int accumulate) {
    DISPATCH(gemm_batch,
             (count, m, n, k, a, a_row, a_k, a_step, b, ldb, b_step, c, ldc, c_step, accumulate));
}
void tessera_transpose(const float *x, long rows, long columns, long ldx, float *y, long ldy) {
    DISPATCH(transpose, (x, rows, columns, ldx, y, ldy));
}
void tessera_copy_rows(const float *x, long rows, long columns, long ldx, float *y, long ldy) {
    for (long r = 0; r < rows; r++)
        memcpy(y + r * ldy, x + r * ldx, (size_t)columns * sizeof(float));
}
