#define _GNU_SOURCE
#include "cpu.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>

static int detect(void) {
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
        return TESSERA_CPU_AVX512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return TESSERA_CPU_AVX2;
    return TESSERA_CPU_BASE;
}

unsigned tessera_flush_denormals(void) {
    unsigned state = _mm_getcsr();
    _mm_setcsr(state | 0x8040); /* flush to zero, denormals are zero */
    return state;
}
void tessera_restore_denormals(unsigned state) { _mm_setcsr(state); }
void tessera_spin_pause(void) { _mm_pause(); }

#elif defined(__aarch64__)

static int detect(void) { return TESSERA_CPU_BASE; }

unsigned tessera_flush_denormals(void) {
    unsigned long state;
    __asm__ volatile("mrs %0, fpcr" : "=r"(state));
    __asm__ volatile("msr fpcr, %0" ::"r"(state | (1ul << 24)));
    return (unsigned)state;
}
void tessera_restore_denormals(unsigned state) {
    __asm__ volatile("msr fpcr, %0" ::"r"((unsigned long)state));
}
void tessera_spin_pause(void) { __asm__ volatile("yield"); }

#else
#error "Tessera's kernels know x86-64 and arm64"
#endif

/* A thread of its own, so that a test of one variant leaves the tests beside it alone. */
static _Thread_local int level_limit = -1;
/* The CPU's own, or the one that TESSERA_CPU_LEVEL lowers it to. */
static int process_level = -1;

int tessera_detected_cpu_level(void) { return detect(); }

/* A name that is none changes nothing here; the program refuses it when it reads its variables. */
static int requested_or(int level) {
    static const char *const names[] = {"base", "avx2", "avx512"};
    const char *name = getenv("TESSERA_CPU_LEVEL");
    for (int lower = 0; name && lower < level; lower++)
        if (strcmp(name, names[lower]) == 0) return lower;
    return level;
}

int tessera_cpu_level(void) {
    /* Racing first calls store the same value. */
    if (process_level < 0) process_level = requested_or(detect());
    return level_limit >= 0 && level_limit < process_level ? level_limit : process_level;
}

void tessera_limit_cpu_level(int level) { level_limit = level; }

int tessera_available_cores(void) {
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
    return CPU_COUNT(&set) > 0 ? CPU_COUNT(&set) : 1;
}
