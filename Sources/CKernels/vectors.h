/* Explicit vectors of VECTOR_LANES floats for the body files that variants.h compiles; included once
 * for each CPU level, no include guard on purpose. Loads and stores need no alignment. */

#define vf KERNEL(vf)
#define INLINE static inline __attribute__((always_inline))

typedef float vf __attribute__((ext_vector_type(VECTOR_LANES)));
typedef float KERNEL(vf_unaligned)
    __attribute__((ext_vector_type(VECTOR_LANES), aligned(4), may_alias));

INLINE vf KERNEL(load)(const float *p) { return *(const KERNEL(vf_unaligned) *)p; }
INLINE void KERNEL(store)(float *p, vf value) { *(KERNEL(vf_unaligned) *)p = value; }
#define load KERNEL(load)
#define store KERNEL(store)
