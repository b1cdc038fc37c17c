#pragma once

/* What the running CPU offers, from the widest that all loops here may use. */
enum tessera_cpu_level {
    TESSERA_CPU_BASE = 0,   /* SSE2 on x86-64, NEON on arm64 */
    TESSERA_CPU_AVX2 = 1,   /* AVX2 and FMA */
    TESSERA_CPU_AVX512 = 2, /* AVX-512 F, BW, DQ and VL */
};

/* The level in force: the CPU's own, or a lower one that the variable TESSERA_CPU_LEVEL (base, avx2)
 * or tessera_limit_cpu_level asks for. */
int tessera_cpu_level(void);

/* The highest level that the CPU has, whatever was asked for. */
int tessera_detected_cpu_level(void);

/* Lowers the calling thread's level, for tests that compare one variant with another; -1 restores
 * the CPU's own. */
void tessera_limit_cpu_level(int level);

/* Treats denormal floats as zero on this thread; returns the state to hand to the restore call. */
unsigned tessera_flush_denormals(void);
void tessera_restore_denormals(unsigned state);

/* Tells the core that the caller is spinning. */
void tessera_spin_pause(void);

/* The cores that this process may use; its affinity mask counts. */
int tessera_available_cores(void);
