/* Included once for each CPU level by variants.h; no include guard on purpose. */
#include "vectors.h"

/* Rows of a register tile, two vectors wide: the accumulators, the two vectors of B and a broadcast
 * of A must fit the registers: 16 with AVX2 and below, 32 with AVX-512. */
#if VECTOR_LANES == 16
#define TILE_ROWS 8
#else
#define TILE_ROWS 6
#endif

/* Rows of B that are fetched before they are used, by products of so few rows that the time to
 * compute with a part of B wouldn't hide the time to fetch it. */
#define ROWS_AHEAD 8
#define ROWS_OF_FEW 16

/* c[rows, width vectors] (+)= a · b. Called with constant rows and width, so that the accumulators
 * stay in registers. With `ahead` B comes from an outer cache, and past its end the next product's
 * does. */
INLINE void KERNEL(gemm_tile)(const int rows, const int width, const int ahead, long k,
                              const float *restrict a, long a_row, long a_k,
                              const float *restrict b, long ldb, float *restrict c, long ldc,
                              int accumulate) {
    vf sum[TILE_ROWS][8];
#pragma clang loop unroll(full)
    for (int i = 0; i < rows; i++)
#pragma clang loop unroll(full)
        for (int j = 0; j < width; j++)
            sum[i][j] = accumulate ? load(c + i * ldc + j * VECTOR_LANES) : (vf)(0.0f);
    for (long p = 0; p < k; p++, a += a_k, b += ldb) {
        vf right[8];
#pragma clang loop unroll(full)
        for (int j = 0; j < width; j++) right[j] = load(b + j * VECTOR_LANES);
        if (ahead)
#pragma clang loop unroll(full)
            for (int j = 0; j < width; j++)
                __builtin_prefetch(b + ROWS_AHEAD * ldb + j * VECTOR_LANES);
#pragma clang loop unroll(full)
        for (int i = 0; i < rows; i++) {
            vf left = (vf)(a[i * a_row]);
#pragma clang loop unroll(full)
            for (int j = 0; j < width; j++) sum[i][j] += left * right[j];
        }
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < rows; i++)
#pragma clang loop unroll(full)
        for (int j = 0; j < width; j++) store(c + i * ldc + j * VECTOR_LANES, sum[i][j]);
}

#define ROWS(r, width, ahead)                                                                      \
    case r: KERNEL(gemm_tile)(r, width, ahead, k, a, a_row, a_k, b, ldb, c, ldc, accumulate); break;
#define REMAINING_ROWS(rows, width)                                                                \
    switch (rows) {                                                                                \
        ROWS(1, width, 0)                                                                          \
        ROWS(2, width, 0)                                                                          \
        ROWS(3, width, 0)                                                                          \
        ROWS(4, width, 0)                                                                          \
        ROWS(5, width, 0)                                                                          \
        ROWS(6, width, 0)                                                                          \
        ROWS(7, width, 0)                                                                          \
    }

/* One panel of columns, two vectors wide or one. */
static void KERNEL(gemm_panel2)(long m, long k, const float *a, long a_row, long a_k,
                                const float *b, long ldb, float *c, long ldc, int accumulate) {
    if (m <= ROWS_OF_FEW && m >= TILE_ROWS) {
        KERNEL(gemm_tile)(TILE_ROWS, 2, 1, k, a, a_row, a_k, b, ldb, c, ldc, accumulate);
        m -= TILE_ROWS, a += TILE_ROWS * a_row, c += TILE_ROWS * ldc;
    }
    for (; m >= TILE_ROWS; m -= TILE_ROWS, a += TILE_ROWS * a_row, c += TILE_ROWS * ldc)
        KERNEL(gemm_tile)(TILE_ROWS, 2, 0, k, a, a_row, a_k, b, ldb, c, ldc, accumulate);
    REMAINING_ROWS(m, 2)
}
static void KERNEL(gemm_panel1)(long m, long k, const float *a, long a_row, long a_k,
                                const float *b, long ldb, float *c, long ldc, int accumulate) {
    for (; m >= TILE_ROWS; m -= TILE_ROWS, a += TILE_ROWS * a_row, c += TILE_ROWS * ldc)
        KERNEL(gemm_tile)(TILE_ROWS, 1, 0, k, a, a_row, a_k, b, ldb, c, ldc, accumulate);
    REMAINING_ROWS(m, 1)
}
/* A single row: eight accumulators hide the latency of the multiply-add. */
static void KERNEL(gemm_row)(long k, const float *a, long a_k, const float *b, long ldb, float *c,
                             int accumulate) {
    KERNEL(gemm_tile)(1, 8, 0, k, a, 0, a_k, b, ldb, c, 0, accumulate);
}

/* The same for several products at once that share a and are one panel of 32 columns wide. */
#define ROW_PANELS (8 * VECTOR_LANES / 32)
static void KERNEL(gemm_row_panels)(long k, const float *a, long a_k, const float *b, long ldb,
                                    long b_step, float *c, long c_step, int accumulate) {
    const int width = 32 / VECTOR_LANES;
    vf sum[8];
#pragma clang loop unroll(full)
    for (int j = 0; j < 8; j++)
        sum[j] = accumulate ? load(c + j / width * c_step + j % width * VECTOR_LANES) : (vf)(0.0f);
    for (long p = 0; p < k; p++, a += a_k, b += ldb) {
        vf left = (vf)(*a);
#pragma clang loop unroll(full)
        for (int j = 0; j < 8; j++)
            sum[j] += left * load(b + j / width * b_step + j % width * VECTOR_LANES);
    }
#pragma clang loop unroll(full)
    for (int j = 0; j < 8; j++) store(c + j / width * c_step + j % width * VECTOR_LANES, sum[j]);
}

