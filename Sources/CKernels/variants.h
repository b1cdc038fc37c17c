/* Compiles the file named by KERNEL_BODY once for each CPU level, and dispatches between them.
 *
 * A body file writes each function as
 *     static void KERNEL(scale)(float *x, long count, float factor) { ... }
 * which becomes scale_base, scale_avx2 and scale_avx512; the .c file that includes this header then
 * writes
 *     void tessera_scale(float *x, long count, float factor) { DISPATCH(scale, (x, count, factor)); }
 *
 * A body that computes with explicit vectors (vectors.h) finds their width in VECTOR_LANES, and
 * defines FULL_WIDTH_VECTORS before including this header, so that AVX-512 registers are used whole;
 * plain loops do better with half of them, because their remainders are shorter.
 *
 * target_clones would do the same with less text, but crashes under the thread sanitizer.
 */
#include "cpu.h"
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define KERNEL_PASTE2(a, b) a##b
#define KERNEL_PASTE(a, b) KERNEL_PASTE2(a, b)

/* A multiply and an add become one FMA where the CPU has it. Sums may be reordered into vector
 * lanes only where a body says so with REASSOCIATE. */
#pragma clang fp contract(fast)
#define REASSOCIATE _Pragma("clang fp reassociate(on)")

#define KERNEL(name) KERNEL_PASTE(name, _base)
#define VECTOR_LANES 4
#include KERNEL_BODY
#undef VECTOR_LANES
#undef KERNEL

#if defined(__x86_64__)

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define KERNEL(name) KERNEL_PASTE(name, _avx2)
#define VECTOR_LANES 8
#include KERNEL_BODY
#undef VECTOR_LANES
#undef KERNEL
#pragma clang attribute pop

#ifdef FULL_WIDTH_VECTORS
#pragma clang attribute push(                                                                      \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"))), apply_to = function)
#else
#pragma clang attribute push(                                                                      \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,prefer-256-bit"))),         \
    apply_to = function)
#endif
#define KERNEL(name) KERNEL_PASTE(name, _avx512)
#define VECTOR_LANES 16
#include KERNEL_BODY
#undef VECTOR_LANES
#undef KERNEL
#pragma clang attribute pop

#define DISPATCH(name, arguments)                                                                  \
    do {                                                                                           \
        switch (tessera_cpu_level()) {                                                             \
        case TESSERA_CPU_AVX512: KERNEL_PASTE(name, _avx512) arguments; break;                     \
        case TESSERA_CPU_AVX2: KERNEL_PASTE(name, _avx2) arguments; break;                         \
        default: KERNEL_PASTE(name, _base) arguments; break;                                       \
        }                                                                                          \
    } while (0)

#else
#define DISPATCH(name, arguments) KERNEL_PASTE(name, _base) arguments
#endif