/* Up to four rows: wider tiles read B in longer runs. */
#if VECTOR_LANES == 16
#define FEW_ROWS 4
#define FEW_ROWS_WIDTH 4
static void KERNEL(gemm_few_rows)(long m, long k, const float *a, long a_row, long a_k,
                                  const float *b, long ldb, float *c, long ldc, int accumulate) {
    switch (m) { ROWS(2, FEW_ROWS_WIDTH, 1) ROWS(3, FEW_ROWS_WIDTH, 1) ROWS(4, FEW_ROWS_WIDTH, 1) }
}
#else
#define FEW_ROWS 0
#define FEW_ROWS_WIDTH 4
static void KERNEL(gemm_few_rows)(long m, long k, const float *a, long a_row, long a_k,
                                  const float *b, long ldb, float *c, long ldc, int accumulate) {
    (void)m, (void)k, (void)a, (void)a_row, (void)a_k, (void)b, (void)ldb, (void)c, (void)ldc;
    (void)accumulate;
}
#endif

static void KERNEL(gemm_batch)(long count, long m, long n, long k, const float *a, long a_row,
                               long a_k, long a_step, const float *b, long ldb, long b_step,
                               float *c, long ldc, long c_step, int accumulate) {
    if (m == 1 && n == 32 && a_step == 0)
        for (; count >= ROW_PANELS; count -= ROW_PANELS) {
            KERNEL(gemm_row_panels)(k, a, a_k, b, ldb, b_step, c, c_step, accumulate);
            b += ROW_PANELS * b_step;
            c += ROW_PANELS * c_step;
        }
    for (long batch = 0; batch < count; batch++, a += a_step, b += b_step, c += c_step) {
        long j = 0;
        if (m == 1)
            for (; j + 8 * VECTOR_LANES <= n; j += 8 * VECTOR_LANES)
                KERNEL(gemm_row)(k, a, a_k, b + j, ldb, c + j, accumulate);
        else if (m <= FEW_ROWS)
            for (; j + FEW_ROWS_WIDTH * VECTOR_LANES <= n; j += FEW_ROWS_WIDTH * VECTOR_LANES)
                KERNEL(gemm_few_rows)(m, k, a, a_row, a_k, b + j, ldb, c + j, ldc, accumulate);
        for (; j + 2 * VECTOR_LANES <= n; j += 2 * VECTOR_LANES)
            KERNEL(gemm_panel2)(m, k, a, a_row, a_k, b + j, ldb, c + j, ldc, accumulate);
        for (; j < n; j += VECTOR_LANES)
            KERNEL(gemm_panel1)(m, k, a, a_row, a_k, b + j, ldb, c + j, ldc, accumulate);
    }
}

/* Blocks of 8 x 8 in three rounds of shuffles. Rows come innermost, so that whole cache lines of y
 * are written at once. */
typedef float KERNEL(v8) __attribute__((ext_vector_type(8), aligned(4), may_alias));
#define SHUFFLE __builtin_shufflevector
INLINE void KERNEL(transpose8)(const float *x, long ldx, float *y, long ldy) {
    KERNEL(v8) row[8], pair[8], quad[8];
#pragma clang loop unroll(full)
    for (int i = 0; i < 8; i++) row[i] = *(const KERNEL(v8) *)(x + i * ldx);
#pragma clang loop unroll(full)
    for (int i = 0; i < 8; i += 2) {
        pair[i] = SHUFFLE(row[i], row[i + 1], 0, 8, 1, 9, 4, 12, 5, 13);
        pair[i + 1] = SHUFFLE(row[i], row[i + 1], 2, 10, 3, 11, 6, 14, 7, 15);
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < 8; i += 4)
#pragma clang loop unroll(full)
        for (int j = 0; j < 2; j++) {
            quad[i + 2 * j] = SHUFFLE(pair[i + j], pair[i + j + 2], 0, 1, 8, 9, 4, 5, 12, 13);
            quad[i + 2 * j + 1] = SHUFFLE(pair[i + j], pair[i + j + 2], 2, 3, 10, 11, 6, 7, 14, 15);
        }
#pragma clang loop unroll(full)
    for (int j = 0; j < 4; j++) {
        *(KERNEL(v8) *)(y + j * ldy) = SHUFFLE(quad[j], quad[j + 4], 0, 1, 2, 3, 8, 9, 10, 11);
        *(KERNEL(v8) *)(y + (j + 4) * ldy) =
            SHUFFLE(quad[j], quad[j + 4], 4, 5, 6, 7, 12, 13, 14, 15);
    }
}
#undef SHUFFLE

static void KERNEL(transpose)(const float *x, long rows, long columns, long ldx, float *y,
                              long ldy) {
    for (long j = 0; j < columns; j += 8)
        for (long i = 0; i < rows; i += 8) {
            const float *from = x + i * ldx + j;
            float *to = y + j * ldy + i;
            if (i + 8 <= rows && j + 8 <= columns) {
                KERNEL(transpose8)(from, ldx, to, ldy);
                continue;
            }
            for (long r = 0; r < 8 && i + r < rows; r++)
                for (long c = 0; c < 8 && j + c < columns; c++) to[c * ldy + r] = from[r * ldx + c];
        }
}

#undef TILE_ROWS
#undef ROWS_AHEAD
#undef ROWS_OF_FEW
#undef ROWS
#undef FEW_ROWS
#undef ROW_PANELS
#undef FEW_ROWS_WIDTH
#undef REMAINING_ROWS
#undef load
#undef store
#undef vf
#undef INLINE
